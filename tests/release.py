"""A release as its users get it: built, installed alone, and put to work.

`python -m tests.release` builds sdist and wheel (the wheel from the sdist, as indexes do), installs
the wheel with pip into a new environment, runs the demo and publishes a day from another folder,
and looks that what the wheel needs besides Python is in it. Ends with 0 when all of that worked.
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
_CARRIED_DAY = "adapters/arxiv/sample_day/sample-1.xml"
_CARRIED = (
    *(
        path.relative_to(ROOT).as_posix()
        for folder in ("adapters/web/templates", "adapters/web/assets")
        for path in sorted((ROOT / folder).iterdir())
    ),
    _CARRIED_DAY,
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
        command = _installed(work, wheel)
        shown = _output(command, "demo", home=work)
        if "arXiv digest" not in shown:
            raise SystemExit(f"the installed demo shows no digest:\n{shown}")
        _output(command, "publish", "site", "--feed", str(ROOT / _CARRIED_DAY), home=work)
        _look_at(work / "elsewhere" / "site")
        print(f"{wheel.name}: built, installed; its demo shows a digest, its pages are whole")  # noqa: T201 - a program's output


def _built(work: Path) -> Path:
    builder = _environment(work / "builder")
    _run(builder, "-m", "pip", "install", "--quiet", "build")
    _run(builder, "-m", "build", "--outdir", str(work / "dist"), str(ROOT))
    [wheel] = (work / "dist").glob("*.whl")
    return wheel


def _installed(work: Path, wheel: Path) -> Path:
    """The command, in an environment that holds nothing else."""
    user = _environment(work / "user")
    _run(user, "-m", "pip", "install", "--quiet", str(wheel))
    (work / "elsewhere").mkdir()
    return user.parent / "papercourier"


def _output(command: Path, *words: str, home: Path) -> str:
    elsewhere = home / "elsewhere"
    ended = subprocess.run(
        (command, *words),
        cwd=elsewhere,
        env={"PATH": os.environ["PATH"], "HOME": str(elsewhere)},
        check=True,
        capture_output=True,
        text=True,
        timeout=_STEP_SECONDS,
    )
    return ended.stdout


def _look_at(site: Path) -> None:
    """Refuse a published folder that lacks a page or an asset."""
    wanted = ["README.md", "index.html", "search.html", "trends.html", "rss.xml", "atom.xml"]
    wanted += [f"assets/{path.name}" for path in (ROOT / "adapters/web/assets").iterdir()]
    if missing := [name for name in wanted if not (site / name).is_file()]:
        raise SystemExit(f"the installed command published no {', '.join(missing)}")
    if not list(site.glob("papers/*.html")):
        raise SystemExit("the installed command published no paper")


def _environment(folder: Path) -> Path:
    """A new environment's Python."""
    subprocess.run((sys.executable, "-m", "venv", folder), check=True)
    return folder / "bin" / "python"


def _run(python: Path, *words: str) -> None:
    subprocess.run((python, *words), check=True, timeout=_STEP_SECONDS, cwd=python.parent)


if __name__ == "__main__":
    main()
