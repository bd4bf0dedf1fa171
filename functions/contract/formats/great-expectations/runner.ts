/** The Python program that runs a checkpoint with tolerances from a file and from the environment. */
export const RUNNER = `"""Runs a checkpoint: python run.py before_load, or python run.py after_load. Streams after it: these alone.

The share of values that must meet an expectation is that of tolerances.json. DAYBREAK_MOSTLY_<NAME> of the environment
takes its place for one, and DAYBREAK_MOSTLY for all others. Exit code 1 when the checkpoint fails.
"""

import json
import os
import sys
from pathlib import Path

import great_expectations as gx


def tolerances() -> dict[str, float]:
    stored = json.loads(Path("tolerances.json").read_text(encoding="utf-8"))
    everywhere = os.environ.get("DAYBREAK_MOSTLY")
    return {
        name: float(os.environ.get(f"DAYBREAK_MOSTLY_{name.upper()}", everywhere or share))
        for name, share in stored.items()
    }


def main() -> int:
    os.chdir(Path(__file__).parent)
    name = sys.argv[1] if len(sys.argv) > 1 else "before_load"
    checkpoint = gx.get_context(mode="file", project_root_dir=".").checkpoints.get(name)
    only = sys.argv[2:]
    if only:
        chosen = [each for each in checkpoint.validation_definitions if each.asset.name in only]
        results = [each.run(expectation_parameters=tolerances()) for each in chosen]
    else:
        results = list(checkpoint.run(expectation_parameters=tolerances()).run_results.values())
    for validation in results:
        for expectation in validation.results:
            if not expectation.success:
                meta = expectation.expectation_config.meta
                print(f"failed {meta['promise']} ({meta['effect']})")
    passed = len(results) > 0 and all(validation.success for validation in results)
    print("passed" if passed else "failed")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
`
