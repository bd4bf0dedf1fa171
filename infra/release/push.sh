#!/usr/bin/env bash
# Pushes what was built under the commit, and notes its digest: from here on nothing goes by a name that can move.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${IMAGE:?}" "${COMMIT_SHA:?}"

if [ -e .infra/built ]; then docker push "$IMAGE:$COMMIT_SHA"; fi
digests="$(docker inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$IMAGE:$COMMIT_SHA")"
digest="$(grep -E "^$IMAGE@sha256:[0-9a-f]{64}$" <<<"$digests" | head -1)" ||
  { echo "The registry gave no digest for $IMAGE:$COMMIT_SHA." >&2; exit 1; }
echo "$digest" | tee .infra/image
