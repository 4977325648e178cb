#!/usr/bin/env bash
# Installs what hecate needs to be built, run and tested on a bare Debian 12, from the distribution's
# packages, as root or with sudo. Idempotent: looks first, installs only what is missing, says what it
# does. `--check` only looks, and fails when something is missing. Go, for the OpenTelemetry Collector
# of the tests, is not installed here: Debian's is too old for it (tests/support/otel/build.sh says so).
set -euo pipefail

case "$(uname -m)" in
  x86_64 | amd64) patterns=libhyperscan-dev ;;
  *) patterns=libvectorscan-dev ;; # the same library, libhs, on other processors
esac

packages=(
  # building
  g++                   # the compiler: C++20
  cmake                 # the build
  ninja-build           # runs it
  pkg-config            # finds the libraries that have no CMake package
  ccache                # builds again in seconds
  git                   # the tests check what is tracked
  ca-certificates       # to verify certificates with
  # libraries, each with its reason in cmake/deps.cmake
  libfmt-dev libexpected-dev libyaml-cpp-dev libsimdjson-dev libisal-dev libdeflate-dev
  libzstd-dev zlib1g-dev "$patterns" libre2-dev libxxhash-dev libcurl4-openssl-dev libssl-dev
  libsqlite3-dev libcli11-dev libcpp-httplib-dev
  # testing
  libgtest-dev          # unit tests
  libgmock-dev          # matchers
  libbenchmark-dev      # micro benchmarks
  libpcre2-dev          # the reference that classification is held against
  python3               # golden and integration tests
  python3-venv          # their packages, in build/venv
  strace                # faults at single system calls
  util-linux            # setpriv: tests of permissions as an ordinary user
  curl                  # a HEC client that we did not write
  # checking
  clang-14              # the other compiler, and the fuzzers
  clang-tidy-14         # finds bugs
  clang-format-14       # the layout
  libclang-rt-14-dev    # sanitizers and libFuzzer for clang
)

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done

if [ "${#missing[@]}" -eq 0 ]; then
  echo "deps: all ${#packages[@]} packages are installed"
  exit 0
fi
echo "deps: missing: ${missing[*]}"
[ "${1:-}" != --check ] || exit 1

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "deps: run this as root, or install sudo" >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "deps: installed ${#missing[@]} packages"
