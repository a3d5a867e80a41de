#!/usr/bin/env bash
# Makes report.png, the picture of the demo's report: a test draws it in Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet test --project tests/Reports.Tests -c Release -- --filter-method '*The_picture_of_the_readme_can_be_made'
cp tests/Reports.Tests/bin/Release/net10.0/screenshots/report.png docs/images/report.png
