#!/usr/bin/env bash
# Makes docs/report.png, the picture of a report in README.md: scores, and scores against trained parameters, by headless
# Chromium.
# Usage: docs/report_picture.sh STUDY/report/index.html
set -euo pipefail
page=$(realpath "$1")
picture=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/report.png
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The page without the sections and footnotes that would not fit.
sed 's|</head>|<style>section:not([aria-labelledby=tables]):not([aria-labelledby=cost]), .notes, nav, section > .scroll ~ .scroll, section[aria-labelledby=cost] .scroll { display: none } .modebar { display: none !important } h2 { margin-top: 1rem }</style></head>|' \
  "$page" > "$work/page.html"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --disable-dev-shm-usage --user-data-dir="$work/profile" \
  --virtual-time-budget=20000 --window-size=930,1200 --screenshot="$picture" "file://$work/page.html"
