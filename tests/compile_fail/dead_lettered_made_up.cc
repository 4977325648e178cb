// A proof that events were dead-lettered by somebody who wrote none.
// expect: private
// expect: DeadLetterAuthority
#include "pipeline/delivery.h"

hecate::DeadLettered claim() {
#ifdef WRONG
  return hecate::DeadLetterAuthority::prove(3);
#else
  return hecate::DeadLettered();
#endif
}
