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
from bot.config_environment import ENV_FILE
from bot.errors import UserError

CONFIG_FILE = "config.json"
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an installation shall be like."""

    settings: Mapping[str, Any]  # for config.json
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


def ask(said: Mapping[str, str | None], *, interactive: bool) -> Wishes:
    """What was said on the command line; the rest is asked for, or left at its default."""
    answers = {each.name: _answer(each, said.get(each.name), interactive) for each in QUESTIONS}
    secrets = {
        each.variable: answers[each.name]
        for each in QUESTIONS
        if each.variable and answers[each.name]
    }
    return Wishes(_settings(answers), secrets)


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
    """Write both files into `folder`; the files written, `.env` readable by its owner alone.

    Nothing is written unless all of it can be used. Raises UserError for wishes that cannot be,
    for files that are there already (unless `force`) and a folder that cannot be written.
    """
    for name, value in wishes.secrets.items():
        if len(value.split()) != 1:
            raise UserError(f"{name} holds spaces or line ends: paste the token alone.")
    files = {folder / CONFIG_FILE: _document(wishes.settings)}
    if wishes.secrets:
        files[folder / ENV_FILE] = _lines(wishes.secrets)
    there = [path.name for path in files if path.exists()]
    if there and not force:
        raise UserError(
            f"{folder} holds {' and '.join(there)} already: --force writes anew, --dir names "
            "another folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".setup-", dir=folder) as staging:
            _try_out(Path(staging), wishes)
            for path, text in files.items():
                _put(path, text, Path(staging))
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written ({error.strerror}): name another with --dir."
        ) from error
    return tuple(files)


def _try_out(staging: Path, wishes: Wishes) -> None:
    """Read what would be written as the bot would. Raises UserError with every fault."""
    trial = staging / CONFIG_FILE
    trial.write_text(_document(wishes.settings), encoding="utf-8")
    load_settings(trial, {"PAPERCOURIER_HOME": str(staging), **wishes.secrets})
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


def _lines(secrets: Mapping[str, str]) -> str:
    said = (
        "# Secrets: keep this file to yourself. Read by papercourier, compose and systemd alike.\n"
    )
    return said + "".join(f"{name}={value}\n" for name, value in secrets.items())
