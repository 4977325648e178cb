// hec_fixture: a HecProtocol with one token, and short ways to ask it things.
#pragma once

#include <string>
#include <string_view>

#include <libdeflate.h>

#include "receive/hec_protocol.h"

namespace hecate::receive {

inline constexpr std::string_view token = "11111111-2222-3333-4444-555555555555";
inline constexpr std::string_view good_authorization =
    "Splunk 11111111-2222-3333-4444-555555555555";
inline constexpr std::string_view channel = "AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee";

inline HecSettings one_token() {
  HecSettings settings;
  settings.tokens = {std::string(token)};
  settings.keep_envelopes = true;
  settings.keep_event_ids = true;
  return settings;
}

inline HecSettings with_ack() {
  HecSettings settings = one_token();
  settings.ack = true;
  return settings;
}

/// One gzip member.
inline std::string gzip(std::string_view plain) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, plain.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, plain.data(), plain.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

class Hec {
 public:
  explicit Hec(HecSettings settings = one_token()) : protocol_(std::move(settings)) {}

  HecOutcome send(HecRequest request, std::string_view body) {
    scratch_.recycle();
    scratch_.wire.append(body);
    return protocol_.respond(request, scratch_);
  }

  /// A good POST; change what matters to the test.
  static HecRequest post(std::string_view path = "/services/collector/event") {
    HecRequest request;
    request.method = "POST";
    request.path = path;
    request.authorization = good_authorization;
    return request;
  }

  HecOutcome events(std::string_view body) { return send(post(), body); }

  std::string_view accepted() const { return scratch_.accepted; }
  const std::vector<uint64_t>& event_ids() const { return scratch_.event_ids; }

 private:
  HecProtocol protocol_;
  HecScratch scratch_;
};

}  // namespace hecate::receive
