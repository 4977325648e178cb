// proofs: deliveries that a test may claim.
//
// Outside of tests a proof comes only from those who saw the delivery (pipeline/delivery.h). This
// class is befriended for tests and defined nowhere else.
#pragma once

#include <cstdint>

#include "pipeline/delivery.h"

namespace hecate {

class DeliveryForTests {
 public:
  static Delivery delivered(std::uint64_t events) { return DeliveryAuthority::prove(events); }
  static DeadLettered dead_lettered(std::uint64_t events) {
    return DeadLetterAuthority::prove(events);
  }
};

}  // namespace hecate
