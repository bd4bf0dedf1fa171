#!/usr/bin/env bash
# Compares the packages of the image with what is known today. A critical vulnerability stops the release, a high one if a fix is
# out: there is something to do then. All of them are printed.
set -euo pipefail
: "${IMAGE:?}" "${COMMIT_SHA:?}" "${PROJECT:?}" "${SCAN_LOCATION:?}"

scan="$(gcloud artifacts docker images scan "$IMAGE:$COMMIT_SHA" --project="$PROJECT" --location="$SCAN_LOCATION" \
  --format='value(response.scan)')"
[ -n "$scan" ] || { echo "The scan of $IMAGE:$COMMIT_SHA has no result." >&2; exit 1; }

found="$(gcloud artifacts docker images list-vulnerabilities "$scan" --project="$PROJECT" \
  --format='value(vulnerability.effectiveSeverity, vulnerability.fixAvailable, vulnerability.shortDescription)')"
echo "${found:-No known vulnerability.}"

blocking="$(awk '$1 == "CRITICAL" || ($1 == "HIGH" && tolower($2) == "true")' <<<"$found")"
[ -z "$blocking" ] || { printf 'These stop the release:\n%s\n' "$blocking" >&2; exit 1; }
