#!/usr/bin/env bash
# The same command as continuous integration, on the source that Cloud Build was given: a clone, or the files of a folder without .git,
# of which some checks ask git what belongs to the project.
set -euo pipefail
cd "$(dirname "$0")/../.."

git config --global --add safe.directory "$PWD"
[ -e .git ] || { git init --quiet && git add --all; }
exec bash .ci/run
