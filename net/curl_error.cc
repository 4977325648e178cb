#include "net/curl_error.h"

#include <algorithm>

namespace hecate {
namespace {

struct Meaning {
  Errc code;
  std::string_view what;
  std::string_view advice;
};

Meaning meaning_of(CURLcode code) {
  constexpr std::string_view ca_advice =
      "; give the right certificate authority with --ca-file (hec.tls.ca_file)";
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return {Errc::interrupted, "stopped during a transfer",
              "; run the same command again to go on"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return {Errc::denied, "the server's certificate is not trusted", ca_advice};
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
      return {Errc::usage, "the file of certificate authorities cannot be read", ca_advice};
    case CURLE_SSL_CERTPROBLEM:
      return {Errc::usage, "the client certificate or its key cannot be used",
              "; check --cert and --key (hec.tls.cert_file, hec.tls.key_file)"};
    case CURLE_SSL_CONNECT_ERROR:
      return {Errc::transient, "no TLS connection", "; is this port TLS at all?"};
    case CURLE_URL_MALFORMAT:
      return {Errc::usage, "the URL is malformed", "; check the URL"};
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {Errc::transient, "the answer is not HTTP", "; is this port TLS? Then use https://"};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Errc::transient, "the host name is not known", ""};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Errc::transient, "the proxy's host name is not known", "; check HTTPS_PROXY"};
    case CURLE_COULDNT_CONNECT:
      return {Errc::transient, "no connection", ""};
    case CURLE_OPERATION_TIMEDOUT:
      return {Errc::transient, "no answer in time", ""};
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return {Errc::transient, "the connection broke before the answer was complete", ""};
    case CURLE_WEIRD_SERVER_REPLY:
      return {Errc::transient, "the answer is not HTTP", ""};
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
      return {Errc::internal, "libcurl failed", ""};
    default:
      return {Errc::transient, "the exchange failed", ""};
  }
}

}  // namespace

Error translate_curl_error(CURLcode code, std::string_view where, std::string_view detail) {
  const Meaning meaning = meaning_of(code);
  if (detail.empty()) detail = curl_easy_strerror(code);
  while (!detail.empty() && (detail.back() == '\n' || detail.back() == '\r')) {
    detail.remove_suffix(1);
  }
  std::string message(where);
  message.append(": ").append(meaning.what);
  if (code != CURLE_ABORTED_BY_CALLBACK) message.append(" (").append(detail).append(")");
  message.append(meaning.advice);
  return {meaning.code, std::move(message)};
}

std::string server_of(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return "the server";
  const std::size_t authority_begin = scheme_end + 3;
  const std::size_t authority_end = std::min(url.find_first_of("/?#", authority_begin), url.size());
  std::string_view authority = url.substr(authority_begin, authority_end - authority_begin);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  return std::string(url.substr(0, authority_begin)).append(authority);
}

}  // namespace hecate
