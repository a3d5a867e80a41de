#!/usr/bin/env bash
# Makes report.png, the picture of the demo's report in the README: needs the .NET SDK and Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet run --project src/Cli -c Release -- demo --quiet --report "$work/demo.html" > "$work/story.txt"
chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync \
  --user-data-dir="$work/profile" --hide-scrollbars --window-size=1180,1500 --virtual-time-budget=8000 \
  --screenshot="$work/report.png" "file://$work/demo.html#PANEL"
