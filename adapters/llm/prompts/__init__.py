"""The prompts that ship, and what is put into them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from adapters.llm.languages import language_name
from bot.errors import UserError

_LONGEST_PROMPT = 20_000  # characters


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is told to do, and the rules that no prompt file can take away."""

    name: str  # of the file, without its ending
    task: str
    rules: str  # with {language} and {fence}

    @property
    def version(self) -> str:
        """Name and content: a changed prompt writes new summaries."""
        content = f"{self.task}\0{self.rules}".encode()
        return f"{self.name}@{sha256(content).hexdigest()[:10]}"

    def filled(self, *, language: str, fence: str) -> str:
        """The system message. `{language}` may also stand in a prompt file of the user's."""
        named = language_name(language)
        rules = self.rules.replace("{fence}", fence)
        return f"{self.task}\n\n{rules}".replace("{language}", named)


def summary_prompt(path: Path | None = None) -> Prompt:
    """The prompt at `path`, the one that ships where there is none.

    Raises UserError when the file cannot be used.
    """
    rules = _shipped("summary_rules.md")
    if path is None:
        return Prompt("summary", _shipped("summary.md"), rules)
    return Prompt(path.stem, _own(path), rules)


def question_prompt() -> Prompt:
    """The prompt for questions."""
    return Prompt("question", _shipped("question.md"), _shipped("question_rules.md"))


def new_boundary(*texts: str) -> str:
    """A word that none of `texts` contains, so that none of them can end its own fence."""
    while True:
        word = f"PAPER-{secrets.token_hex(8)}"
        if not any(word in text for text in texts):
            return word


def _shipped(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8").strip()


def _own(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The prompt file {path.name} cannot be read: make it a readable UTF-8 text file, or "
            "take ai_summary.prompt_file out of config.json."
        ) from error
    if not 0 < len(text) <= _LONGEST_PROMPT:
        raise UserError(
            f"The prompt file {path.name} must have 1 to {_LONGEST_PROMPT} characters: change it, "
            "or take ai_summary.prompt_file out of config.json."
        )
    return text
