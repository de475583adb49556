"""`python -m bench [NAME…]`: measures, prints a table, and writes var/bench/NAME.json.

Exit status 1 when a goal is missed, so that a build can stop on it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bench import append, grants, imports, pull, reuse, scan, search
from bench.figures import Figure, save, table

BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "pull": pull.measure,
    "grants": grants.measure,
    "append": append.measure,
    "scan": scan.measure,
    "search": search.measure,
    "reuse": reuse.measure,
    "imports": imports.measure,
}
FOLDER = Path(__file__).resolve().parent.parent / "var" / "bench"


def main(names: list[str]) -> int:
    """Run the named benches, or all."""
    unknown = set(names) - set(BENCHES)
    if unknown:
        print(
            f"No such bench: {', '.join(sorted(unknown))}. There are: {', '.join(BENCHES)}.", file=sys.stderr
        )
        return 2
    everything: list[Figure] = []
    for name in names or BENCHES:
        print(f"Measuring {name} ...", file=sys.stderr)
        figures = BENCHES[name]()
        save(FOLDER, name, figures)
        everything += figures
    print(table(everything))
    return 0 if all(figure.holds for figure in everything) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
