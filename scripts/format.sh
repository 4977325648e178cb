#!/usr/bin/env bash
# Lays out every tracked C++ file as .clang-format says; with --check only says which files differ.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(git ls-files '*.h' '*.cc' '*.inc')
if [ "${1:-}" = --check ]; then
  exec clang-format-14 --dry-run -Werror "${files[@]}"
fi
exec clang-format-14 -i "${files[@]}"
