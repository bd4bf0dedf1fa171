#!/usr/bin/env bash
# Ends with 1 while any location has its morning: between 03:00 and 08:00 local a night is under way, and nothing is released.
# The zones are those of config/locations.yaml. NOW, in seconds since 1970, replaces the clock; LOCATIONS replaces that file.
set -euo pipefail
cd "$(dirname "$0")/../.."
file="${LOCATIONS:-config/locations.yaml}"

zones="$(sed -n 's/^ *time_zone: *["'\'']\{0,1\}\([A-Za-z0-9_\/+-]*\).*/\1/p' "$file" | sort -u)"
if [ -z "$zones" ] && grep -q '^locations: \[\]' "$file"; then
  echo "No location is configured, so none has its morning."
  exit 0
fi
[ -n "$zones" ] || { echo "$file names no time zone" >&2; exit 2; }

# Node knows all zones. `date` takes one that its machine does not know for UTC, and says nothing; images leave them out.
PATH="$PWD/node_modules/.bin:$PATH" exec node -e '
  const [now, ...zones] = process.argv.slice(1)
  for (const timeZone of zones) {
    const time = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }).format(now * 1000)
    if (time < "03:00" || time >= "08:00") continue
    console.error(`It is ${time} in ${timeZone}: not between 03:00 and 08:00 of any location. Start the release again later.`)
    process.exit(1)
  }
  console.log("No location has its morning.")
' "${NOW:-$(date +%s)}" $zones
