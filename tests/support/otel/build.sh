#!/usr/bin/env bash
# Builds the OpenTelemetry Collector of this folder into OUT_BINARY, from exactly the modules that
# go.mod and go.sum pin. A stamp beside the binary (a hash of the sources) lets an unchanged build
# be skipped. It never changes go.mod or go.sum and never turns checksum verification off: when a
# module cannot be had or verified it says so and exits 1.
set -euo pipefail

fail() { echo "otel/build.sh: $*" >&2; exit 1; }

[[ $# -eq 1 ]] || { echo "usage: build.sh OUT_BINARY" >&2; exit 2; }
mkdir -p "$(dirname "$1")"
out="$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here"

go="$(command -v go || true)"
[[ -n "$go" || ! -x /usr/local/go/bin/go ]] || go=/usr/local/go/bin/go
go_min="$(sed -n 's|^go ||p' go.mod)"
[[ -n "$go" ]] || fail "go was not found in PATH; install Go $go_min or newer to build the OpenTelemetry Collector"

stamp="$( { cat go.mod go.sum main.go; "$go" version; } | sha256sum | cut -d' ' -f1)"
version="$(sed -n 's|^.*/splunkhecreceiver \(v[0-9.]*\).*$|\1|p' go.mod)"
if [[ -x "$out" && -f "$out.stamp" && "$(cat "$out.stamp")" == "$stamp" ]]; then
  echo "otel/build.sh: $out is up to date (splunkhecreceiver $version)"
  exit 0
fi

# A failed build must not leave an older collector behind for the tests to find.
rm -f "$out" "$out.stamp"
begin=$SECONDS
if ! "$go" build -mod=readonly -trimpath -buildvcs=false -p 2 -ldflags='-s -w' -o "$out" . ; then
  fail "building the OpenTelemetry Collector (splunkhecreceiver $version) failed; the lines above say" \
       "which module could not be had or verified, or whether Go $go_min or newer is needed"
fi
echo "$stamp" > "$out.stamp"
echo "otel/build.sh: built $out (splunkhecreceiver $version, $("$go" env GOVERSION)) in $((SECONDS - begin)) s"
