#!/usr/bin/env bash
# Every test there is: installs what it needs, builds, and runs
#   unit, golden, compile-fail and example tests     (ctest)
#   whole binaries against real counterparts         (pytest; an OpenTelemetry Collector built here)
# Says what ran and ends with one line, "N passed, N failed". A part that cannot run fails.
#   --quick   unit, golden, compile-fail and example tests only
#   --full    also the unit tests under AddressSanitizer + UBSan, the threaded ones under
#             ThreadSanitizer, and the fuzzers for a short while each
set -uo pipefail
cd "$(dirname "$0")/.."

quick=false sanitizers=false
for option in "$@"; do
  case "$option" in
    --quick) quick=true ;;
    --full) sanitizers=true ;;
    *) echo "test.sh: unknown option $option" >&2; exit 2 ;;
  esac
done

passed=0 failed=0
failures=()
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

part() { printf '\n==== %s\n' "$*"; }
# One check that counts as one test: `check NAME COMMAND...`.
check() {
  local name=$1
  shift
  if "$@" >"$logs/check" 2>&1; then
    passed=$((passed + 1))
    printf 'ok      %s\n' "$name"
  else
    failed=$((failed + 1))
    failures+=("$name")
    tail -n 60 "$logs/check"
    printf 'FAILED  %s\n' "$name"
    return 1
  fi
}
# Runs ctest and adds its counts: `count_ctest NAME PRESET ARGUMENTS...`.
count_ctest() {
  local name=$1 preset=$2
  shift 2
  ctest --preset "$preset" -j 2 "$@" 2>&1 | tee "$logs/ctest" | grep -vE '^ *[0-9]+/[0-9]+ Test .* Passed|^ *Start '
  local total bad
  total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$logs/ctest")
  bad=$(sed -n 's/.*passed, \([0-9]*\) tests failed out of .*/\1/p' "$logs/ctest")
  if [ -z "$total" ] || [ "$total" -eq 0 ]; then
    failed=$((failed + 1))
    failures+=("$name: no test ran")
    return 1
  fi
  passed=$((passed + total - bad))
  failed=$((failed + bad))
  [ "$bad" -eq 0 ] || failures+=("$name: $bad of $total")
}
# Runs pytest and adds its counts. A skipped test must say why, and is shown.
count_pytest() {
  build/venv/bin/python -m pytest tests/integration -q -rsfE -p no:cacheprovider "$@" 2>&1 | tee "$logs/pytest"
  local line ok bad
  line=$(tail -n 1 "$logs/pytest")
  ok=$(grep -oE '[0-9]+ passed' <<<"$line" | grep -oE '[0-9]+' || echo 0)
  bad=$(grep -oE '[0-9]+ (failed|error)' <<<"$line" | awk '{sum += $1} END {print sum + 0}')
  if [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  passed=$((passed + ok))
  failed=$((failed + bad))
  [ "$bad" -eq 0 ] || failures+=("integration: $bad")
}
finish() {
  part "Result"
  for failure in ${failures[@]+"${failures[@]}"}; do printf 'FAILED  %s\n' "$failure"; done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}

part "Dependencies"
./scripts/deps.sh || { failures+=("dependencies"); failed=1; finish; }
command -v ccache >/dev/null && export CMAKE_CXX_COMPILER_LAUNCHER=ccache
[ -x /usr/local/go/bin/go ] && export PATH="$PATH:/usr/local/go/bin"
g++ --version | head -n 1
clang++-14 --version | head -n 1
cmake --version | head -n 1

build() {
  cmake --preset "$1" && cmake --build --preset "$1"
}

part "Build: dev (warnings are errors), release"
check "dev builds without a warning" build dev || finish
check "release builds" build release || finish
build/release/hecate --version

part "Unit, golden, compile-fail, example and fuzz-seed tests"
count_ctest "ctest" dev
$quick && finish

part "Layout"
check "clang-format leaves every file as it is" ./scripts/format.sh --check

part "Whole binaries against real counterparts"
check "the Python environment" bash -c \
  'python3 -m venv build/venv && build/venv/bin/pip install -q --disable-pip-version-check -r tests/requirements.txt'
check "the OpenTelemetry Collector builds" bash tests/support/otel/build.sh build/otel/otelcol
build/otel/otelcol --version || true
curl --version | head -n 1
strace --version | head -n 1
HECATE_BIN=$PWD/build/release/hecate count_pytest

if $sanitizers; then
  part "AddressSanitizer and UndefinedBehaviorSanitizer"
  check "asan builds" build asan && count_ctest "asan" asan -L unit
  part "ThreadSanitizer: what has threads"
  check "tsan builds" build tsan &&
    count_ctest "tsan" tsan -R '(Sink|Ledger|Pool|Worker|Backfill|Receiver|DeadLetter|Console|Queue|Notices|HttpClient|Rules|Retry|Token)'
  part "Fuzzers"
  check "fuzzers find nothing" ./scripts/fuzz.sh "${HECATE_FUZZ_SECONDS:-30}"
  tail -n 20 "$logs/check"
fi
finish
