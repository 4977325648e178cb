#include "receive/command.h"

#include <charconv>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include "receive/receiver.h"

namespace hecate::receive {

namespace {

constexpr int exit_usage = 2;

// SIGINT and SIGTERM wait to be fetched instead of ending the process, on all threads started
// while this lives.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  void wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

// "127.0.0.1:8088", "[::1]:8088" or ":8088", which is every address.
Status read_listen(const std::string& listen, HttpServerOptions& http) {
  const size_t colon = listen.rfind(':');
  const char* end = listen.data() + listen.size();
  const char* digits = colon == std::string::npos ? end : listen.data() + colon + 1;
  const auto [stop, error] = std::from_chars(digits, end, http.port);
  if (error != std::errc{} || stop != end)
    return fail(Errc::usage,
                fmt::format("--listen {}: expected ADDR:PORT, as in 127.0.0.1:8088", listen));
  http.address = listen.substr(0, colon);
  if (http.address.starts_with('[') && http.address.ends_with(']'))
    http.address = http.address.substr(1, http.address.size() - 2);
  if (http.address.empty()) http.address = "0.0.0.0";
  return {};
}

std::vector<std::string> tokens_or_environment(std::vector<std::string> tokens) {
  const char* token = std::getenv("SPLUNK_HEC_TOKEN");
  if (tokens.empty() && token != nullptr && *token != '\0') tokens.emplace_back(token);
  return tokens;
}

Result<ReceiverOptions> receiver_options(const ReceiveOptions& options) {
  ReceiverOptions receiver;
  if (Status read = read_listen(options.listen, receiver.http); !read) return fail(read.error());
  receiver.http.tls_cert_file = options.tls_cert_file;
  receiver.http.tls_key_file = options.tls_key_file;
  receiver.hec.tokens = tokens_or_environment(options.tokens);
  receiver.hec.indexes = options.indexes;
  receiver.hec.ack = options.ack;
  receiver.hec.query_token = options.query_token;
  receiver.hec.body_bytes_max = options.body_bytes_max;
  receiver.out_file = options.out_file;
  receiver.track_ids = options.track_ids;
  if (!options.faults_file.empty()) {
    Result<FaultPlan> faults = FaultPlan::load(options.faults_file);
    if (!faults) return fail(std::move(faults.error()));
    receiver.faults = std::move(*faults);
  }
  return receiver;
}

// The name appears with its content or not at all, so that a script may wait for it.
Status write_port_file(const std::string& path, uint16_t port) {
  const std::string unfinished = path + ".new";
  std::ofstream file(unfinished, std::ios::trunc);
  file << port << '\n';
  file.close();
  if (file && std::rename(unfinished.c_str(), path.c_str()) == 0) return {};
  return fail(Errc::usage,
              fmt::format("{}: cannot be written; give --port-file a writable path", path));
}

int complain(std::FILE* log, const Error& error) {
  fmt::print(log, "hecate receive: {}\n", error.message);
  return exit_usage;
}

void announce(std::FILE* log, const ReceiverOptions& options, uint16_t port) {
  if (options.hec.tokens.empty())
    fmt::print(log,
               "hecate receive: warning: no token was given, so any token is accepted; "
               "use --token or SPLUNK_HEC_TOKEN\n");
  const bool ipv6 = options.http.address.find(':') != std::string::npos;
  fmt::print(log, "hecate receive: listening on {}://{}{}{}:{}/services/collector/event\n",
             options.http.tls_cert_file.empty() ? "http" : "https", ipv6 ? "[" : "",
             options.http.address, ipv6 ? "]" : "", port);
  std::fflush(log);
}

}  // namespace

int run_receive(const ReceiveOptions& options, std::FILE* out, std::FILE* log) {
  Result<ReceiverOptions> settings = receiver_options(options);
  if (!settings) return complain(log, settings.error());
  const StopSignals signals;
  ReceiverOptions shown;
  shown.http = settings->http;
  shown.hec = settings->hec;
  Receiver receiver(std::move(*settings));
  if (Status started = receiver.start(); !started) return complain(log, started.error());
  if (!options.port_file.empty())
    if (Status written = write_port_file(options.port_file, receiver.port()); !written)
      return complain(log, written.error());
  announce(log, shown, receiver.port());
  signals.wait();
  receiver.stop();
  const ReceiverCounts counts = receiver.counts();
  for (const ReceiverCounts::FaultCount& fault : counts.faults)
    fmt::print(log, "hecate receive: fault '{}' struck {} of {} requests\n", fault.name,
               fault.fired, fault.seen);
  fmt::print(out, "{}\n", counts.to_json());
  std::fflush(out);
  return 0;
}

}  // namespace hecate::receive
