"""Runs the rows that were named, or all, and prints a table."""
import os
import sys
import time

import rig
import rows
import rows_words

ALL = {**rows.ROWS, **rows_words.ROWS}


def usage():
    print("[TEGL=BINARY] [SCALE=1] benches/attack.sh [ROW…]\n\nWithout a row all are run. SCALE makes crowds smaller.\n")
    for name, row in ALL.items():
        print(f"  {name:<12}{row.__doc__.strip().splitlines()[0]}")


def main():
    names = sys.argv[1:] or list(ALL)
    if {"--help", "-h"} & set(names):
        return usage()
    unknown = [name for name in names if name not in ALL]
    if unknown:
        sys.exit(f"there is no row {', '.join(unknown)}; there are {', '.join(ALL)}")
    if not os.access(rig.TEGL, os.X_OK):
        sys.exit(f"{rig.TEGL} cannot be run; name a binary with TEGL=…")
    os.makedirs(rig.WORK, exist_ok=True)
    print("| attack | measured | goal | met |\n|---|---|---|---|", flush=True)
    missed = 0
    for name in names:
        rig.say(f"{time.strftime('%H:%M:%S')} {name}")
        for what, measured, goal, met in ALL[name]():
            missed += met is False
            print(f"| {name}: {what} | {measured} | {goal} | {'yes' if met else 'skipped' if met is None else '**no**'} |", flush=True)
        rig.stop_all()
    sys.exit(1 if missed else 0)


main()
