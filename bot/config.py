"""config.json and the environment, read into frozen `Settings`: all faults at once.

What can be set, with types, defaults and bounds, is declared in bot/config_settings.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bot.config_json import JsonObject, parse_json
from bot.config_kinds import Refused, Secret, shown, suggestion
from bot.config_settings import (
    AiSummarySettings,
    ArxivSettings,
    DeliverySettings,
    DiscordSettings,
    LogFormat,
    LogLevel,
    LogSettings,
    RetentionSettings,
    ScheduleSettings,
    ScoringSettings,
    Setting,
    Settings,
    SlackSettings,
    UploadMode,
    WebSettings,
    WhoManages,
)
from bot.errors import UserError

__all__ = [
    "AiSummarySettings",
    "ArxivSettings",
    "DeliverySettings",
    "DiscordSettings",
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

T = TypeVar("T")

_FILE_NAME = "config.json"
_DATABASE_FILE = "papercourier.db"
_DATABASE_SCHEMES = ("sqlite", "postgresql", "postgres")
_ARXIV_SPACING_SECONDS = 3.0  # info.arxiv.org/help/api/tou.html
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SECRET_KEY = re.compile(
    r"(?:api_?key|token|secret|password|passwd|webhook(?:_url)?|database_url)s?$", re.IGNORECASE
)

_MERGED = "papers that stand in several feeds are always merged by arXiv ID"
_WEIGHTS = "write a weight at its keyword (“LLM^2”)"

SEED_KEYS: Mapping[str, str] = {
    # Carried by the seed's config.json and never read by it.
    "enable_deduplication": _MERGED,
    "deduplication_methods": _MERGED,
    "fetch_ratings": "no ratings are fetched",
    "display_limit": "“max_papers” says how many papers are shown",
    # Documented by the seed and never there.
    "advanced_filters": "use “keywords”, “exclude_keywords” and “authors”",
    "keyword_weights": _WEIGHTS,
    "weights": _WEIGHTS,
    "custom_rules": "write a regular expression among the keywords (“/mixture of \\w+/”)",
}
"""Top-level keys that are accepted with a notice: what holds instead."""


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings in `path`, with the environment's over them.

    Without `path`: ./config.json if it is there, else the one in PAPERCOURIER_HOME, else the
    defaults. Raises UserError whose text names every fault on a line of its own.
    """
    reader = _Reader(environ)
    home = _home(environ)
    source = path if path is not None else _find_file(home)
    document = JsonObject() if source is None else _read_document(source)
    reader.name = _FILE_NAME if source is None else source.name
    settings = reader.settings(document)
    settings = replace(
        settings,
        home=home,
        source=source,
        notices=tuple(reader.notices),
        database_url=reader.database_url(home),
        ai_summary=reader.ai_summary(settings.ai_summary, source),
    )
    reader.check_spacing(settings.arxiv)
    if reader.faults:
        raise UserError("\n".join(reader.faults))
    return settings


def named_settings(cls: type[Any]) -> Iterator[tuple[str, Setting, Any]]:
    """Each setting of a group of settings: its name, what is known of it, its default."""
    for item in fields(cls):
        if "setting" in item.metadata:
            yield item.name, item.metadata["setting"], item.default


def named_sections(cls: type[Any]) -> Iterator[tuple[str, type[Any], str]]:
    """Each group of settings within a group: its name, its class, what it is for."""
    for item in fields(cls):
        if "section" in item.metadata:
            yield item.name, item.metadata["section"], item.metadata["about"]


def _home(environ: Mapping[str, str]) -> Path:
    """PAPERCOURIER_HOME, else where the XDG base directory specification puts data."""
    if chosen := environ.get("PAPERCOURIER_HOME", "").strip():
        return Path(chosen).expanduser().absolute()
    data = environ.get("XDG_DATA_HOME", "").strip()
    # The specification tells readers to ignore a relative path.
    if data and Path(data).is_absolute():
        return Path(data) / "papercourier"
    user = environ.get("HOME", "").strip()
    return (Path(user) if user else Path.home()) / ".local" / "share" / "papercourier"


def _find_file(home: Path) -> Path | None:
    return next((p for p in (Path(_FILE_NAME), home / _FILE_NAME) if p.is_file()), None)


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


