#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include <curl/curl.h>

#include "net/curl_error.h"
#include "pipeline/check.h"
#include "pipeline/version.h"

namespace hecate {
namespace {

/// Header lines of one answer, all together; interim answers (1xx) included.
constexpr std::size_t header_bytes_max = 64 * limits::kib;
/// Slower than this for this long is dead. The total time limit is the one to rely on: a large
/// upload into full socket buffers looks alive for long.
constexpr long low_speed_bytes = 1;
constexpr long low_speed_seconds = 45;

struct ListFree {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListFree>;

struct EasyFree {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};

bool is_clean_header(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The value of header `name` (lower case) when `line` is that header.
std::optional<std::string> header_value(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return std::nullopt;
  const bool same = std::equal(name.begin(), name.end(), line.begin(),
                               [](char a, char b) { return a == lower(b); });
  if (!same) return std::nullopt;
  line.remove_prefix(name.size() + 1);
  const std::size_t begin = line.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return std::string();
  const std::size_t end = line.find_last_not_of(" \t\r\n");
  return std::string(line.substr(begin, end - begin + 1));
}

class CurlClient : public HttpTransport {
 public:
  CurlClient(CURL* handle, HttpClientOptions options)
      : handle_(handle), options_(std::move(options)) {}

  /// Options that hold for every request.
  bool set_up();
  Result<HttpAnswer> send(const HttpRequest& request) override;

 private:
  template <typename T>
  bool set(CURLoption option, T value) {
    return curl_easy_setopt(handle_.get(), option, value) == CURLE_OK;
  }
  bool set_tls();
  bool set_request(const HttpRequest& request, const HeaderList& headers);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  std::unique_ptr<CURL, EasyFree> handle_;
  HttpClientOptions options_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  HttpAnswer answer_;  // being received
  std::size_t header_bytes_ = 0;
  bool headers_ended_ = false;
  bool oversize_ = false;
};

bool CurlClient::set_tls() {
  const TlsConfig& tls = options_.tls;
  bool ok = set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
            set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L) &&
            set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  if (!tls.ca_file.empty()) ok = ok && set(CURLOPT_CAINFO, tls.ca_file.c_str());
  if (!tls.cert_file.empty()) ok = ok && set(CURLOPT_SSLCERT, tls.cert_file.c_str());
  if (!tls.key_file.empty()) ok = ok && set(CURLOPT_SSLKEY, tls.key_file.c_str());
  return ok;
}

bool CurlClient::set_up() {
  const std::string user_agent = "hecate/" + std::string(version);
  return set_tls() && set(CURLOPT_ERRORBUFFER, error_text_.data()) &&
         set(CURLOPT_USERAGENT, user_agent.c_str()) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
         set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_NOSIGNAL, 1L) &&
         set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
         set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count())) &&
         set(CURLOPT_LOW_SPEED_LIMIT, low_speed_bytes) &&
         set(CURLOPT_LOW_SPEED_TIME, low_speed_seconds) && set(CURLOPT_TCP_KEEPALIVE, 1L) &&
         set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
         set(CURLOPT_COOKIEFILE, "") &&  // keeps cookies in memory, reads none
         set(CURLOPT_WRITEFUNCTION, &CurlClient::on_body) &&
         set(CURLOPT_WRITEDATA, static_cast<void*>(this)) &&
         set(CURLOPT_HEADERFUNCTION, &CurlClient::on_header) &&
         set(CURLOPT_HEADERDATA, static_cast<void*>(this)) && set(CURLOPT_NOPROGRESS, 0L) &&
         set(CURLOPT_XFERINFOFUNCTION, &CurlClient::on_progress) &&
         set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
}

std::size_t CurlClient::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& client = *static_cast<CurlClient*>(self);
  const std::size_t total = size * count;
  if (client.answer_.body.size() + total > client.options_.answer_bytes_max) {
    client.oversize_ = true;
    return 0;  // less than what came: curl ends the transfer
  }
  client.answer_.body.append(bytes, total);
  return total;
}

std::size_t CurlClient::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& client = *static_cast<CurlClient*>(self);
  const std::size_t total = size * count;
  client.header_bytes_ += total;
  if (client.header_bytes_ > header_bytes_max) {
    client.oversize_ = true;
    return 0;
  }
  const std::string_view line(bytes, total);
  if (line == "\r\n" || line == "\n") client.headers_ended_ = true;
  if (line.starts_with("HTTP/")) {  // what came before was an interim answer
    client.headers_ended_ = false;
    client.answer_.retry_after.reset();
  }
  if (auto value = header_value(line, "retry-after")) {
    client.answer_.retry_after = std::move(*value);
  }
  return total;
}

