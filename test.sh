#!/usr/bin/env bash
# Everything that has to hold: restore, readers for result files, formatting, build without warnings, all tests.
set -euo pipefail
cd "$(dirname "$0")"

for attempt in 1 2 3; do
  dotnet restore Interp.sln && break
  [ "$attempt" = 3 ] && { echo "restore failed three times" >&2; exit 1; }
  sleep $((attempt * 10))
done

# What tests bring in from outside of .NET: Chromium for the pages of reports, node for the readers of others that result files are
# tried with. Without the right to install them their tests are skipped.
run=env
[ "$(id -u)" = 0 ] || run="sudo -n"
missing=""
command -v chromium > /dev/null || missing="chromium fonts-dejavu-core"
command -v npm > /dev/null || missing="$missing nodejs npm"
if [ -n "$missing" ] && command -v apt-get > /dev/null && $run true 2> /dev/null; then
  for attempt in 1 2 3; do
    $run apt-get update -qq && $run apt-get install -y -qq --no-install-recommends $missing > /dev/null && break
    echo "installing $missing failed (attempt $attempt)" >&2
    sleep $((attempt * 10))
  done
fi
if command -v npm > /dev/null; then
  for attempt in 1 2 3; do
    (cd tests/ArrowReaders && npm install --no-save --no-audit --no-fund) && break
    [ "$attempt" = 3 ] && { echo "npm install failed three times" >&2; exit 1; }
    sleep $((attempt * 10))
  done
fi

dotnet format Interp.sln --no-restore --verify-no-changes
dotnet build Interp.sln -c Release --no-restore
dotnet test --solution Interp.sln -c Release --no-build "$@"
