"""The environment: the process's variables, over those in `.env` files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from bot.config_reading import is_file
from bot.errors import UserError

ENV_FILE = ".env"


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ`, and what it does not set from ./.env, then from the one in PAPERCOURIER_HOME.

    Raises UserError for a file that cannot be read.
    """
    here = variables_in(Path(ENV_FILE))
    home = environ.get("PAPERCOURIER_HOME") or here.get("PAPERCOURIER_HOME")
    there = variables_in(Path(home) / ENV_FILE) if home else {}
    return {**there, **here, **environ}


def variables_in(path: Path) -> dict[str, str]:
    """What a `.env` file sets; nothing where there is none. Raises UserError."""
    if not is_file(path):
        return {}
    try:
        # A password with a dollar sign is no reference to another variable.
        found = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read: check its rights, and save it as UTF-8 text."
        ) from error
    return {name: value for name, value in found.items() if value is not None}
