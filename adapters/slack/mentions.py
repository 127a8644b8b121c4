"""What people write to us in sentences: commands, papers, and questions about papers."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from bot.command_text import parse_command
from bot.domain.chat_text import undo_chat
from bot.domain.commands import Ask, Command, Help, Summarize
from bot.domain.papers import ArxivId
from bot.domain.verbs import VERBS, find_verb, unknown_verb
from bot.errors import UserError

_MENTION: Final = re.compile(r"<@[UW]\w+(?:\|[^<>]*)?>[,:]?", re.ASCII)
_PAPER: Final = re.compile(
    r"(?:https?://)?(?:[\w.]{1,60}\.)?arxiv\.org/\w+/[^\s<>|]+"
    r"|\barxiv:\s?\S+"
    r"|\b\d{4}\.\d{4,5}(?:v\d+)?\b"
    r"|\b[a-z][a-z\-]{1,20}(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?\b",
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
_VERBS: Final = tuple(verb.name for verb in VERBS)
_MISTYPED: Final = 0.75  # as like a verb as a word must be to be one with a slip in it
_FEW_WORDS: Final = 3
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
    papers = _papers(typed)
    if find_verb(typed.split()[0]) and not papers:
        return parse_command(said)
    if _is_mistyped(typed):
        raise unknown_verb(typed.split()[0])
    if not papers:
        raise _not_understood()
    if len(papers) > 1:
        raise UserError("One paper at a time, please: `summarize 2601.13824`.")
    [paper] = papers
    rest = _without(typed).strip(" -–—:,")
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


def _without(typed: str) -> str:
    """What is asked of a paper: "it" stands for the paper, unless the paper comes first."""
    first = _PAPER.match(typed)
    rest = typed[first.end() :] if first else typed
    return re.sub(r"\s+([?!.,;:])", r"\1", " ".join(_PAPER.sub(_it, rest).split()))


def _it(found: re.Match[str]) -> str:
    """The pronoun, with the end of the sentence where a link took that as well."""
    return f" it{found[0][len(found[0].rstrip(_TRAILING)) :]} "


def _without_politeness(typed: str) -> str:
    words = typed.split()
    while len(words) > 1 and _POLITE.fullmatch(words[0].casefold().strip(",!.")):
        del words[0]
    return " ".join(words)


def names_paper(text: str) -> bool:
    """Whether a paper is named in what somebody typed, by its ID or a link."""
    return bool(_papers(undo_chat(text)))


def _papers(typed: str) -> list[ArxivId]:
    found = (_paper(each[0]) for each in _PAPER.finditer(typed))
    return list(dict.fromkeys(filter(None, found)))


def _paper(text: str) -> ArxivId | None:
    try:
        return ArxivId.parse(text.strip().strip(_TRAILING))
    except UserError:
        return None


def _is_mistyped(typed: str) -> bool:
    """Whether it is a command with a slip in its verb, rather than a sentence."""
    words = typed.casefold().split()
    return (
        len(words) <= _FEW_WORDS
        and find_verb(words[0]) is None
        and bool(get_close_matches(words[0], _VERBS, n=1, cutoff=_MISTYPED))
    )


def _not_understood() -> UserError:
    return UserError(
        "I did not understand that: write `help` to see what I can do, or name a paper as in "
        "“summarize 2601.13824”, “what is 2601.13824 about?” or `ask 2601.13824 which data did "
        "they use?`"
    )
