#!/usr/bin/env bash
# Writes the digests that the Dockerfile's two tags have now behind them. Needs Docker with buildx; run it with every update of the
# base and commit what changes. The base is signed by Google's distroless project: where cosign is there, it is asked.
set -euo pipefail
cd "$(dirname "$0")/../.."

for name in BUILD_IMAGE BASE_IMAGE; do
  tag="$(sed -n "s/^ARG $name=\([^@]*\).*/\1/p" Dockerfile)"
  digest="$(docker buildx imagetools inspect "$tag" --format '{{.Manifest.Digest}}')"
  [[ "$digest" =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "$tag has no digest: $digest" >&2; exit 1; }
  case "$tag" in
    gcr.io/distroless/*)
      if command -v cosign >/dev/null; then
        cosign verify "$tag@$digest" --certificate-oidc-issuer https://accounts.google.com \
          --certificate-identity keyless@distroless.iam.gserviceaccount.com >/dev/null
      fi
      ;;
  esac
  sed -i "s#^ARG $name=.*#ARG $name=$tag@$digest#" Dockerfile
  echo "$name=$tag@$digest"
done
