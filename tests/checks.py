"""Checks that are no tests: what is generated or written twice must agree.

`python -m tests.checks` prints one line for each disagreement and exits with 1 if there is any.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from bot.command_page import command_page
from bot.config_table import json_schema, reference_page, settings_table

ROOT = Path(__file__).resolve().parents[1]
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)

_LINK = re.compile(r"\]\(([^)#\s]+)")


def main() -> int:
    """Print every disagreement; 1 when there is one."""
    faults = [
        *_generated_pages(),
        *_requirements(),
        *_migrations(),
        *_links(),
    ]
    for fault in faults:
        print(fault)  # noqa: T201 - this program's only output
    return 1 if faults else 0


def _generated_pages() -> Iterator[str]:
    """The pages made from the tables of settings and verbs."""
    pages = {
        "docs/reference/configuration.md": ("page", reference_page()),
        "docs/reference/config.schema.json": (
            "schema",
            json.dumps(json_schema(), indent=2, ensure_ascii=False),
        ),
    }
    for name, (what, wanted) in pages.items():
        if (ROOT / name).read_text(encoding="utf-8").strip() != wanted.strip():
            yield f"{name} is out of date: run `python -m bot.config_table {what} > {name}`."
    commands = "docs/reference/commands.md"
    if (ROOT / commands).read_text(encoding="utf-8") != command_page():
        yield f"{commands} is out of date: run `python -m bot.command_page > {commands}`."
    if settings_table().strip() not in (ROOT / "README.md").read_text(encoding="utf-8"):
        yield "README.md's table of settings is not what the settings say."


def _requirements() -> Iterator[str]:
    """requirements.txt pins what uv.lock pins."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {(each["name"], each.get("version")) for each in lock["package"]}
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for name, version in _PINNED.findall(text):
        if (name, version) not in locked:
            yield f"requirements.txt pins {name} {version}, uv.lock does not: run `make lock`."
    if len(set(_PINNED.findall(text))) < len(locked) - 1:  # all but the project itself
        yield "requirements.txt lacks packages of uv.lock: run `make lock`."


def _migrations() -> Iterator[str]:
    """The migrations make exactly the tables that the code declares."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/check.db"
        for words in (["upgrade", "head"], ["check"]):
            done = subprocess.run(
                [sys.executable, "-m", "alembic", *words],
                cwd=ROOT,
                env={"DATABASE_URL": url, "PATH": "/usr/bin:/bin"},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            if done.returncode:
                yield f"alembic {' '.join(words)}: {(done.stderr or done.stdout).strip()}"


def _links() -> Iterator[str]:
    """What the documentation points at within the repository is there."""
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)} points at {target}, which is not there."


if __name__ == "__main__":
    sys.exit(main())
