#include "stages/token_cache.h"

#include <utility>

namespace hecate {

Result<TokenCache::Held> TokenCache::current() {
  const std::scoped_lock lock(mutex_);
  if (generation_ == 0) {
    Result<Secret> token = provider_.token(false);
    if (!token) return fail(std::move(token.error()));
    token_ = std::move(*token);
    generation_ = 1;
  }
  return Held{"Splunk " + std::string(token_.reveal()), generation_};
}

Status TokenCache::renew(std::uint64_t refused_generation) {
  const std::scoped_lock lock(mutex_);
  if (generation_ > refused_generation) return {};
  const auto now = clock_.now();
  if (renewed_at_ && now - *renewed_at_ < renewal_interval) {
    return fail(Errc::auth, "the token that was just fetched anew is refused too");
  }
  renewed_at_ = now;
  Result<Secret> token = provider_.token(true);
  if (!token) {
    return fail(Errc::auth, "fetching a new one failed: " + token.error().message);
  }
  if (*token == token_) return fail(Errc::auth, "no other token is to be found where it came from");
  token_ = std::move(*token);
  ++generation_;
  return {};
}

}  // namespace hecate
