"""What people write to us in sentences: commands, papers, and questions about papers."""

from __future__ import annotations

import re
from typing import Final

from bot.command_text import parse_command
from bot.domain.chat_text import undo_chat
from bot.domain.commands import Ask, Command, Help, Summarize
from bot.domain.papers import ArxivId
from bot.domain.verbs import find_verb
from bot.errors import UserError

_MENTION: Final = re.compile(r"<@[UW]\w+(?:\|[^<>]*)?>[,:]?", re.ASCII)
_PAPER: Final = re.compile(
    r"(?:https?://)?(?:[\w.]+\.)?arxiv\.org/\w+/[^\s<>|]+"
    r"|\barxiv:\s?\S+"
    r"|\b\d{4}\.\d{4,5}(?:v\d+)?\b"
    r"|\b[a-z][a-z\-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?\b",
    re.IGNORECASE,
)
_TRAILING: Final = "?!.,;:)]}>\"'”’*_`"
# Words around a paper that ask for no more than what it says.
_SUMMARY_WORDS: Final = re.compile(
    "a|about|all|an|and|be|can|could|do|does|explain|for|from|gist|give|hello|hey|hi|i|in|is|it"
    "|like|main|me|of|on|paper|please|point|points|say|says|short|sum|summaries|summarise"
    "|summarize|summary|takeaway|takeaways|tell|thanks|that|the|this|tl|tldr|dr|to|us|up|what"
    "|what's|whats|would|you|your"
)
_POLITE: Final = re.compile("can|could|would|please|you|hey|hi|hello|kindly|i'd|we'd")
_WORD: Final = re.compile(r"[\w'’]+")


def read_sentence(text: str) -> Command:
    """The command in what somebody wrote to us, our own name left out.

    A paper alone, or with "what is … about", is to be summarised; a question about one is
    answered from its text. Raises UserError with a sentence that helps for anything else.
    """
    said = " ".join(_MENTION.sub(" ", text).split())
    typed = undo_chat(said).strip()
    if not typed:
        return Help()
    if (command := _typed(_without_politeness(typed))) is not None:
        return command
    papers = dict.fromkeys(filter(None, (_paper(found[0]) for found in _PAPER.finditer(typed))))
    if not papers:
        return parse_command(said) if find_verb(typed.split()[0]) else _not_understood()
    if len(papers) > 1:
        raise UserError("One paper at a time, please: `summarize 2601.13824`.")
    [paper] = papers
    rest = " ".join(_PAPER.sub(" ", typed).split()).strip(" -–—:,")
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(rest)]
    if all(map(_SUMMARY_WORDS.fullmatch, words)):
        return Summarize(paper)
    return Ask(paper, rest)


def _typed(typed: str) -> Command | None:
    """What the grammar of commands makes of it; None where it makes nothing of it.

    A verb with something it cannot take is an error of the grammar, unless a paper is in it:
    then it may be a sentence.
    """
    try:
        return parse_command(typed)
    except UserError:
        if find_verb(typed.split(maxsplit=1)[0]) and not _PAPER.search(typed):
            raise
        return None


def _without_politeness(typed: str) -> str:
    words = typed.split()
    while len(words) > 1 and _POLITE.fullmatch(words[0].casefold().strip(",!.")):
        del words[0]
    return " ".join(words)


def _paper(text: str) -> ArxivId | None:
    try:
        return ArxivId.parse(text.strip().strip(_TRAILING))
    except UserError:
        return None


def _not_understood() -> Command:
    raise UserError(
        "I did not understand that: write `help` to see what I can do, or name a paper as in "
        "“summarize 2601.13824”, “what is 2601.13824 about?” or `ask 2601.13824 which data did "
        "they use?`"
    )
