#!/usr/bin/env bash
# Makes the pictures of README.md and of the pages: tests draw them in Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet test --project tests/Reports.Tests -c Release -- --filter-method '*The_picture_of_*'
for name in report patching ablation causal-tracing knockout path-patching; do
  cp "tests/Reports.Tests/bin/Release/net10.0/screenshots/$name.png" docs/images/
done
