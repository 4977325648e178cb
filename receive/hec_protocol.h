// hec_protocol: the HTTP Event Collector without a network.
//
// Given a request, the settings of the one token class this server has, and the acks given so far,
// says what real Splunk would answer and which events it would keep. No sockets and no clock of
// its own: the caller brings bytes and the time, so every row of the protocol is testable alone.
//
// Order of judgement, as observed on splunkd: path, method, token, (ack enabled), channel, content
// encoding, body. What it does not do: TLS, connections, the bound on bytes read from the wire
// (receiver.h), or faults (fault_plan.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "receive/ack_ledger.h"
#include "receive/envelope_reader.h"
#include "receive/hec_answer.h"
#include "receive/padded_bytes.h"
#include "receive/request_body.h"

namespace hecate::receive {

struct HecSettings {
  std::vector<std::string> tokens;           ///< empty: any token is accepted
  std::vector<std::string> disabled_tokens;  ///< known, but answered with code 1
  std::vector<std::string> indexes;          ///< allow list; empty: any
  bool ack = false;                          ///< useACK: a channel is required, ids are given
  bool query_token = false;                  ///< allowQueryStringAuth
  size_t event_bytes_max = 5 * 1024 * 1024;
  size_t body_bytes_max = 838'860'800;  ///< on the wire and, separately, when decompressed
  bool keep_envelopes = false;          ///< fill HecScratch::accepted
  bool keep_event_ids = false;          ///< fill HecScratch::event_ids
};

enum class HecEndpoint { event, raw, ack, health, unknown };

HecEndpoint hec_endpoint(std::string_view path) noexcept;

/// The parts of a request that HEC looks at. The body is in HecScratch::wire.
struct HecRequest {
  std::string_view method;
  std::string_view path;
  std::string_view query;  ///< as on the wire, without the question mark
  std::string_view authorization;
  std::string_view channel;  ///< X-Splunk-Request-Channel
  std::string_view content_encoding;
  int64_t now_ms = 0;        ///< of a clock that never goes back
  int64_t ack_delay_ms = 0;  ///< rehearsal: the ack turns true only then
  bool lose_ack = false;     ///< rehearsal: the ack id is given but never turns true
};

/// Buffers of one request at a time, reused from request to request.
struct HecScratch {
  PaddedBytes wire;                 ///< in: the body as it came
  PaddedBytes plain;                ///< the body decompressed
  std::string accepted;             ///< out: accepted envelopes, one a line
  std::vector<uint64_t> event_ids;  ///< out: hashes of fields.event_id
  EnvelopeReader reader;
  BodyDecoder decoder;

  /// Empties everything and gives back what one unusually large request took.
  void recycle();
};

struct HecOutcome {
  HecAnswer answer;
  uint64_t events = 0;  ///< kept, also when the answer is an error
  uint64_t bytes_uncompressed = 0;
  uint64_t acks_confirmed = 0;
  bool ack_issued = false;
  bool stopped_early = false;  ///< success was answered although an unknown key ended the reading
};

/// Thread-safe: only the acks are shared.
class HecProtocol {
 public:
  explicit HecProtocol(HecSettings settings) : settings_(std::move(settings)) {}

  HecOutcome respond(const HecRequest& request, HecScratch& scratch);

  const HecSettings& settings() const noexcept { return settings_; }

 private:
  HecOutcome take_events(const HecRequest& request, std::string_view channel,
                         const PaddedBytes& body, HecScratch& scratch);
  HecOutcome take_lines(const HecRequest& request, std::string_view channel,
                        const PaddedBytes& body, HecScratch& scratch);
  HecOutcome answer_acks(const HecRequest& request, std::string_view channel,
                         const PaddedBytes& body);
  void accept(const HecRequest& request, std::string_view channel, HecOutcome& outcome,
              HecScratch& scratch);
  int authorize(const HecRequest& request) const;
  int judge_token(std::string_view token) const;

  HecSettings settings_;
  AckLedger acks_;
};

/// The decoded value of `name` in a query string; empty when it is not there.
std::string query_value(std::string_view query, std::string_view name);

}  // namespace hecate::receive
