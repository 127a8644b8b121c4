"""`papercourier setup`: asks for what is needed and writes config.json and `.env`."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from bot.config import load_settings
from bot.config_environment import ENV_FILE, variables_in
from bot.errors import UserError

CONFIG_FILE = "config.json"
_OWNER_ONLY = 0o600
_HEAD = "# Secrets: keep this file to yourself. Read by papercourier, compose and systemd alike."


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an installation shall be like."""

    settings: Mapping[str, Any] | None  # for config.json; None where that is to stay as it is
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # for .env, by variable


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is asked, or said with `--its-name`."""

    name: str
    text: str
    default: str = ""
    variable: str = ""  # a secret's place in the environment; "" for a setting


QUESTIONS = (
    Question("categories", "arXiv categories, separated by spaces", "cs.LG cs.CL"),
    Question("keywords", "Words and phrases to look for, separated by commas"),
    Question("contact", "A mail or web address that arXiv may write to"),
    Question("timezone", "Time zone of the digests", "UTC"),
    Question("language", "Language of the summaries", "en"),
    Question("openai-api-key", "Key of an OpenAI-compatible model", variable="OPENAI_API_KEY"),
    Question("slack-bot-token", "Slack bot token (xoxb-…)", variable="SLACK_BOT_TOKEN"),
    Question("slack-app-token", "Slack app token (xapp-…)", variable="SLACK_APP_TOKEN"),
    Question("discord-token", "Discord bot token", variable="DISCORD_TOKEN"),
)


def ask(
    said: Mapping[str, str | None], *, interactive: bool, keeps_settings: bool = False
) -> Wishes:
    """What was said on the command line; the rest is asked for, or left at its default.

    Only secrets are asked for where `keeps_settings`.
    """
    asked = [each for each in QUESTIONS if each.variable or not keeps_settings]
    answers = {each.name: _answer(each, said.get(each.name), interactive) for each in asked}
    secrets = {
        each.variable: answers[each.name] for each in asked if each.variable and answers[each.name]
    }
    return Wishes(None if keeps_settings else _settings(answers), secrets)


def keeps_settings(said: Mapping[str, str | None], folder: Path, *, force: bool) -> bool:
    """Whether `folder` has a config.json that stays as it is.

    Raises UserError where something was said that would have to change it.
    """
    if force or not (folder / CONFIG_FILE).exists():
        return False
    named = [each.name for each in QUESTIONS if not each.variable and said.get(each.name)]
    if named:
        raise UserError(
            f"{folder} holds {CONFIG_FILE} already: --force writes it anew, --dir names another "
            f"folder; without --{named[0]} it stays as it is."
        )
    return True


def _answer(question: Question, said: str | None, interactive: bool) -> str:
    if said is not None:
        return said.strip()
    if not interactive:
        return question.default
    optional = "" if question.default else " (Enter for none)"
    answer: str = click.prompt(
        f"{question.text}{optional}",
        default=question.default,
        show_default=bool(question.default),
        hide_input=bool(question.variable),
        err=True,
    )
    return answer.strip()


def _settings(answers: Mapping[str, str]) -> dict[str, Any]:
    settings: dict[str, Any] = {"categories": answers["categories"].replace(",", " ").split()}
    if keywords := _listed(answers["keywords"]):
        settings["keywords"] = keywords
    if answers["timezone"]:
        settings["schedule"] = {"timezone": answers["timezone"]}
    if answers["language"]:
        settings["language"] = answers["language"]
    if answers["contact"]:
        settings["arxiv"] = {"contact": answers["contact"]}
    return settings


def _listed(text: str) -> list[str]:
    return [part for each in text.split(",") if (part := each.strip().strip('"').strip())]


def write(wishes: Wishes, folder: Path, *, force: bool) -> Sequence[Path]:
    """Write into `folder` what is wished; the files written, `.env` readable by its owner alone.

    Secrets that `.env` holds already stay beside those that are new, unless `force`. Nothing is
    written unless all of it can be used. Raises UserError for wishes that cannot be, and a folder
    that cannot be written.
    """
    for name, value in wishes.secrets.items():
        if len(value.split()) != 1:
            raise UserError(f"{name} holds spaces or line ends: paste the token alone.")
    files = {}
    if wishes.settings is not None:
        files[folder / CONFIG_FILE] = _document(wishes.settings)
    if wishes.secrets:
        files[folder / ENV_FILE] = _with_secrets(folder / ENV_FILE, wishes.secrets, force=force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".setup-", dir=folder) as staging:
            _try_out(Path(staging), wishes, folder / CONFIG_FILE)
            for path, text in files.items():
                _put(path, text, Path(staging))
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written ({error.strerror}): name another with --dir."
        ) from error
    return tuple(files)


def _try_out(staging: Path, wishes: Wishes, kept: Path) -> None:
    """Read what would be written as the bot would. Raises UserError with every fault."""
    environ = {"PAPERCOURIER_HOME": str(staging), **wishes.secrets}
    if wishes.settings is None:
        load_settings(kept, environ)
        return
    trial = staging / CONFIG_FILE
    trial.write_text(_document(wishes.settings), encoding="utf-8")
    load_settings(trial, environ)
    trial.unlink()


def _put(path: Path, text: str, staging: Path) -> None:
    """All of `text` or what was there before; never readable by others on the way."""
    staged = staging / path.name
    mode = _OWNER_ONLY if path.name == ENV_FILE else 0o644
    with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    staged.replace(path)


def _document(settings: Mapping[str, Any]) -> str:
    return json.dumps(settings, ensure_ascii=False, indent=2) + "\n"


def _with_secrets(path: Path, secrets: Mapping[str, str], *, force: bool) -> str:
    """`.env` with these secrets; of what it holds, all other lines stay as they are."""
    lines = [_HEAD]
    if not force and variables_in(path):  # read, so that it is text
        lines = [
            line
            for line in path.read_text(encoding="utf-8-sig").splitlines()
            if _variable_of(line) not in secrets
        ]
    return "".join(f"{line}\n" for line in (*lines, *(f"{n}={v}" for n, v in secrets.items())))


def _variable_of(line: str) -> str:
    return line.removeprefix("export ").partition("=")[0].strip()
