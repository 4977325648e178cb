// A proof of delivery out of a number.
// expect: private
// expect: Proof
#include "pipeline/delivery.h"

hecate::Delivery claim() {
#ifdef WRONG
  return hecate::Delivery(3);
#else
  return hecate::Delivery();
#endif
}
