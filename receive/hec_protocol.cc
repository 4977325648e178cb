#include "receive/hec_protocol.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <strings.h>

#include "pipeline/json_text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace hecate::receive {

namespace {

constexpr size_t scratch_bytes_kept = 4 * 1024 * 1024;
constexpr size_t lines_bytes_kept = 8 * 1024 * 1024;

HecOutcome refuse(HecAnswer answer) {
  HecOutcome outcome;
  outcome.answer = std::move(answer);
  return outcome;
}

HecOutcome refuse(int code, std::optional<uint64_t> event_number = {}) {
  return refuse(hec_answer(code, event_number));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                        hex_value(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// The bytes that `text` encodes; nothing when it is not Base64.
std::optional<std::string> base64_decode(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xFFFFFF;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out += static_cast<char>(bits >> bit_count & 0xFF);
  }
  return out;
}

// Splits "Splunk <token>" into its two words.
std::pair<std::string_view, std::string_view> split_authorization(std::string_view header) {
  const size_t space = header.find(' ');
  if (space == std::string_view::npos) return {header, {}};
  std::string_view rest = header.substr(space + 1);
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  return {header.substr(0, space), rest};
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : hex_value(text[i]) < 0) return false;
  }
  return true;
}

// One GUID has one spelling, so that a channel is the same channel in either case.
std::string fold_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Code 7 counts the refused event from 1, all others from 0.
uint64_t event_number(int code, uint64_t index) {
  return code == 7 ? index + 1 : index;
}

// An accepted envelope may hold line ends between its tokens, never inside its strings.
void append_line(std::string& out, std::string_view envelope) {
  const size_t begin = out.size();
  out += envelope;
  if (std::memchr(envelope.data(), '\n', envelope.size()) != nullptr ||
      std::memchr(envelope.data(), '\r', envelope.size()) != nullptr)
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
  out += '\n';
}

// {"host":"h","source":"s", from the query of a raw request: all its events share that.
std::string raw_envelope_head(std::string_view query) {
  std::string head = "{";
  for (const std::string_view key : {"host", "source", "sourcetype", "index"}) {
    const std::string value = query_value(query, key);
    if (value.empty()) continue;
    append_json_string(head, key);
    head += ':';
    append_json_string(head, value);
    head += ',';
  }
  return head + "\"event\":";
}

}  // namespace

void HecScratch::recycle() {
  wire.recycle(scratch_bytes_kept);
  plain.recycle(scratch_bytes_kept);
  reader.recycle();
  accepted.clear();
  if (accepted.capacity() > lines_bytes_kept) accepted.shrink_to_fit();
  event_ids.clear();
  if (event_ids.capacity() > lines_bytes_kept / sizeof(uint64_t)) event_ids.shrink_to_fit();
}

HecEndpoint hec_endpoint(std::string_view path) noexcept {
  constexpr std::string_view root = "/services/collector";
  if (!path.starts_with(root)) return HecEndpoint::unknown;
  path.remove_prefix(root.size());
  if (path.empty() || path == "/event" || path == "/event/1.0") return HecEndpoint::event;
  if (path == "/raw" || path == "/raw/1.0") return HecEndpoint::raw;
  if (path == "/ack" || path == "/ack/1.0") return HecEndpoint::ack;
  if (path == "/health" || path == "/health/1.0") return HecEndpoint::health;
  return HecEndpoint::unknown;
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t amp = query.find('&');
    const std::string_view pair = query.substr(0, amp);
    query.remove_prefix(amp == std::string_view::npos ? query.size() : amp + 1);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string()
                                            : percent_decode(pair.substr(equals + 1));
  }
  return {};
}

int HecProtocol::judge_token(std::string_view token) const {
  if (contains(settings_.disabled_tokens, token)) return 1;
  return settings_.tokens.empty() || contains(settings_.tokens, token) ? 0 : 4;
}

// 0, or the code to refuse with. A token in the query outranks the header even while query
// authorization is off; that is splunkd's own rule.
int HecProtocol::authorize(const HecRequest& request) const {
  if (const std::string token = query_value(request.query, "token"); !token.empty()) {
    const int code = judge_token(token);
    return code == 0 && !settings_.query_token ? 16 : code;
  }
  if (request.authorization.empty()) return 2;
  const auto [scheme, credentials] = split_authorization(request.authorization);
  if (credentials.empty()) return 3;
  if (same_word(scheme, "Splunk")) return judge_token(credentials);
  if (!same_word(scheme, "Basic")) return 3;
  const std::optional<std::string> user_and_token = base64_decode(credentials);
  if (!user_and_token) return 3;
  const size_t colon = user_and_token->find(':');
  if (colon == std::string::npos || colon + 1 == user_and_token->size()) return 3;
  return judge_token(std::string_view(*user_and_token).substr(colon + 1));
}

