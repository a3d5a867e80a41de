#!/usr/bin/env bash
# Everything that has to hold: restore, formatting, build without warnings, all tests.
set -euo pipefail
cd "$(dirname "$0")"

for attempt in 1 2 3; do
  dotnet restore Interp.sln && break
  [ "$attempt" = 3 ] && { echo "restore failed three times" >&2; exit 1; }
  sleep $((attempt * 10))
done
# The tests of reports drive the system's Chromium; without one, and without the right to install it, they are skipped.
run=env
[ "$(id -u)" = 0 ] || run="sudo -n"
if ! command -v chromium > /dev/null && command -v apt-get > /dev/null && $run true 2> /dev/null; then
  for attempt in 1 2 3; do
    $run apt-get update -qq && $run apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null && break
    echo "installing chromium failed (attempt $attempt)" >&2
    sleep $((attempt * 5))
  done
fi

dotnet format Interp.sln --no-restore --verify-no-changes
dotnet build Interp.sln -c Release --no-restore
dotnet test --solution Interp.sln -c Release --no-build "$@"