int CurlClient::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& client = *static_cast<CurlClient*>(self);
  return client.options_.aborted && client.options_.aborted() ? 1 : 0;
}

bool CurlClient::set_request(const HttpRequest& request, const HeaderList& headers) {
  const std::chrono::milliseconds timeout =
      request.timeout.count() > 0 ? request.timeout : limits::request_timeout;
  const bool is_get = request.method == "GET";
  bool ok = set(CURLOPT_URL, std::string(request.url).c_str()) &&
            // nullptr: what the environment says; empty: none at all.
            set(CURLOPT_PROXY,
                request.url.starts_with("https:") ? static_cast<const char*>(nullptr) : "") &&
            set(CURLOPT_HTTPHEADER, headers.get()) &&
            set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  if (is_get) return ok && set(CURLOPT_CUSTOMREQUEST, nullptr) && set(CURLOPT_HTTPGET, 1L);
  // The length before the bytes, which are borrowed, not copied.
  ok = ok && set(CURLOPT_POST, 1L) &&
       set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size())) &&
       set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
  const std::string method(request.method);
  return ok && set(CURLOPT_CUSTOMREQUEST,
                   method == "POST" ? static_cast<const char*>(nullptr) : method.c_str());
}

/// The lines for curl; null when one of them could break out of its line.
HeaderList make_headers(const HttpRequest& request) {
  HeaderList list(curl_slist_append(nullptr, "Expect:"));  // no extra round trip per request
  const auto append = [&list](const std::string& line) {
    curl_slist* longer = list ? curl_slist_append(list.get(), line.c_str()) : nullptr;
    if (longer == nullptr) return false;
    (void)list.release();
    list.reset(longer);
    return true;
  };
  for (const auto& [name, value] : request.headers) {
    if (!is_clean_header(name) || !is_clean_header(value)) return nullptr;
    // curl takes "Name:" for "leave it out" and "Name;" for an empty value.
    std::string line = name;
    line += value.empty() ? ";" : ": ";
    line += value;
    if (!append(line)) return nullptr;
  }
  return list;
}

Result<HttpAnswer> CurlClient::send(const HttpRequest& request) {
  if (!request.url.starts_with("http://") && !request.url.starts_with("https://")) {
    return fail(Errc::usage, "only http and https URLs can be sent to; check the URL");
  }
  const std::string where = server_of(request.url);
  const HeaderList headers = make_headers(request);
  if (!headers) {
    return fail(Errc::usage,
                where + ": a request header holds control characters; check the token");
  }
  answer_ = {};
  header_bytes_ = 0;
  headers_ended_ = false;
  oversize_ = false;
  error_text_[0] = '\0';
  if (!set_request(request, headers)) {
    return fail(Errc::usage, where + ": the request cannot be made; check the URL");
  }
  const CURLcode code = curl_easy_perform(handle_.get());
  // Nothing borrowed stays behind in the handle.
  set(CURLOPT_HTTPHEADER, nullptr);
  set(CURLOPT_POSTFIELDS, nullptr);
  if (code != CURLE_OK) {
    if (oversize_) {
      return fail(Errc::transient, where + ": the answer is larger than any HEC gives");
    }
    return fail(translate_curl_error(code, where, error_text_.data()));
  }
  // curl takes headers that were cut off between two lines for an answer without a body.
  if (!headers_ended_) return fail(translate_curl_error(CURLE_PARTIAL_FILE, where, {}));
  long status = 0;
  long connects = 0;
  const char* content_type = nullptr;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &connects);
  curl_easy_getinfo(handle_.get(), CURLINFO_CONTENT_TYPE, &content_type);
  answer_.status = static_cast<int>(status);
  answer_.connection_reused = connects == 0;
  if (content_type != nullptr) answer_.content_type = content_type;
  return std::move(answer_);
}

}  // namespace

HttpRuntime::HttpRuntime() {
  check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl can be initialised");
  std::signal(SIGPIPE, SIG_IGN);
}

HttpRuntime::~HttpRuntime() {
  curl_global_cleanup();
}

Result<std::unique_ptr<HttpTransport>> make_http_client(HttpClientOptions options) {
  CURL* handle = curl_easy_init();
  if (handle == nullptr) return fail(Errc::internal, "libcurl gives no handle: out of memory");
  auto client = std::make_unique<CurlClient>(handle, std::move(options));
  if (!client->set_up()) {
    return fail(Errc::internal, "libcurl refuses an option; it may be older than 7.85");
  }
  return client;
}

}  // namespace hecate
