// hec_advice: what to do about a HEC receiver that does not take events.
//
// The last part of messages that end a run. Depends on status and code alone.
#pragma once

#include <optional>
#include <string>

namespace hecate {

/// For answers that no repetition will change.
std::string hec_advice(int http_status, std::optional<int> hec_code);
/// For a receiver that was tried so many times in vain.
std::string gave_up_advice(int attempts);

}  // namespace hecate
