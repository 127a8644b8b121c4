"""One paper as an embed: what it is, why it is here, what it says; and its buttons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from adapters.discord import limits
from adapters.discord.actions import Action, custom_id
from adapters.discord.markdown import link, model_text, paper_text, plain_text
from bot.domain.answer import Answer
from bot.domain.digest import DigestEntry, Reason
from bot.domain.papers import AnnounceType, Paper
from bot.domain.summary import Summary

Part = dict[str, Any]  # of a message's JSON

COLOURS: Final = {
    AnnounceType.NEW: 0x2F6FDE,
    AnnounceType.CROSS: 0x7A5CC8,
    AnnounceType.REPLACE: 0x8A8F98,
    AnnounceType.REPLACE_CROSS: 0x8A8F98,
}
QUIET: Final = 0x8A8F98
_KINDS: Final = {
    AnnounceType.NEW: "new",
    AnnounceType.CROSS: "cross-list",
    AnnounceType.REPLACE: "revised",
    AnnounceType.REPLACE_CROSS: "revised cross-list",
}
_AUTHORS_SHOWN: Final = 4
_AUTHOR_LENGTH: Final = 60
_CATEGORIES_SHOWN: Final = 5
_REASONS_SHOWN: Final = 4
_TERM_LENGTH: Final = 60
_HEADING_LENGTH: Final = 120
_NOTICE_LENGTH: Final = 400
_UNVERIFIED: Final = " (not found in the paper)"  # behind a figure that the check did not find
_MARKED: Final = " *(not found in the paper)*"
_ACTION_ROW, _BUTTON, _SECONDARY = 1, 2, 2
_FACES: Final[dict[Action, Part]] = {
    Action.SUMMARIZE: {"label": "Summarise", "emoji": {"name": "📄"}},
    Action.SIMILAR: {"label": "Similar", "emoji": {"name": "🔎"}},
    Action.LIKE: {"emoji": {"name": "👍"}},
    Action.DISLIKE: {"emoji": {"name": "👎"}},
}


def title(entry: DigestEntry, limit: int = limits.TITLE) -> str:
    """The paper's place and title, escaped."""
    place = f"{entry.rank}. "
    return place + paper_text(entry.paper.title, limit - len(place))


def facts(entry: DigestEntry) -> str:
    """Two lines or three: who wrote it, where it stands, why it is here."""
    lines = [_about(entry.paper, entry.announce_type)]
    if entry.reasons:
        lines.append(f"**Why {entry.score:.1f}** · {reasons(entry.reasons)}")
    return "\n".join(lines)


def authors(paper: Paper) -> str:
    """The first few, and how many more."""
    shown = ", ".join(paper_text(each, _AUTHOR_LENGTH) for each in paper.authors[:_AUTHORS_SHOWN])
    hidden = len(paper.authors) - _AUTHORS_SHOWN
    return f"{shown} and {hidden} more" if hidden > 0 else shown or "no authors named"


def links(paper: Paper) -> str:
    """Where to read it."""
    abstract = link(paper.versioned_id, paper.abs_url)
    return f"{abstract} · {link('PDF', paper.pdf_url)} · {link('HTML', paper.html_url)}"


def reasons(given: Sequence[Reason], *, signed: bool = True) -> str:
    """The terms that earned most, each with its points and where it stands."""
    best = sorted(given, key=lambda reason: -abs(reason.points))
    points = "+.1f" if signed else ".0f"
    shown = " · ".join(
        f"{paper_text(each.term, _TERM_LENGTH)} {each.points:{points}} "
        f"({paper_text(each.where.replace('+', ', '), _TERM_LENGTH)})"
        for each in best[:_REASONS_SHOWN]
    )
    hidden = len(given) - _REASONS_SHOWN
    return f"{shown} · {hidden} more" if hidden > 0 else shown


