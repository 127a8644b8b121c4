"""The command line run within the test's own process: as `papercourier`, but faster."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from bot.cli import main


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def papercourier(*words: str, home: Path, stdin: str = "", **environ: str) -> Ended:
    """Run one command with a home of its own and no other environment."""
    out, err = io.StringIO(), io.StringIO()
    with (
        _environment(home, environ),
        _standard_input(stdin),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main(list(words))
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return Ended(code, out.getvalue(), err.getvalue())


@contextmanager
def _environment(home: Path, environ: dict[str, str]) -> Iterator[None]:
    own = {"PATH": os.environ["PATH"], "HOME": str(home), "PAPERCOURIER_HOME": str(home)}
    with patch.dict(os.environ, {**own, **environ}, clear=True):
        yield


@contextmanager
def _standard_input(text: str) -> Iterator[None]:
    with patch("sys.stdin", io.StringIO(text)):
        yield
