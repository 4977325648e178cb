// token_cache: the HEC token in use by all connections of a sink.
//
// Tokens are rotated while runs last. When one is refused, the first connection to notice fetches
// it anew, the others find that already done. A token that is still refused, or a second refusal
// within a short time, ends the run instead of hammering the receiver and the secret's keeper.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "pipeline/io.h"

namespace hecate {

class TokenCache {
 public:
  /// The provider is asked for a fresh token at most once per this time.
  static constexpr std::chrono::seconds renewal_interval{30};

  TokenCache(TokenProvider& provider, Clock& clock) : provider_(provider), clock_(clock) {}

  struct Held {
    std::string authorization;     ///< value of the Authorization header
    std::uint64_t generation = 0;  ///< grows with each new token
  };
  /// The token in use; fetched by the first call. Errors are those of the provider.
  Result<Held> current();
  /// The token of `refused_generation` was refused. Success: current() has another one to try.
  /// Errors: auth.
  Status renew(std::uint64_t refused_generation);

 private:
  TokenProvider& provider_;
  Clock& clock_;
  std::mutex mutex_;
  Secret token_;
  std::uint64_t generation_ = 0;
  std::optional<std::chrono::steady_clock::time_point> renewed_at_;
};

}  // namespace hecate
