"""`make bench`: every figure of the design, measured here and now.

Each module named `bench_*` offers `measure()`, which gives rows of (what, measured, target,
holds); `holds` is None where there is nothing to hold.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

from rich.console import Console
from rich.table import Table

from tests import benchmarks


def main() -> int:
    """Print one table; 1 when a target does not hold."""
    wanted = sys.argv[1:]
    names = [each.name for each in pkgutil.iter_modules(benchmarks.__path__)]
    chosen = [
        name
        for name in names
        if name.startswith("bench_") and (not wanted or name.removeprefix("bench_") in wanted)
    ]
    console = Console(width=None if sys.stdout.isatty() else 160)
    failed = 0
    for name in chosen:
        rows = importlib.import_module(f"tests.benchmarks.{name}").measure()
        table = Table("what", "measured", "target", "", title=name.removeprefix("bench_"))
        for what, measured, target, holds in rows:
            table.add_row(what, measured, target, {True: "holds", False: "FAILS"}.get(holds, ""))
            failed += holds is False
        console.print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
