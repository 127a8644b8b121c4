"""A release as its users get it: built, installed alone, and put to work.

`python -m tests.release` builds sdist and wheel (the wheel from the sdist, as indexes do), installs
the wheel with pip into a new environment, runs the demo from another folder, and looks that what
the wheel needs besides Python is in it. Ends with 0 when all of that worked.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
_STEP_SECONDS = 900.0
_CARRIED = (
    "adapters/arxiv/sample_day/sample-1.xml",
    "adapters/llm/prompts/summary.md",
    "migrations/script.py.mako",
    "migrations/versions/0001_the_first_tables.py",
)


def main() -> None:
    """Build, install, run."""
    with tempfile.TemporaryDirectory(prefix="papercourier-release-") as folder:
        work = Path(folder)
        wheel = _built(work)
        names = set(zipfile.ZipFile(wheel).namelist())
        if missing := [each for each in _CARRIED if each not in names]:
            raise SystemExit(f"{wheel.name} lacks {', '.join(missing)}")
        if stray := [each for each in names if each.startswith(("tests/", "docs/"))]:
            raise SystemExit(f"{wheel.name} carries {stray[0]}, which is not for users")
        shown = _demo(work, wheel)
        if "arXiv digest" not in shown:
            raise SystemExit(f"the installed demo shows no digest:\n{shown}")
        print(f"{wheel.name}: built, installed, and its demo shows a digest")  # noqa: T201 - a program's output


def _built(work: Path) -> Path:
    builder = _environment(work / "builder")
    _run(builder, "-m", "pip", "install", "--quiet", "build")
    _run(builder, "-m", "build", "--outdir", str(work / "dist"), str(ROOT))
    [wheel] = (work / "dist").glob("*.whl")
    return wheel


def _demo(work: Path, wheel: Path) -> str:
    user = _environment(work / "user")
    _run(user, "-m", "pip", "install", "--quiet", str(wheel))
    elsewhere = work / "elsewhere"
    elsewhere.mkdir()
    ended = subprocess.run(
        (user.parent / "papercourier", "demo"),
        cwd=elsewhere,
        env={"PATH": os.environ["PATH"], "HOME": str(elsewhere)},
        check=True,
        capture_output=True,
        text=True,
        timeout=_STEP_SECONDS,
    )
    return ended.stdout


def _environment(folder: Path) -> Path:
    """A new environment's Python."""
    subprocess.run((sys.executable, "-m", "venv", folder), check=True)
    return folder / "bin" / "python"


def _run(python: Path, *words: str) -> None:
    subprocess.run((python, *words), check=True, timeout=_STEP_SECONDS, cwd=python.parent)


if __name__ == "__main__":
    main()