HecOutcome HecProtocol::respond(const HecRequest& request, HecScratch& scratch) {
  scratch.accepted.clear();
  scratch.event_ids.clear();
  const HecEndpoint endpoint = hec_endpoint(request.path);
  if (endpoint == HecEndpoint::unknown) return refuse(not_found_answer(404));
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (endpoint == HecEndpoint::health ? !reading : request.method != "POST")
    return refuse(not_found_answer(405));
  if (endpoint == HecEndpoint::health) return refuse(17);

  if (const int code = authorize(request)) return refuse(code);
  if (endpoint == HecEndpoint::ack && !settings_.ack) return refuse(14);
  std::string channel;
  if (settings_.ack) {
    channel = request.channel.empty() ? query_value(request.query, "channel")
                                      : std::string(request.channel);
    if (channel.empty()) return refuse(10);
    if (!is_guid(channel)) return refuse(11);
    channel = fold_case(std::move(channel));
  }

  const PaddedBytes* body = &scratch.wire;
  if (BodyDecoder::is_gzip(request.content_encoding)) {
    body = &scratch.plain;
    switch (scratch.decoder.gunzip(scratch.wire.view(), settings_.body_bytes_max, scratch.plain)) {
      case BodyVerdict::ok:
        break;
      case BodyVerdict::too_large:
        return refuse(html_answer(413, fmt::format("Content-Length too large (maximum is {})",
                                                   settings_.body_bytes_max)));
      default:
        return refuse(6, 0);
    }
  } else if (!BodyDecoder::is_plain(request.content_encoding)) {
    return refuse(html_answer(415, "The content encoding of the request is not supported."));
  }
  if (is_blank(body->view())) return refuse(5);

  HecOutcome outcome = endpoint == HecEndpoint::ack ? answer_acks(request, channel, *body)
                       : endpoint == HecEndpoint::raw
                           ? take_lines(request, channel, *body, scratch)
                           : take_events(request, channel, *body, scratch);
  outcome.bytes_uncompressed = body->size();
  return outcome;
}

// The success answer of a request whose events were all taken. Without room for one more ack
// nothing is taken, so that the client may send it all again.
void HecProtocol::accept(const HecRequest& request, std::string_view channel, HecOutcome& outcome,
                         HecScratch& scratch) {
  if (!settings_.ack) {
    outcome.answer = hec_answer(0);
    return;
  }
  const std::optional<uint64_t> id = acks_.issue({.channel = channel,
                                                  .now_ms = request.now_ms,
                                                  .delay_ms = request.ack_delay_ms,
                                                  .lost = request.lose_ack});
  outcome.ack_issued = id.has_value();
  outcome.answer = id ? hec_answer(0, {}, id) : hec_answer(27);
  if (id) return;
  outcome.events = 0;
  scratch.accepted.clear();
  scratch.event_ids.clear();
}

HecOutcome HecProtocol::take_events(const HecRequest& request, std::string_view channel,
                                    const PaddedBytes& body, HecScratch& scratch) {
  using Verdict = EnvelopeReader::Verdict;
  HecOutcome outcome;
  scratch.reader.start(
      body, {.event_bytes_max = settings_.event_bytes_max, .indexes = settings_.indexes});
  for (;;) {
    const EnvelopeReader::Step step = scratch.reader.next();
    if (step.verdict == Verdict::bad) {
      outcome.answer = hec_answer(step.code, event_number(step.code, outcome.events));
      return outcome;
    }
    if (step.verdict != Verdict::good) {
      outcome.stopped_early = step.verdict == Verdict::stopped;
      break;
    }
    ++outcome.events;
    if (settings_.keep_envelopes) append_line(scratch.accepted, step.envelope);
    if (settings_.keep_event_ids && !step.event_id.empty())
      scratch.event_ids.push_back(XXH3_64bits(step.event_id.data(), step.event_id.size()));
  }
  if (outcome.events == 0 && !outcome.stopped_early)
    outcome.answer = hec_answer(5);
  else
    accept(request, channel, outcome, scratch);
  return outcome;
}

HecOutcome HecProtocol::take_lines(const HecRequest& request, std::string_view channel,
                                   const PaddedBytes& body, HecScratch& scratch) {
  const std::string index = query_value(request.query, "index");
  if (!index.empty() && !settings_.indexes.empty() && !contains(settings_.indexes, index))
    return refuse(7, event_number(7, 0));
  HecOutcome outcome;
  const std::string head = settings_.keep_envelopes ? raw_envelope_head(request.query) : "";
  std::string_view rest = body.view();
  while (!rest.empty()) {
    const size_t newline = rest.find('\n');
    std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_blank(line)) continue;
    ++outcome.events;
    if (!settings_.keep_envelopes) continue;
    scratch.accepted += head;
    append_json_string(scratch.accepted, line);
    scratch.accepted += "}\n";
  }
  accept(request, channel, outcome, scratch);
  return outcome;
}

HecOutcome HecProtocol::answer_acks(const HecRequest& request, std::string_view channel,
                                    const PaddedBytes& body) {
  const std::optional<std::vector<uint64_t>> ids = parse_ack_query(body);
  if (!ids) return refuse(6);
  const std::vector<bool> answers = acks_.poll(channel, *ids, request.now_ms);
  HecOutcome outcome;
  outcome.acks_confirmed = static_cast<uint64_t>(std::count(answers.begin(), answers.end(), true));
  outcome.answer = hec_answer(0);
  std::string text = R"({"acks":{)";
  for (size_t i = 0; i < ids->size(); ++i)
    fmt::format_to(std::back_inserter(text), R"({}"{}":{})", i == 0 ? "" : ",", (*ids)[i],
                   answers[i] ? "true" : "false");
  outcome.answer.body = text + "}}";
  outcome.answer.code.reset();
  return outcome;
}

}  // namespace hecate::receive
