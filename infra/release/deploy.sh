#!/usr/bin/env bash
# Gives the image that was pushed to the canary.
set -euo pipefail
cd "$(dirname "$0")/../.."

exec bash infra/release/canary.sh "$(cat .infra/image)"
