# Every dependency, once, with the reason why it is here. All are packages of the distribution;
# scripts/deps.sh installs them.
find_package(PkgConfig REQUIRED)     # finds the ones below that have no CMake package
find_package(Threads REQUIRED)       # workers and connections
find_package(fmt REQUIRED)           # text for people
find_package(tl-expected REQUIRED)   # Result<T> until C++23's std::expected
find_package(yaml-cpp REQUIRED)      # the configuration file
find_package(simdjson REQUIRED)      # validates JSON and UTF-8 at memory speed
find_package(CURL 7.85 REQUIRED)     # HTTP and TLS to HEC
find_package(OpenSSL REQUIRED)       # TLS of `hecate receive`; base64
find_package(SQLite3 REQUIRED)       # the checkpoint: crash-safe, in one file
find_package(ZLIB REQUIRED)          # archives as AWS writes them, for `hecate generate`
find_package(CLI11 REQUIRED)         # the command line
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)            # fastest streaming inflate; gzip of bodies
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)   # one-shot gunzip in `hecate receive`; the floor of benchmarks
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)            # objects with zstd magic
pkg_check_modules(HS REQUIRED IMPORTED_TARGET libhs)                # all rules in one pass (Hyperscan, or Vectorscan off x86)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)                 # log group names: captures, in linear time
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)        # event ids
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)     # the server in `hecate receive`
