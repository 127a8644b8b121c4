"""The settings described: a Markdown table, the reference page, the JSON schema.

`python -m bot.config_table table|page|schema` prints one of them; the last two are kept in
docs/reference.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bot.config_reading import SEED_KEYS
from bot.config_settings import Setting, Settings, named_sections, named_settings

_ENVIRONMENT_ALONE = MappingProxyType(
    {
        "PAPERCOURIER_HOME": (
            "Folder of the database, and of a config.json where the current folder has none.",
            "`~/.local/share/papercourier`",
        ),
        "DATABASE_URL": ("SQLite or PostgreSQL.", "`papercourier.db` in `PAPERCOURIER_HOME`"),
        "named by `ai_summary.api_key_env`": ("The model's key.", "none"),
    }
)
_NOT_GIVEN = "none"


@dataclass(frozen=True, slots=True)
class _Row:
    name: str  # dotted
    setting: Setting
    default: Any

    @property
    def shown_default(self) -> str:
        if self.default is None:
            return _NOT_GIVEN
        return f"`{json.dumps(self.setting.kind.write(self.default), ensure_ascii=False)}`"


def settings_table() -> str:
    """Every setting in Markdown: one table for config.json, one for the environment."""
    rows = tuple(_rows(Settings, ""))
    in_file = [
        (f"`{row.name}`", row.setting.kind.name, row.shown_default, _about(row.setting))
        for row in rows
        if row.setting.in_file
    ]
    variables = [(_code(name), *texts) for name, texts in _ENVIRONMENT_ALONE.items()]
    variables += [
        (f"`{row.setting.environment}`", row.setting.about, row.shown_default)
        for row in rows
        if not row.setting.in_file
    ]
    return "\n\n".join(
        (
            _table(("In config.json", "Value", "Default", "What it is for"), in_file),
            _table(("In the environment", "What it is for", "Default"), variables),
        )
    )


def reference_page() -> str:
    """docs/reference/configuration.md."""
    seed_keys = "\n".join(f"- `{key}`: {instead}." for key, instead in SEED_KEYS.items())
    return _PAGE.format(table=settings_table(), seed_keys=seed_keys)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of config.json, for editors."""
    schema = _group_schema(Settings)
    schema["properties"] = {
        "$schema": {"type": "string"},
        **schema["properties"],
        **{key: {"deprecated": True, "description": text} for key, text in SEED_KEYS.items()},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Papercourier's config.json",
        **schema,
    }


def _group_schema(cls: type[Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, row, default in named_settings(cls):
        if row.in_file:
            properties[name] = {**row.kind.schema, "description": row.about}
            if default is not None:
                properties[name]["default"] = row.kind.write(default)
    for name, group, about in named_sections(cls):
        inner = _group_schema(group)
        if inner["properties"]:
            properties[name] = {"description": about, **inner}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _rows(cls: type[Any], prefix: str) -> Iterator[_Row]:
    for name, row, default in named_settings(cls):
        yield _Row(prefix + name, row, default)
    for name, group, _ in named_sections(cls):
        yield from _rows(group, f"{prefix}{name}.")


def _about(setting: Setting) -> str:
    if setting.environment is None:
        return setting.about
    return f"{setting.about} `{setting.environment}` goes before it."


def _code(name: str) -> str:
    return name if " " in name else f"`{name}`"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = (head, tuple("---" for _ in head), *rows)
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


_PAGE = """\
# Configuration

This page is made from the code: `python -m bot.config_table page`.

Settings stand in `config.json`. It is looked for in the current folder, then in
`PAPERCOURIER_HOME`; `--config FILE` names another one. Without any, the defaults hold. A key that
is left out has its default; an unknown key, a key that stands twice and a value of the wrong type
are errors, and all of them are reported at once. Editors check the file as it is written when it
begins with `"$schema": "docs/reference/config.schema.json"`.

Secrets come from the environment alone. Each variable may be given as a file instead: with
`DISCORD_TOKEN_FILE=/run/secrets/discord` the token is what that file holds. An empty variable
counts as unset. Where both a variable and config.json can set something, the variable goes first.

{table}

## Configurations of the seed

The seed's `config.json` is a valid configuration as it stands. These keys are accepted, change
nothing, and are named in a notice when the configuration is read:

{seed_keys}

Two things are different although the file is the same:

- `min_score` is honoured. The seed never read it. Its usual value, 2.5, was meant for the seed's
  own scores; the formula `terms`, which holds unless `scoring.formula` says otherwise, has another
  scale. `"scoring": {{"formula": "seed"}}` gives the seed's scores.
- `ai_summary.prompt_file` is read where the file is there; a missing one is named in a notice, and
  the built-in prompt is used.
"""

_PRINTED: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "table": settings_table,
        "page": lambda: reference_page().rstrip("\n"),
        "schema": lambda: json.dumps(json_schema(), indent=2, ensure_ascii=False),
    }
)


def main(arguments: list[str]) -> int:
    """Print what the one argument names; the exit code."""
    what = arguments[0] if len(arguments) == 1 else "" if arguments else "table"
    if what not in _PRINTED:
        sys.stderr.write(f"Say one of {', '.join(_PRINTED)}.\n")
        return 2
    sys.stdout.write(_PRINTED[what]() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