@lru_cache(maxsize=2048)
def summary_blocks(summary: Summary) -> tuple[str, ...]:
    """Each section under its heading, then what the reader has to know.

    Many subscriptions share a summary, so it is written once.
    """
    return tuple(_summary_blocks(summary))


def _summary_blocks(summary: Summary) -> Iterator[str]:
    for section in summary.marked_sections(_UNVERIFIED):
        text = model_text(section.text).replace(_UNVERIFIED.strip(), _MARKED.strip())
        if section.heading:
            yield f"**{paper_text(section.heading, _HEADING_LENGTH)}**\n{text}"
        elif text:
            yield text
    for notice in summary.notices:
        yield f"*{paper_text(notice, _NOTICE_LENGTH)}*"


def summary_footer(summary: Summary) -> str:
    """Who wrote it, what was read, how its numbers did; "" for the abstract's own sentences."""
    if summary.is_extract:
        return ""
    parts = (summary.model, f"read: {summary.source_line()}", summary.numbers_line())
    return plain_text(" · ".join(filter(None, parts)), limits.FOOTER // 2)


def answer_blocks(answer: Answer) -> Iterator[str]:
    """The answer, then the passages that bear it out, word for word."""
    if answer.text:
        yield model_text(answer.text)
    for quote in answer.quotes:
        where = f" ({paper_text(quote.section, _HEADING_LENGTH)})" if quote.section else ""
        yield f"> “{paper_text(quote.text, limits.DESCRIPTION // 4)}”{where}"
    for notice in answer.notices:
        yield f"*{paper_text(notice, _NOTICE_LENGTH)}*"


def answer_footer(answer: Answer) -> str:
    """Who answered, what was read, how many quotes were found."""
    read = f"{answer.reading or answer.source.value}. {answer.cut}".strip().rstrip(".")
    model = "" if answer.is_passages else answer.model
    parts = (model, f"read: {read}", answer.quotes_line())
    return plain_text(" · ".join(filter(None, parts)), limits.FOOTER // 2)


@lru_cache(maxsize=8192)
def paper_buttons(versioned_id: str, *, without: Action | None = None) -> tuple[Part, ...]:
    """The row under the message of one paper; nobody changes it."""
    faces = {action: face for action, face in _FACES.items() if action is not without}
    return (row(button(action, versioned_id, **face) for action, face in faces.items()),)


def grid(entries: Sequence[DigestEntry], *actions: Action) -> list[Part]:
    """The buttons of several papers in one message: a row for each action, a column for each."""
    return [
        row(_numbered(action, entry) for entry in entries[start : start + limits.BUTTONS_A_ROW])
        for action in actions
        for start in range(0, len(entries), limits.BUTTONS_A_ROW)
    ][: limits.ROWS]


def row(buttons: Iterable[Part]) -> Part:
    """At most five buttons beside each other."""
    return {"type": _ACTION_ROW, "components": list(buttons)}


def button(action: Action, versioned_id: str, **face: Any) -> Part:
    """A quiet button; `face` is its label, its emoji or both."""
    return {
        "type": _BUTTON,
        "style": _SECONDARY,
        "custom_id": custom_id(action, versioned_id),
        **face,
    }


def _numbered(action: Action, entry: DigestEntry) -> Part:
    face = {"label": str(entry.rank), "emoji": _FACES[action]["emoji"]}
    return button(action, entry.paper.versioned_id, **face)


@lru_cache(maxsize=8192)
def _about(paper: Paper, announce_type: AnnounceType) -> str:
    categories = paper.categories
    shown = [paper_text(each, _TERM_LENGTH) for each in categories[:_CATEGORIES_SHOWN]]
    if len(categories) > _CATEGORIES_SHOWN:
        shown.append(f"{len(categories) - _CATEGORIES_SHOWN} more")
    standing = f"{', '.join(shown)} · {_KINDS[announce_type]} · {links(paper)}"
    return f"{authors(paper)}\n{standing}"
