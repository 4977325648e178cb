// hec_answer: what a HEC server says, as data.
//
// The table of codes with their HTTP status and exact text, the JSON around them, and the HTML
// pages that real splunkd sends where the request never reached HEC (413, 415). Knows nothing of
// requests or sockets: hec_protocol decides which answer, this file spells it.
//
//   {"text":"Event field is required","code":12,"invalid-event-number":2}
//   {"text":"Success","code":0,"ackId":7}
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hecate::receive {

struct HecCode {
  int code = 0;
  int http_status = 200;
  std::string_view text;
};

/// All codes, ascending and without a gap: table[n].code == n.
std::span<const HecCode> hec_codes() noexcept;

/// nullptr when no such code exists.
const HecCode* find_hec_code(int code) noexcept;

/// The code splunkd most likely means by a bare HTTP status (503 -> 9), or nullptr.
const HecCode* find_hec_code_by_status(int http_status) noexcept;

struct HecAnswer {
  int status = 200;
  std::optional<int> code;  ///< absent for HTML pages
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// `event_number` and `ack_id` appear only when given.
HecAnswer hec_answer(int code, std::optional<uint64_t> event_number = {},
                     std::optional<uint64_t> ack_id = {});

/// The two answers whose body says 404: an unknown path, and (status 405) a wrong method.
HecAnswer not_found_answer(int status);

/// A page as splunkd's web layer, a proxy or a load balancer would send it.
HecAnswer html_answer(int status, std::string_view detail);

/// "Service Unavailable" for 503; "Unknown" for what has no name.
std::string_view http_reason(int status) noexcept;

}  // namespace hecate::receive