@dataclass(slots=True)
class _Reader:
    """One reading of the configuration: what it found wrong, and what it wants said."""

    environ: Mapping[str, str]
    name: str = _FILE_NAME
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def settings(self, document: JsonObject) -> Settings:
        """Everything that stands in the file or in a variable of its own."""
        known = JsonObject(document)
        known.repeated = document.repeated
        known.pop("$schema", None)  # for editors
        for key in [key for key in known if key in SEED_KEYS]:
            del known[key]
            self.notices.append(f"{self.name}: “{key}” changes nothing: {SEED_KEYS[key]}.")
        return self._section(Settings, known, "")

    def _section(self, cls: type[T], document: JsonObject, prefix: str) -> T:
        for key in document.repeated:
            self._fault(prefix + key, "stands there twice: remove one")
        named = {item.name: item for item in fields(cls)}  # type: ignore[arg-type]
        readable = [name for name, item in named.items() if _in_file(item)]
        for key in document:
            if key not in readable:
                self._unknown_key(key, document, prefix, readable)
        values: dict[str, Any] = {}
        for name, item in named.items():
            if "section" in item.metadata:
                values[name] = self._subsection(item, document, prefix)
            elif "setting" in item.metadata:
                values[name] = self._value(item, document, prefix)
        return cls(**values)

    def _subsection(self, item: Field[Any], document: JsonObject, prefix: str) -> Any:
        content = document.get(item.name) if _in_file(item) else None
        if item.name in document and not isinstance(content, JsonObject):
            wanted = "must be an object in braces"
            self._fault(prefix + item.name, f"{wanted}, found {shown(document[item.name])}")
            content = None
        return self._section(
            item.metadata["section"], content or JsonObject(), f"{prefix}{item.name}."
        )

    def _value(self, item: Field[Any], document: JsonObject, prefix: str) -> Any:
        """The environment's value, else the file's, else the default."""
        row: Setting = item.metadata["setting"]
        value = item.default
        if row.in_file and item.name in document:
            try:
                value = row.kind.read(document[item.name])
            except Refused as refused:
                for where, why in refused.faults:
                    self._fault(f"{prefix}{item.name}{where}", why)
        text = self._variable(row.environment) if row.environment else None
        if row.environment and text is not None:
            try:
                value = row.kind.read(row.kind.from_text(text))
            except Refused as refused:
                self.faults += [f"{row.environment}: {why}" for _, why in refused.faults]
        return value

    def _unknown_key(self, key: str, document: JsonObject, prefix: str, known: list[str]) -> None:
        if _SECRET_KEY.search(key):
            variable = _variable_for(key, document, prefix)
            self._fault(
                prefix + shown(key),
                f"secrets do not belong in {self.name}: put it into the environment variable "
                f"{variable} (or a file that {variable}_FILE names) and remove it here",
            )
            return
        hint = suggestion(key, known) or _moved(key, prefix)
        self.faults.append(
            f"{self.name}: {prefix and prefix[:-1] + ': '}unknown key {shown(key)}{hint}"
        )

    def _fault(self, where: str, why: str) -> None:
        self.faults.append(f"{self.name}: {where}: {why}")

    def _variable(self, name: str) -> str | None:
        """The variable's text, or its file's; None where it is unset or empty."""
        value = self.environ.get(name, "").strip()
        file_name = self.environ.get(f"{name}_FILE", "").strip()
        if value and file_name:
            self.faults.append(f"{name}: {name}_FILE is set as well: unset one of them")
            return None
        if not file_name:
            return value or None
        try:
            return Path(file_name).read_text(encoding="utf-8").strip() or None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
            self.faults.append(f"{name}_FILE: {shown(file_name)} cannot be read: {reason}")
            return None

    def database_url(self, home: Path) -> Secret:
        """DATABASE_URL, else an SQLite file at home."""
        text = self._variable("DATABASE_URL")
        if text is None:
            return Secret(f"sqlite+aiosqlite:///{home / _DATABASE_FILE}")
        if text.split(":", 1)[0].split("+", 1)[0].lower() not in _DATABASE_SCHEMES:
            self.faults.append(
                "DATABASE_URL: must begin with sqlite:/// or postgresql://; "
                "leave it unset for a file in PAPERCOURIER_HOME"
            )
        return Secret(text)

    def ai_summary(self, read: AiSummarySettings, source: Path | None) -> AiSummarySettings:
        """`read` with the model's key, and the prompt's place made whole."""
        key = self._variable(read.api_key_env)
        prompt = read.prompt_file
        if prompt is not None and source is not None:
            prompt = source.absolute().parent / prompt
        if prompt is not None and not prompt.is_file():
            self.notices.append(
                f"{self.name}: ai_summary.prompt_file: there is no file "
                f"{shown(str(read.prompt_file))} beside it: the built-in prompt is used."
            )
            prompt = None
        return replace(read, prompt_file=prompt, api_key=Secret(key) if key else None)

    def check_spacing(self, arxiv: ArxivSettings) -> None:
        """Only a server on this machine may be asked faster than arXiv allows."""
        addresses = (arxiv.feed_url, arxiv.api_url, arxiv.site_url)
        at_home = all(urlsplit(address).hostname in _LOOPBACK for address in addresses)
        if arxiv.request_spacing_seconds < _ARXIV_SPACING_SECONDS and not at_home:
            self._fault(
                "arxiv.request_spacing_seconds",
                f"{arxiv.request_spacing_seconds:g} is less than 3, the least that arXiv allows",
            )


def _in_file(item: Field[Any]) -> bool:
    """Whether config.json may hold this field; Slack's and Discord's sections it may not."""
    if "section" in item.metadata:
        return any(_in_file(inner) for inner in fields(item.metadata["section"]))
    return "setting" in item.metadata and item.metadata["setting"].in_file


def _moved(key: str, prefix: str) -> str:
    """Where a key belongs that stands in the wrong group."""
    if prefix:
        at_top = [item.name for item in fields(Settings) if _in_file(item)]
        if key in at_top:
            return f": “{key}” belongs at the top level"
    for name, section, _ in named_sections(Settings):
        if any(key == item.name and _in_file(item) for item in fields(section)):
            return f": “{key}” belongs into “{name}”"
    return ""


def _variable_for(key: str, document: JsonObject, prefix: str) -> str:
    """The environment variable that a secret in the file belongs into."""
    variables = [
        row.environment
        for _, section, _ in named_sections(Settings)
        for _, row, _ in named_settings(section)
        if row.environment and row.kind.is_secret
    ]
    wanted = (prefix.replace(".", "_") + key).upper()
    for name in (*variables, "DATABASE_URL"):
        if name in (wanted, key.upper()):
            return name
    named = document.get("api_key_env")
    return named if isinstance(named, str) and named.isidentifier() else "OPENAI_API_KEY"
