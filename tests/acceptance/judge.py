#!/usr/bin/env python3
"""Weighs one validator's results against the documented exceptions.

    judge.py classic|ng VERSION RESULTS.json

Exit status 1 where a test fails that exceptions.tsv does not list. An exception that passes is named.
"""
import json
import pathlib
import sys

validator, version, path = sys.argv[1:]


def exceptions():
    for line in (pathlib.Path(__file__).parent / "exceptions.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            of, at, test, _why = line.split("\t")
            if (of, at) == (validator, version):
                yield test


def results():
    """Each test's name and its first failure, or None."""
    if not pathlib.Path(path).exists():
        log = pathlib.Path(path + ".log").read_text().strip().splitlines()[-1:]
        sys.exit(f"{validator} {version}: the validator itself failed: {' '.join(log)}")
    found = json.loads(pathlib.Path(path).read_text())
    if validator == "classic":
        return {name: row["failure"] for name, row in found.items()}
    return {row["test"]: (row["failures"] or [None])[0] for row in found}


known = set(exceptions())
outcome = results()
failed = {test: failure for test, failure in outcome.items() if failure}
for test, failure in failed.items():
    print(f"{'known' if test in known else 'FAIL '} {test}: {json.dumps(failure)[:400]}")
for test in sorted(known - set(failed)):
    print(f"note  {test} is listed in exceptions.tsv and {'passes' if test in outcome else 'was not run'}")
unlisted = set(failed) - known
print(f"{validator} {version}: {len(outcome) - len(failed)} passed, {len(failed) - len(unlisted)} known exceptions, {len(unlisted)} failed")
sys.exit(bool(unlisted) or not outcome)
