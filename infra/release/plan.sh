#!/usr/bin/env bash
# Plans all stacks of an environment, or those that are named (`--stack NAME`), with what its variables are now. The image is the one
# that serves; tokens of notification channels are not compared, so any text stands for them.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${ENVIRONMENT:?}" "${PROJECT:?}" "${REGION:?}"

TF_VAR_image="${TF_VAR_image:-$(gcloud run services describe daybreak-worker --project="$PROJECT" --region="$REGION" \
  --format='value(spec.template.spec.containers[0].image)')}"
export TF_VAR_image TF_VAR_slack_token="${TF_VAR_slack_token:-unchanged}" TF_VAR_pagerduty_key="${TF_VAR_pagerduty_key:-unchanged}"
exec npm run infra:plan -- --env "$ENVIRONMENT" "$@"
