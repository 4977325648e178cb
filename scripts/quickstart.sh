#!/usr/bin/env bash
# The first five minutes: installs what is needed, builds, and runs a whole backfill on this machine:
# sample archives in every format, a HEC of our own, fifty rules. Checks that everything that was
# generated arrived or was filtered by a rule, and cleans up after itself. Takes no arguments.
set -euo pipefail
cd "$(dirname "$0")/.."

events=200000
work=$(mktemp -d)
receiver=
cleanup() {
  [ -z "$receiver" ] || kill "$receiver" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*"; }
# The number behind "key": in a line of JSON.
number() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" <<<"$2" | head -n 1; }
die() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

say "1. What it needs"
./scripts/deps.sh

say "2. Build (a few minutes, once)"
command -v ccache >/dev/null && export CMAKE_CXX_COMPILER_LAUNCHER=ccache
cmake --preset release >"$work/configure.log" || { cat "$work/configure.log"; exit 1; }
cmake --build --preset release
hecate=build/release/hecate
"$hecate" --version

say "3. Sample archives: $events events in five formats"
show "hecate generate --out samples --events $events"
generated=$("$hecate" generate --out "$work/samples" --events "$events" --level 1)
printf '%s\n' "$generated"

say "4. A Splunk HEC for trials"
show "hecate receive --token trial --track-ids &"
"$hecate" receive --listen 127.0.0.1:0 --port-file "$work/port" --token trial --track-ids \
  >"$work/counts.json" 2>"$work/receive.log" &
receiver=$!
for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.1; done
[ -s "$work/port" ] || { cat "$work/receive.log" >&2; die "hecate receive did not start"; }
url="http://127.0.0.1:$(cat "$work/port")"
printf '%s\n' "$(cat "$work/receive.log")"

say "5. The backfill, with fifty rules (slowed down a little, so that there is something to see)"
export SPLUNK_HEC_TOKEN=trial XDG_STATE_HOME="$work/state" XDG_CACHE_HOME="$work/cache"
backfill() {
  "$hecate" backfill "$work/samples" --to "$url" --config examples/config/fifty-rules.yaml "$@"
}
show "hecate backfill samples --to $url --config examples/config/fifty-rules.yaml"
summary=$(backfill --rate 60MB/s --progress always --summary json)
printf '%s\n' "$summary"

say "6. The same command again sends nothing: the checkpoint knows"
again=$(backfill --progress never --summary json)
printf '%s\n' "$again"

kill -INT "$receiver"
wait "$receiver" || true
receiver=
counts=$(cat "$work/counts.json")

read=$(number events_read "$summary")
delivered=$(number events_delivered "$summary")
filtered=$(number events_filtered "$summary")
received=$(number events "$counts")
unique=$(number unique_ids "$counts")
[ "$read" = "$events" ] || die "generated $events events, but read $read"
[ "$received" = "$delivered" ] || die "delivered $delivered events, but $received arrived"
[ "$unique" = "$received" ] || die "$received events arrived under only $unique ids"
[ $((received + filtered)) = "$events" ] || die "$events events became $received and $filtered filtered"
[ "$(number events_delivered "$again")" = 0 ] || die "the second run sent events again"
say "Verified: $events generated = $received received + $filtered filtered by rules; nothing twice."

cat <<'NEXT'

What to try next
  build/release/hecate backfill YOUR_ARCHIVES --to - | head -3      see what would be sent
  build/release/hecate backfill YOUR_ARCHIVES --to null:            how fast is it here?
  SPLUNK_HEC_TOKEN=... build/release/hecate backfill YOUR_ARCHIVES --to https://your-splunk:8088
  build/release/hecate receive --help                               rehearse an outage
  examples/config/fifty-rules.yaml                                  rules to start from
NEXT
