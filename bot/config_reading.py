"""One reading of config.json and the environment: values where they are good, else faults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bot.config_json import JsonObject
from bot.config_settings import (
    AiSummarySettings,
    ArxivSettings,
    EmbeddingsSettings,
    Setting,
    Settings,
    named_sections,
    named_settings,
)
from bot.config_values import Refused, Secret, shown, suggestion

T = TypeVar("T")

_DATABASE_FILE = "papercourier.db"
_DATABASE_SCHEMES = ("sqlite", "postgresql", "postgres")
_ARXIV_SPACING_SECONDS = 3.0  # info.arxiv.org/help/api/tou.html
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LARGEST_SECRET_BYTES = 10_000  # a mistaken NAME_FILE may point anywhere
_SECRET_KEY = re.compile(
    r"(?:^|_)(?:api_?key|key|token|secret|password|passwd|webhook(?:_url)?|database_url)s?$",
    re.IGNORECASE,
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


@dataclass(slots=True)
class Reading:
    """What was read, what is wrong with it, and what its owner should know."""

    name: str  # the file's, for messages
    environ: Mapping[str, str]
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def settings(self, document: JsonObject) -> Settings:
        """Everything that stands in `document` or has a variable of its own."""
        known = JsonObject(document)
        known.repeated = document.repeated
        known.pop("$schema", None)  # for editors
        for key in [key for key in known if key in SEED_KEYS]:
            del known[key]
            self.notices.append(f"{self.name}: “{key}” changes nothing: {SEED_KEYS[key]}.")
        if self.notices and "min_score" in known and "scoring" not in known:
            self.notices.append(
                f"{self.name}: “min_score” counts now, on the scale of the formula “terms”: "
                'for the old scores add "scoring": {"formula": "seed"}.'
            )
        settings = self._group(Settings, known, "")
        self._check_spacing(settings.arxiv)
        return settings

    def ai_summary(self, read: AiSummarySettings, *, folder: Path) -> AiSummarySettings:
        """`read` with the model's key, and with the prompt's file found in `folder`."""
        key = self._variable(read.api_key_env)
        prompt = folder / read.prompt_file if read.prompt_file else None
        if prompt is not None and not is_file(prompt):
            self.notices.append(
                f"{self.name}: ai_summary.prompt_file: there is no file "
                f"{shown(str(read.prompt_file))} beside it: the built-in prompt is used."
            )
            prompt = None
        return replace(read, prompt_file=prompt, api_key=Secret(key) if key else None)

    def embeddings(
        self, read: EmbeddingsSettings, ai_summary: AiSummarySettings
    ) -> EmbeddingsSettings:
        """`read` with its key; what it does not say is as in `ai_summary`."""
        name = read.api_key_env or ai_summary.api_key_env
        key = self._variable(name)
        return replace(
            read,
            base_url=read.base_url or ai_summary.base_url,
            api_key_env=name,
            api_key=Secret(key) if key else None,
        )

    def database_url(self, home: Path) -> Secret:
        """DATABASE_URL, else an SQLite file in `home`."""
        text = self._variable("DATABASE_URL")
        if text is None:
            return Secret(f"sqlite:///{home / _DATABASE_FILE}")
        if re.split(r"[:+]", text, maxsplit=1)[0].lower() not in _DATABASE_SCHEMES:
            self.faults.append(
                "DATABASE_URL: must begin with sqlite:/// or postgresql://: "
                "leave it unset for a file in PAPERCOURIER_HOME"
            )
        return Secret(text)

    def _group(self, cls: type[T], document: JsonObject, prefix: str) -> T:
        for key in document.repeated:
            self._fault(prefix, key, "stands there twice: remove one")
        items: tuple[Field[Any], ...] = fields(cls)  # type: ignore[arg-type]  # T is a dataclass
        readable = [item.name for item in items if _in_file(item)]
        for key in document:
            if key not in readable:
                self._unknown_key(key, document, prefix, readable)
        values: dict[str, Any] = {}
        for item in items:
            if "section" in item.metadata:
                values[item.name] = self._subgroup(item, document, prefix)
            elif "setting" in item.metadata:
                values[item.name] = self._value(item, document, prefix)
        return cls(**values)

    def _subgroup(self, item: Field[Any], document: JsonObject, prefix: str) -> Any:
        content = document.get(item.name, JsonObject()) if _in_file(item) else JsonObject()
        if not isinstance(content, JsonObject):
            self._fault(prefix, item.name, f"must be an object in braces, found {shown(content)}")
            content = JsonObject()
        return self._group(item.metadata["section"], content, f"{prefix}{item.name}.")

    def _value(self, item: Field[Any], document: JsonObject, prefix: str) -> Any:
        """The environment's value, else the file's, else the default."""
        row: Setting = item.metadata["setting"]
        value = item.default
        if row.in_file and item.name in document:
            try:
                value = row.kind.read(document[item.name])
            except Refused as refused:
                for where, why in refused.faults:
                    self._fault(prefix, item.name + where, why)
        text = self._variable(row.environment) if row.environment else None
        if text is not None:
            try:
                value = row.kind.read(row.kind.from_text(text))
            except Refused as refused:
                self.faults += [f"{row.environment}: {why}" for _, why in refused.faults]
        return value

    def _unknown_key(self, key: str, document: JsonObject, prefix: str, known: list[str]) -> None:
        group = f"{prefix[:-1]}: " if prefix else ""
        if _SECRET_KEY.search(key):
            name = _variable_for(key, document, prefix)
            why = (
                f"secrets do not belong here: put it into the environment variable {name} "
                f"(or into a file that {name}_FILE names)"
            )
            self.faults.append(f"{self.name}: {group}{shown(key)}: {why}")
            return
        hint = _belongs_elsewhere(key, prefix) or suggestion(key, known)
        self.faults.append(f"{self.name}: {group}unknown key {shown(key)}{hint}")

    def _fault(self, prefix: str, where: str, why: str) -> None:
        self.faults.append(f"{self.name}: {prefix}{where}: {why}")

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
            with Path(file_name).open("rb") as file:
                return file.read(_LARGEST_SECRET_BYTES).decode().strip() or None
        except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a null byte in the name
            reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
            self.faults.append(f"{name}_FILE: {shown(file_name)} cannot be read: {reason}")
            return None

    def _check_spacing(self, arxiv: ArxivSettings) -> None:
        """Only servers on this machine may be asked faster than arXiv allows."""
        addresses = (arxiv.feed_url, arxiv.api_url, arxiv.site_url)
        at_home = all(urlsplit(address).hostname in _LOOPBACK for address in addresses)
        if arxiv.request_spacing_seconds < _ARXIV_SPACING_SECONDS and not at_home:
            spacing = f"{arxiv.request_spacing_seconds:g}"
            why = f"{spacing} is less than 3, the least that arXiv allows"
            self._fault("arxiv.", "request_spacing_seconds", why)


def is_file(path: Path) -> bool:
    """Whether `path` is a file we can see; a name that no disk can hold is none."""
    try:
        return path.is_file()
    except OSError:  # too long, or in a folder we may not enter
        return False


def _in_file(item: Field[Any]) -> bool:
    """Whether config.json may hold this field; Slack's and Discord's groups it may not."""
    if "section" in item.metadata:
        return any(_in_file(inner) for inner in fields(item.metadata["section"]))
    return "setting" in item.metadata and item.metadata["setting"].in_file


def _belongs_elsewhere(key: str, prefix: str) -> str:
    """Where a known setting belongs that stands in the wrong place."""
    if prefix and any(key == item.name and _in_file(item) for item in fields(Settings)):
        return f": “{key}” belongs at the top level"
    for group, cls, _ in named_sections(Settings):
        for name, row, _ in named_settings(cls):
            if key == name and row.in_file and prefix != f"{group}.":
                return f": “{key}” belongs into “{group}”"
            if row.environment and key in (name, group) and f"{group}." in (f"{key}.", prefix):
                return f": set the environment variable {row.environment} instead"
    return ""


def _secret_variables() -> Iterator[str]:
    for _, cls, _ in named_sections(Settings):
        for _, row, _ in named_settings(cls):
            if row.environment and row.kind.is_secret:
                yield row.environment
    yield "DATABASE_URL"


def _variable_for(key: str, document: JsonObject, prefix: str) -> str:
    """The environment variable that a secret found in the file belongs into."""
    wanted = (key.upper(), f"{prefix.replace('.', '_')}{key}".upper())
    for name in _secret_variables():
        if name in wanted:
            return name
    named = document.get("api_key_env")
    return named if isinstance(named, str) and named.isidentifier() else "OPENAI_API_KEY"
