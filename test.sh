#!/usr/bin/env bash
# Everything that has to hold: restore, formatting, build without warnings, all tests.
set -euo pipefail
cd "$(dirname "$0")"

for attempt in 1 2 3; do
  dotnet restore Interp.sln && break
  [ "$attempt" = 3 ] && { echo "restore failed three times" >&2; exit 1; }
  sleep $((attempt * 10))
done
dotnet format Interp.sln --no-restore --verify-no-changes
dotnet build Interp.sln -c Release --no-restore
dotnet test --solution Interp.sln -c Release --no-build "$@"
