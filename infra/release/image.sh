#!/usr/bin/env bash
# Builds the image of a commit, unless the registry has it from an earlier build: a commit has one image, however often it is retried.
# What others and we have in production is named by digest; what is not yet is refused, but for dev.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${IMAGE:?}" "${COMMIT_SHA:?}" "${ENVIRONMENT:?}"

loose="$(sed -n 's/^ARG \(BUILD\|BASE\)_IMAGE=//p' Dockerfile | grep -Ev '@sha256:[0-9a-f]{64}$' || true)"
if [ -n "$loose" ]; then
  echo "The Dockerfile stands on tags, which others can move: $loose. Run infra/image/pin.sh and commit." >&2
  [ "$ENVIRONMENT" = dev ] || exit 1
fi

mkdir -p .infra
rm -f .infra/built
if docker pull --quiet "$IMAGE:$COMMIT_SHA"; then
  echo "The registry has this commit already."
  exit 0
fi
docker build --pull --build-arg "COMMIT_SHA=$COMMIT_SHA" --tag "$IMAGE:$COMMIT_SHA" .
touch .infra/built
