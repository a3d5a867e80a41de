#!/usr/bin/env bash
# Everything that has to hold: restore, readers for result files, formatting, build without warnings, all tests.
set -euo pipefail
cd "$(dirname "$0")"

for attempt in 1 2 3; do
  dotnet restore Interp.sln && break
  [ "$attempt" = 3 ] && { echo "restore failed three times" >&2; exit 1; }
  sleep $((attempt * 10))
done

# The readers of others that result files are tried with: apache-arrow and polars, under node.
if ! command -v npm > /dev/null && command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
  for attempt in 1 2 3; do
    apt-get update -q && apt-get install -y -q nodejs npm && break
    sleep $((attempt * 10))
  done
fi
if command -v npm > /dev/null; then
  for attempt in 1 2 3; do
    (cd tests/ArrowReaders && npm ci --no-audit --no-fund) && break
    [ "$attempt" = 3 ] && { echo "npm ci failed three times" >&2; exit 1; }
    sleep $((attempt * 10))
  done
fi

dotnet format Interp.sln --no-restore --verify-no-changes
dotnet build Interp.sln -c Release --no-restore
dotnet test --solution Interp.sln -c Release --no-build "$@"
