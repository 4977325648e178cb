#!/usr/bin/env bash
# Builds the fuzz targets (preset fuzz: clang, libFuzzer, AddressSanitizer, UndefinedBehaviorSanitizer)
# and runs each for a while, two at a time, from the seeds in tests/fuzz/seeds.
#   scripts/fuzz.sh [SECONDS_PER_TARGET=30] [TARGET...]        e.g. scripts/fuzz.sh 600 lines config
# A target prints a line: executions, edges of our code that were reached, inputs that reached new
# ones. One that breaks prints what broke and the input, which is kept in build/fuzz/found; the
# script then ends with 1. To try an input again: build/fuzz/tests/fuzz/fuzz_TARGET FILE.
# New seeds are never written: what is found stays in a temporary folder, unless HECATE_FUZZ_CORPUS
# names a folder that holds one for each target.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-30}
case "$seconds" in
  '' | *[!0-9]*) echo "fuzz.sh: the seconds per target must be a number, not '$seconds'" >&2; exit 2 ;;
esac
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for folder in tests/fuzz/seeds/*/; do targets+=("$(basename "$folder")"); done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
found=build/fuzz/found
mkdir -p "$found"

cmake --preset fuzz >"$work/configure" || { cat "$work/configure"; exit 1; }
cmake --build --preset fuzz -j 2 >"$work/build" || { tail -n 60 "$work/build"; exit 1; }

# One target: its line of results goes to stdout, everything else to $work/TARGET.log.
run_target() {
  local name=$1 log=$work/$1.log status=0
  local corpus=${HECATE_FUZZ_CORPUS:+$HECATE_FUZZ_CORPUS/$name}
  corpus=${corpus:-$work/corpus/$name}
  mkdir -p "$corpus" "$work/tmp/$name"
  TMPDIR=$work/tmp/$name \
    ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 \
    "build/fuzz/tests/fuzz/fuzz_$name" "$corpus" "tests/fuzz/seeds/$name" \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=16384 \
    -print_final_stats=1 -artifact_prefix="$found/$name-" >"$log" 2>&1 || status=$?
  local runs edges inputs
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  edges=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | grep -oE '[0-9]+')
  inputs=$(grep -oE 'corp: [0-9]+' "$log" | tail -n 1 | grep -oE '[0-9]+')
  printf '%-16s %11s executions %7s edges %6s inputs   %s\n' "$name" "${runs:--}" "${edges:--}" \
    "${inputs:--}" "$([ $status -eq 0 ] && echo ok || echo BROKEN)"
  [ $status -eq 0 ] || touch "$work/broken.$name"
}

for name in "${targets[@]}"; do
  if [ ! -x "build/fuzz/tests/fuzz/fuzz_$name" ]; then
    echo "fuzz.sh: there is no target $name" >&2
    exit 2
  fi
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
  run_target "$name" &
done
wait

broken=0
for mark in "$work"/broken.*; do
  [ -e "$mark" ] || continue
  broken=1
  name=${mark##*/broken.}
  printf '\n==== %s\n' "$name"
  grep -vE '^(#[0-9]|INFO:|stat::)' "$work/$name.log" | head -n 40 | cut -c 1-2000
  while read -r input; do
    printf 'input: %s\n' "$input"
    if [ "$(stat -c %s "$input")" -le 1024 ]; then
      printf 'base64: '
      base64 -w 0 "$input"
      echo
    fi
  done < <(sed -n 's/^.*Test unit written to //p' "$work/$name.log")
done
exit $broken
