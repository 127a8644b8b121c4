"""config.json and the environment, read into frozen `Settings`: all faults at once.

What can be set, with types, defaults and bounds, is declared in bot/config_settings.py; how it
is read stands in bot/config_reading.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot.config_json import JsonObject, parse_json
from bot.config_reading import Reading, is_file
from bot.config_settings import (
    AiSummarySettings,
    ArxivSettings,
    DeliverySettings,
    DiscordSettings,
    EmbeddingsSettings,
    LogFormat,
    LogLevel,
    LogSettings,
    RetentionSettings,
    ScheduleSettings,
    ScoringSettings,
    Settings,
    SlackSettings,
    UploadMode,
    WebSettings,
    WhoManages,
)
from bot.config_values import Secret, shown
from bot.errors import UserError

__all__ = [
    "AiSummarySettings",
    "ArxivSettings",
    "DeliverySettings",
    "DiscordSettings",
    "EmbeddingsSettings",
    "LogFormat",
    "LogLevel",
    "LogSettings",
    "RetentionSettings",
    "ScheduleSettings",
    "ScoringSettings",
    "Secret",
    "Settings",
    "SlackSettings",
    "UploadMode",
    "WebSettings",
    "WhoManages",
    "load_settings",
]

_FILE_NAME = "config.json"


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings in `path`, with the environment's over them.

    Without `path`: ./config.json if it is there, else the one in PAPERCOURIER_HOME, else the
    defaults. Raises UserError whose text names every fault on a line of its own.
    """
    home = _home(environ)
    source = path if path is not None else _find_file(home)
    reading = Reading(source.name if source else _FILE_NAME, environ)
    document = _read_document(source) if source else JsonObject()
    read = reading.settings(document)
    folder = source.absolute().parent if source else home
    ai_summary = reading.ai_summary(read.ai_summary, folder=folder)
    settings = replace(
        read,
        home=home,
        database_url=reading.database_url(home),
        ai_summary=ai_summary,
        embeddings=reading.embeddings(read.embeddings, ai_summary),
        source=source,
        names_categories="categories" in document,
        notices=tuple(reading.notices),
    )
    if reading.faults:
        raise UserError("\n".join(reading.faults))
    return settings


def _home(environ: Mapping[str, str]) -> Path:
    """PAPERCOURIER_HOME, else where the XDG base directory specification puts data."""
    if chosen := environ.get("PAPERCOURIER_HOME", "").strip():
        return Path(chosen).absolute()
    data = environ.get("XDG_DATA_HOME", "").strip()
    # The specification tells readers to ignore a relative path.
    if data and Path(data).is_absolute():
        return Path(data) / "papercourier"
    try:
        user = Path(environ.get("HOME", "").strip() or Path.home())
    except RuntimeError as error:  # a container's user need not have an account
        raise UserError("There is no home directory: set PAPERCOURIER_HOME to a folder.") from error
    return user.absolute() / ".local" / "share" / "papercourier"


def _find_file(home: Path) -> Path | None:
    return next((p for p in (Path(_FILE_NAME), home / _FILE_NAME) if is_file(p)), None)


def _read_document(path: Path) -> JsonObject:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}: name another one with --config.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path.name} is not UTF-8 text: save it as UTF-8.") from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or "it is no file name"
        raise UserError(f"{path} cannot be read ({reason}): check its rights.") from error
    document = parse_json(text, name=path.name)
    if not isinstance(document, JsonObject):
        raise UserError(f"{path.name} must hold one object in braces, found {shown(document)}.")
    return document
