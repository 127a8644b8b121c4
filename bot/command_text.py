"""Typed commands, verb first: "subscribe cs.CL kw:LLM at:9" becomes a `Command`.

Chat, mentions and the terminal share this grammar. `UserError` is the only error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.domain.categories import is_category
from bot.domain.chat_text import straight_quotes, undo_chat, without_leading_mentions
from bot.domain.commands import (
    Ask,
    Command,
    Edit,
    EndFeedLink,
    Export,
    FeedLink,
    Forget,
    Help,
    Import,
    ListSubscriptions,
    Now,
    Pause,
    Preview,
    Resume,
    Search,
    Settings,
    Similar,
    Status,
    Subscribe,
    SubscriptionChanges,
    Summarize,
    Thumb,
    Unsubscribe,
    Why,
)
from bot.domain.interests import split_words
from bot.domain.papers import ArxivId
from bot.domain.subscription_text import format_changes, parse_changes
from bot.domain.thumbs import Vote
from bot.domain.verbs import find_verb, help_text, unknown_verb
from bot.errors import UserError

__all__ = ["format_changes", "help_text", "parse_command", "parse_words"]

MOST_PREVIEW_DAYS: Final = 14
_MOST_DIGITS: Final = 6  # of a subscription's number
_RESET: Final = "learning:reset"
_OFF: Final = ("off", "end", "stop")


def parse_command(text: str) -> Command:
    """Read a line of chat; nothing at all is `Help()`, a bare arXiv ID or link `Summarize`.

    Raises UserError with a sentence that names the mend.
    """
    line = without_leading_mentions(undo_chat(text)).strip().strip("`").strip()
    if line.startswith("/"):  # "/arxiv list" pasted whole
        line = " ".join(line.split(None, 1)[1:])
    verb, rest = (*line.split(None, 1), "", "")[:2]
    return _parse(verb, rest.strip(), None)


def parse_words(words: Sequence[str]) -> Command:
    """Read the words of a shell, which has taken the quotes off; a word may contain spaces.

    Raises UserError as `parse_command` does.
    """
    verb, *rest = [word.strip() for word in map(undo_chat, words) if word.strip()] or [""]
    return _parse(verb, " ".join(rest), tuple(rest))


@dataclass(frozen=True, slots=True)
class _Typed:
    """A verb, by its proper name, and what follows it."""

    verb: str
    text: str
    shell_words: tuple[str, ...] | None

    def words(self) -> tuple[str, ...]:
        """What follows, as filters are read."""
        return split_words(self.text) if self.shell_words is None else self.shell_words


def _parse(verb: str, rest: str, shell_words: tuple[str, ...] | None) -> Command:
    if not verb:
        return Help()
    if known := find_verb(verb):
        return _READERS[known.name](_Typed(known.name, rest, shell_words))
    if paper := _paper_or_none(f"{verb} {rest}"):
        return Summarize(paper)
    raise _not_a_verb(verb)


def _not_a_verb(word: str) -> UserError:
    shown = _shown(word)
    if is_category(word):
        return UserError(f"“{shown}” is not a command: for its papers type `subscribe {shown}`.")
    if _paper_or_none(word):
        return UserError(f"Say what to do with that paper: `summarize {shown}` or `why {shown}`.")
    return unknown_verb(word)


# --- what each verb takes ------------------------------------------------------------------


def _alone(command: Command) -> Callable[[_Typed], Command]:
    def read(typed: _Typed) -> Command:
        if typed.text:
            raise UserError(
                f"I do not know what “{_shown(typed.text)}” adds: type `{typed.verb}` alone."
            )
        return command

    return read


def _number_only(make: Callable[[int | None], Command]) -> Callable[[_Typed], Command]:
    def read(typed: _Typed) -> Command:
        number = _number_or_none(typed.text)
        if typed.text and number is None:
            raise UserError(
                f"“{_shown(typed.text)}” is not the number of a subscription: `list` shows them, "
                f"then type `{typed.verb} 2`."
            )
        return make(number)

    return read


def _paper_only(make: Callable[[ArxivId], Command]) -> Callable[[_Typed], Command]:
    def read(typed: _Typed) -> Command:
        if not typed.text:
            raise UserError(f"Say which paper: `{typed.verb} 2601.13824`, or paste its link.")
        first, *more = typed.text.split()
        paper = _paper_or_none(typed.text)
        if paper is None and more and _paper_or_none(first):
            raise UserError(f"One paper at a time: `{typed.verb} {_shown(first)}`.")
        return make(paper or ArxivId.parse(typed.text))

    return read


def _ask(typed: _Typed) -> Command:
    paper, question = (*typed.text.split(None, 1), "", "")[:2]
    if not paper or not question.strip():
        raise UserError("Name a paper and a question: `ask 2601.13824 which data did they use?`")
    return Ask(_paper_or_none(paper) or ArxivId.parse(paper), question.strip())


def _search(typed: _Typed) -> Command:
    if not typed.text.strip('"“” '):
        raise UserError("Say what to search for: `search speculative decoding`.")
    return Search(straight_quotes(typed.text))


def _edit(typed: _Typed) -> Command:
    number, words = _leading_number(typed.words())
    if number is None:
        raise UserError("Say which subscription to change: `list` shows them, then `edit 2 top:5`.")
    if [word.casefold() for word in words] == [_RESET]:
        return Forget(number)
    changes = _changes(words)
    if changes.is_empty:
        raise UserError(f"Say what to change: `edit {number} top:5`.")
    return Edit(number, changes)


def _preview(typed: _Typed) -> Command:
    number, words = _leading_number(typed.words())
    changes = _changes(words)
    if (days := changes.interests.days_back) is None:
        return Preview(number, changes)
    if days > MOST_PREVIEW_DAYS:
        raise UserError(
            f"“days:{days}” is too long for a preview: write days:1 to days:{MOST_PREVIEW_DAYS}."
        )
    interests = replace(changes.interests, days_back=None)
    return Preview(number, replace(changes, interests=interests), days)


def _feed(typed: _Typed) -> Command:
    *number, last = typed.text.casefold().split() or [""]
    if last in _OFF:
        return _number_only(EndFeedLink)(replace(typed, text=" ".join(number)))
    return _number_only(FeedLink)(typed)


def _settings(typed: _Typed) -> Command:
    words = typed.words()
    if [word.casefold() for word in words] == [_RESET]:
        return Forget()
    return Settings(parse_changes(words))


def _thumb(vote: Vote | None) -> Callable[[_Typed], Command]:
    return _paper_only(lambda paper: Thumb(paper, vote))


def _import(typed: _Typed) -> Command:
    document = typed.text.strip().strip("`").strip().removeprefix("json").strip()
    if not document:
        raise UserError("Put behind `import` what `export` gave you.")
    if not _is_json(document) and _is_json(straight := straight_quotes(document)):
        document = straight
    return Import(document)


def _help(typed: _Typed) -> Command:
    if not typed.text:
        return Help()
    word = typed.text.split()[0].lstrip("/")
    if (known := find_verb(word)) is None:
        raise unknown_verb(word)
    return Help(known.name)


_Reader = Callable[[_Typed], Command]
_READERS: Final[Mapping[str, _Reader]] = MappingProxyType(
    {
        "subscribe": lambda typed: Subscribe(_changes(typed.words())),
        "list": _alone(ListSubscriptions()),
        "edit": _edit,
        "unsubscribe": _number_only(Unsubscribe),
        "pause": _number_only(Pause),
        "resume": _number_only(Resume),
        "preview": _preview,
        "now": _number_only(Now),
        "summarize": _paper_only(Summarize),
        "ask": _ask,
        "search": _search,
        "similar": _paper_only(Similar),
        "why": _paper_only(Why),
        "like": _thumb(Vote.UP),
        "dislike": _thumb(Vote.DOWN),
        "unlike": _thumb(None),
        "forget": _number_only(Forget),
        "settings": _settings,
        "status": _alone(Status()),
        "feed": _feed,
        "export": _alone(Export()),
        "import": _import,
        "help": _help,
    }
)


# --- pieces --------------------------------------------------------------------------------


def _changes(words: Sequence[str]) -> SubscriptionChanges:
    """What is said of a subscription; what only a channel has is refused."""
    changes = parse_changes(words)
    if changes.unfurl is not None:
        raise UserError("`unfurl:` goes for the whole channel: type `settings unfurl:on`.")
    return changes


def _leading_number(words: Sequence[str]) -> tuple[int | None, Sequence[str]]:
    number = _number_or_none(words[0]) if words else None
    return (None, words) if number is None else (number, words[1:])


def _number_or_none(text: str) -> int | None:
    digits = text.strip().removeprefix("#")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(digits) if is_number and int(digits) > 0 else None


def _paper_or_none(text: str) -> ArxivId | None:
    try:
        return ArxivId.parse(text.strip().rstrip("?!.,;:)"))
    except UserError:
        return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _shown(text: str) -> str:
    """What somebody typed, short and tame enough to quote back."""
    return " ".join(text.replace("`", "'").split())[:40]
