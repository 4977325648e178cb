// A proof of delivery where one of a dead letter is asked for.
// expect: could not convert|no matching function|cannot convert|no viable conversion
#include <span>
#include <utility>

#include "pipeline/request.h"

hecate::Status settle(hecate::Ledger& ledger, const hecate::Request& request,
                      hecate::Delivery delivered, hecate::DeadLettered dead) {
#ifdef WRONG
  return ledger.settle(request, std::move(dead), std::move(delivered), {});
#else
  return ledger.settle(request, std::move(delivered), std::move(dead), {});
#endif
}
