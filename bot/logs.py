"""Log lines for people or for machines, without secrets. Standard library only.

An event is a name and its fields: `log.info("feed.read", extra={"items": 725})`. A secret is
struck out of every text: the message, a traceback, a field however deep, and in whatever way it
may be quoted.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final, TextIO
from urllib.parse import quote, unquote, urlsplit

STRUCK_OUT: Final = "***"
SHORTEST_SECRET: Final = 4  # striking out a shorter text would make the log unreadable

# What looks like a token, whoever's: Slack's, Discord's, GitHub's and model providers' keys,
# webhook and interaction addresses, passwords in addresses, authorisation headers. Each
# expression runs in linear time.
_TOKEN_SHAPED: Final = re.compile(
    r"""
    \b(?:xox[a-z](?:\.[a-z]+)?-|xapp-|sk-|gh[a-z]_|github_pat_|AIza)[A-Za-z0-9_\-]{8,}
  | \b[A-Za-z0-9_\-]{23,28}\.[A-Za-z0-9_\-]{6,7}\.[A-Za-z0-9_\-]{27,}
  | (?<=hooks\.slack\.com/)[A-Za-z0-9_/\-]{8,}
  | (?<=/webhooks/)[0-9]+/[A-Za-z0-9_\-]{20,}
  | (?<=/interactions/)[0-9]+/[A-Za-z0-9_\-]{20,}
  | (?<=://)[^\s/@:"']{0,256}:[^\s/@"']{1,256}(?=@)
  | (?i:\b(?:bearer|bot)\s+)[A-Za-z0-9._~+/\-]{16,}=*
    """,
    re.VERBOSE,
)
# What every record has; all else in it are an event's fields.
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# They tell us in many words what we tell in one.
_TALKATIVE: Final = (
    "aiohttp.access",
    "aiosqlite",
    "alembic",
    "apscheduler",
    "arxiv",
    "asyncio",
    "discord",
    "httpcore",
    "httpx",
    "openai",
    "PIL",
    "slack_bolt",
    "slack_sdk",
    "sqlalchemy",
    "urllib3",
)


class Redactor:
    """Strikes known secrets, and whatever is shaped like a token, out of texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        written = {form for secret in secrets for form in _forms(secret)}
        self._secrets = sorted(form for form in written if len(form) >= SHORTEST_SECRET)

    def text(self, text: str) -> str:
        """`text` with every secret struck out."""
        return _TOKEN_SHAPED.sub(STRUCK_OUT, self._without_known(text))

    def value(self, value: object) -> Any:
        """A field's value as JSON can hold it, with every secret struck out."""
        match value:
            case None | bool():
                return value
            case int() | float():
                told = str(value)  # digits may be a secret too, and JSON has no infinity
                is_plain = math.isfinite(value) and self.text(told) == told
                return value if is_plain else self.text(told)
            case Mapping():
                return {self.text(str(key)): self.value(each) for key, each in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(each) for each in value]
            case datetime():
                return value.isoformat()
            case _:
                return self.text(str(value))

    def _without_known(self, text: str) -> str:
        """Secrets may overlap in a text: what any of them covers goes."""
        spans = sorted(span for secret in self._secrets for span in _places(secret, text))
        kept, end = [], 0
        for start, stop in spans:
            if start >= end:
                kept += [text[end:start], STRUCK_OUT]
            end = max(end, stop)
        return "".join([*kept, text[end:]]) if spans else text


def _places(secret: str, text: str) -> Iterable[tuple[int, int]]:
    start = text.find(secret)
    while start >= 0:
        yield start, start + len(secret)
        start = text.find(secret, start + 1)


def _forms(secret: str) -> Iterable[str]:
    """A secret as it may stand in a line: itself, in an address, quoted by Python or JSON."""
    yield secret
    yield quote(secret, safe="")
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]


class TextFormatter(logging.Formatter):
    """`2026-01-21T06:00:00.123Z INFO feed.checked outcome=new items=725`, for people."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, its traceback below it."""
        told = self._redactor.text(record.getMessage())
        fields = " ".join(
            f"{name}={_quoted(self._redactor.value(value))}"
            for name, value in _fields(record).items()
        )
        name = "" if record.name.startswith(("bot.", "adapters.")) else f" [{record.name}]"
        line = f"{_moment(record)} {record.levelname:<7}{name} {told} {fields}".rstrip()
        below = "".join(f"\n{each}" for each in _trace(self, record))
        return self._redactor.text(line + below)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for machines: at, level, logger, event, the event's fields."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record's line; a traceback is its field `trace`."""
        told = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        # An event's field does not replace what every line has.
        own = {f"{name}_" if name in told else name: v for name, v in _fields(record).items()}
        trace = {"trace": "\n".join(lines)} if (lines := _trace(self, record)) else {}
        line = self._redactor.value({**told, **own, **trace})
        return json.dumps(line, ensure_ascii=False)


def configure_logging(
    *, shape: str, level: str, secrets: Iterable[str], stream: TextIO | None = None
) -> None:
    """Send every log line to `stream` (stderr), in the shape "text" or "json"."""
    redactor = Redactor(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(redactor) if shape == "json" else TextFormatter(redactor))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    least = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(least)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(
            logging.INFO if least <= logging.DEBUG else max(least, logging.WARNING)
        )
    logging.captureWarnings(capture=True)


def secrets_in(settings: object) -> frozenset[str]:
    """Every secret of a settings dataclass: what can be revealed, and addresses' passwords.

    Of a secret address (`postgresql://user:password@host/name`) only the password is secret; the
    rest may be told.
    """
    found: set[str] = set()
    for value in _values(settings):
        if hasattr(value, "reveal"):
            text = value.reveal()
            found.update(_passwords(text) if "://" in text else [text])
        elif isinstance(value, str) and "://" in value:
            found.update(_passwords(value))
    return frozenset(found)


def without_password(address: str) -> str:
    """A database's or server's address as it may be told."""
    return Redactor(_passwords(address)).text(address)


def _passwords(address: str) -> list[str]:
    try:
        password = urlsplit(address).password
    except ValueError:
        return [address]
    return [password, unquote(password)] if password else []


def _values(settings: object) -> Iterable[Any]:
    if is_dataclass(settings):
        for field in fields(settings):
            yield from _values(getattr(settings, field.name))
    else:
        yield settings


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}


def _moment(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    lines = []
    if record.exc_info and record.exc_info[0] is not None:
        lines.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        lines.append(formatter.formatStack(record.stack_info))
    return lines


def _quoted(value: Any) -> str:
    """A field's value on one line; quoted where it would not read as one word."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    is_word = text and not any(each.isspace() or each in '"=' for each in text)
    return text if is_word and text.isprintable() else json.dumps(text, ensure_ascii=False)
