#include "stages/hec_advice.h"

#include <string_view>

namespace hecate {
namespace {

std::string_view what_to_change(int http_status, std::optional<int> hec_code) {
  if (hec_code == 10 || hec_code == 11 || hec_code == 28) {
    return "this token demands acknowledgements: set hec.ack: true, or use --ack";
  }
  if (hec_code == 14 || http_status == 200) {
    return "this token gives no acknowledgements: enable them for it, or set hec.ack: false";
  }
  if (hec_code == 16) return "take the token out of the URL";
  if (http_status >= 300 && http_status <= 399) {
    return "redirects are not followed: configure the address it points to";
  }
  if (http_status == 404 || http_status == 405) {
    return "there is no HEC at this path: check the URL";
  }
  if (http_status == 407) return "the proxy wants credentials: check HTTPS_PROXY";
  if (http_status == 415) return "it takes neither compressed nor plain bodies: check the URL";
  return "check the URL and the receiver's settings";
}

}  // namespace

std::string hec_advice(int http_status, std::optional<int> hec_code) {
  return std::string(what_to_change(http_status, hec_code)) +
         "; nothing is lost: run the same command again to go on";
}

std::string gave_up_advice(int attempts) {
  return "gave up after " + std::to_string(attempts) +
         " attempts; nothing is lost: run the same command again to go on";
}

}  // namespace hecate
