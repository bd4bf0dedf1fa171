#!/usr/bin/env bash
# Ends with 1 while any location has its morning: between 03:00 and 08:00 local a night is under way, and nothing is released.
# The zones are those of config/locations.yaml. NOW, in seconds since 1970, takes the place of the clock.
set -euo pipefail
cd "$(dirname "$0")/../.."

now="${NOW:-$(date +%s)}"
zones="$(sed -n 's/^ *time_zone: *\([A-Za-z_\/+-]*\).*/\1/p' config/locations.yaml | sort -u)"
[ -n "$zones" ] || { echo "config/locations.yaml names no time zone" >&2; exit 2; }

for zone in $zones; do
  hour="$(TZ="$zone" date -d "@$now" +%-H)"
  if [ "$hour" -ge 3 ] && [ "$hour" -lt 8 ]; then
    echo "It is $(TZ="$zone" date -d "@$now" +%H:%M) in $zone: not between 03:00 and 08:00 of any location. Start the release again later." >&2
    exit 1
  fi
done
echo "No location has its morning."
