// A proof of delivery by somebody who saw none.
// expect: private
// expect: DeliveryAuthority
#include "pipeline/delivery.h"

hecate::Delivery claim() {
#ifdef WRONG
  return hecate::DeliveryAuthority::prove(3);
#else
  return hecate::Delivery();
#endif
}
