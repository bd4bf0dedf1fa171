#!/usr/bin/env bash
# Releases an image, in steps that each can stop it:
#   1. not in the morning of any location
#   2. the tables of the ledger are brought up to date: what a release adds, the one before it can work with
#   3. a revision without traffic: Cloud Run calls it ready only if its startup probe passes
#   4. shadow replay: last night's raw files through the new image must become what is published, to the cent
#   5. 10 %, then 50 %, then all of the traffic, each for a while without an answer 5xx
# Any failure after 3 gives all traffic back to the revision that had it.
#
# PROJECT and REGION say where; DATES is what is replayed (default: the day before yesterday, complete in every zone);
# SOAK is how many seconds each share is watched (default 600); SKIP_SHADOW=yes is for the first release, with nothing to replay.
set -euo pipefail

image="${1:?usage: canary.sh REGION-docker.pkg.dev/PROJECT/daybreak/daybreak@sha256:DIGEST}"
: "${PROJECT:?}" "${REGION:?}" "${ENVIRONMENT:?}"
soak="${SOAK:-600}"
dates="${DATES:-$(date -u -d '2 days ago' +%F)}"
here="$(dirname "$0")"

case "$image" in *@sha256:*) ;; *) echo "release by digest: $image has none" >&2; exit 2 ;; esac
"$here/window.sh"

# Not as flags: gcloud takes what follows --container for settings of the container, and refuses these.
export CLOUDSDK_CORE_PROJECT="$PROJECT" CLOUDSDK_RUN_REGION="$REGION" CLOUDSDK_CORE_DISABLE_PROMPTS=1
run() { gcloud run "$@"; }
# The revision with most of the traffic.
serving() {
  run services describe "$1" --format=json | python3 -c '
import json, sys
traffic = json.load(sys.stdin)["status"]["traffic"]
print(max(traffic, key=lambda each: each.get("percent", 0))["revisionName"])'
}

before_worker="$(serving daybreak-worker)"
before_api="$(serving daybreak-api)"

rollback() {
  echo "Rolling back: worker to $before_worker, api to $before_api" >&2
  run services update-traffic daybreak-worker --to-revisions="$before_worker=100"
  run services update-traffic daybreak-api --to-revisions="$before_api=100"
}
run jobs update daybreak-migrate --container=daybreak --image="$image"
run jobs execute daybreak-migrate --wait --container=daybreak --args="ledger,migrate,-e,$ENVIRONMENT"

trap 'code=$?; [ "$code" -eq 0 ] || rollback; exit "$code"' EXIT

for service in daybreak-worker daybreak-api; do
  run services update "$service" --no-traffic --tag=candidate --container=daybreak --image="$image"
done

if [ "${SKIP_SHADOW:-no}" != yes ]; then
  run jobs update daybreak-shadow --container=daybreak --image="$image"
  run jobs execute daybreak-shadow --wait --container=daybreak --args="shadow,-e,$ENVIRONMENT,--date,$dates"
fi

candidate() { run services describe "$1" --format='value(status.latestReadyRevisionName)'; }
failed_answers() {
  gcloud logging read --limit=1 --format='value(insertId)' --freshness="${soak}s" \
    "resource.type=cloud_run_revision AND resource.labels.revision_name=$1 AND httpRequest.status>=500"
}

new_worker="$(candidate daybreak-worker)"
new_api="$(candidate daybreak-api)"
for percent in 10 50 100; do
  run services update-traffic daybreak-worker --to-revisions="$new_worker=$percent$([ "$percent" = 100 ] || echo ",$before_worker=$((100 - percent))")"
  run services update-traffic daybreak-api --to-revisions="$new_api=$percent$([ "$percent" = 100 ] || echo ",$before_api=$((100 - percent))")"
  sleep "$soak"
  for revision in "$new_worker" "$new_api"; do
    if [ -n "$(failed_answers "$revision")" ]; then
      echo "$revision answered 5xx at $percent %" >&2
      exit 1
    fi
  done
done

# The watch has one instance, so no share of its minutes says anything: it takes the image last, and keeps the old one if it does not start.
run services update daybreak-notify --container=daybreak --image="$image"
for job in daybreak-backfill daybreak-shadow; do run jobs update "$job" --container=daybreak --image="$image"; done
echo "Released $image: $new_worker, $new_api"
