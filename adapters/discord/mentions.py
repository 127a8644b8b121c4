"""What people write to us: after a mention, in direct messages, in reply to a paper."""

from __future__ import annotations

import re
from typing import Any, Final

import discord

from adapters.discord.papers import paper_of_buttons, papers_in
from bot.command_text import parse_command
from bot.domain.commands import Ask, Command, Similar, Summarize, Thumb, Why
from bot.domain.papers import ArxivId
from bot.errors import UserError

_QUESTION: Final = re.compile(
    r"\?\s*$|^\s*(?:what|which|who|whose|when|where|why|how|do|does|did|is|are|was|were|can|could)\b",
    re.IGNORECASE,
)
_BARE_ID: Final = re.compile(r"\d{4}\.\d{4,5}(?:v\d{1,3})?", re.ASCII)
_LEAST_WORDS: Final = 2  # of a question


def text_for_us(message: discord.Message, our_id: int) -> str | None:
    """What a message says to us; None where it is not for us.

    In a server that takes a mention by name: the ping of a mere reply is not enough, and other
    texts Discord does not show us anyway.
    """
    content = message.content
    mention = re.compile(rf"<@!?{our_id}>")
    if message.guild is not None and mention.search(content) is None:
        return None
    return mention.sub(" ", content).strip()


def command_of_text(text: str, about: ArxivId | None = None) -> Command:
    """The command in a line written to us; `about` is the paper that it replies to.

    Raises UserError as the grammar does, where no freer reading makes sense.
    """
    if about is not None and (command := _about(text, about)):
        return command
    try:
        return parse_command(text)
    except UserError:
        papers = _named(text)
        if len(papers) != 1:
            raise
        # As in: can you summarise this for me please, and a link.
        [paper] = papers
        question = " ".join(word for word in text.split() if not _named(word))
        return Ask(paper, question) if _is_question(question) else Summarize(paper)


def paper_replied_to(message: discord.Message) -> ArxivId | None:
    """The paper of the message that this one replies to, where that shows exactly one of ours."""
    resolved: Any = message.reference.resolved if message.reference else None
    if not isinstance(resolved, discord.Message):
        return None
    papers = paper_of_buttons(resolved)
    return papers[0] if len(papers) == 1 else None


def _about(text: str, paper: ArxivId) -> Command | None:
    """A question, or one word like "summarize", in reply to a paper."""
    if not text.strip():
        return Summarize(paper)
    if _is_question(text):
        return Ask(paper, text)
    try:
        command = parse_command(f"{text} {paper}")
    except UserError:
        return None
    return command if isinstance(command, Summarize | Similar | Why | Thumb) else None


def _named(text: str) -> tuple[ArxivId, ...]:
    """The papers that a line names by links or by bare IDs, each once."""
    found = {each.value: each for each in papers_in(text)}
    for word in text.split():
        if _BARE_ID.fullmatch(bare := word.strip("()[]<>\"'.,;:!?")):
            try:
                paper = ArxivId.parse(bare)
            except UserError:
                continue
            found.setdefault(paper.value, paper)
    return tuple(found.values())


def _is_question(text: str) -> bool:
    words = text.split()
    asks_for_summary = re.search(r"\bsummar|\btl;?dr\b", text, re.IGNORECASE)
    return len(words) >= _LEAST_WORDS and bool(_QUESTION.search(text)) and not asks_for_summary
