// The same proof twice.
// expect: deleted
#include <utility>

#include "pipeline/delivery.h"

hecate::Delivery pass_on(hecate::Delivery delivered) {
#ifdef WRONG
  hecate::Delivery again = delivered;
#else
  hecate::Delivery again = std::move(delivered);
#endif
  return again;
}
