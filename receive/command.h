// command: `hecate receive`, without the reading of its command line.
//
// Listens until SIGINT or SIGTERM, then prints the counts as one line of JSON and ends with 0.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace hecate::receive {

struct ReceiveOptions {
  std::string listen = "127.0.0.1:8088";  ///< ADDR:PORT; port 0: any free one
  std::string port_file;                  ///< gets the chosen port, for scripts
  std::vector<std::string> tokens;        ///< empty: SPLUNK_HEC_TOKEN; without it any token will do
  std::vector<std::string> indexes;       ///< allowed; empty: any
  std::string out_file;
  std::string faults_file;
  std::string tls_cert_file;
  std::string tls_key_file;
  size_t body_bytes_max = 838'860'800;
  bool ack = false;
  bool query_token = false;
  bool track_ids = false;
};

/// Returns the exit status. Counts go to `out`, all else to `log`.
int run_receive(const ReceiveOptions& options, std::FILE* out = stdout, std::FILE* log = stderr);

}  // namespace hecate::receive
