"""Digests and replies as lines of text with Rich's markup.

A payload is JSON, `{"markup": "..."}`: what is stored in the outbox is what will be printed,
with colours on a terminal and without elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rich import markup

from bot.domain.answer import Answer
from bot.domain.commands import Reply
from bot.domain.digest import Digest, DigestEntry, Reason
from bot.domain.inert import visible
from bot.domain.silence import day
from bot.domain.subscriptions import Subscription
from bot.domain.summary import Summary
from bot.domain.text import shorten
from bot.domain.verbs import as_typed

_AUTHORS_SHOWN = 4
_REASONS_SHOWN = 6
_INDENT = "    "
_COMMAND = re.compile(r"`([^`]+)`")
_UNVERIFIED = " (not found in the paper)"  # behind a figure that the check did not find


class TerminalRenderer:
    """One payload for each digest or reply: a terminal has no threads and no limits."""

    def __init__(self, *, command: str = "") -> None:
        self._command = command  # what is typed before a verb

    def digest(self, digest: Digest, subscription: Subscription) -> tuple[str, ...]:
        """The whole digest as one payload."""
        return (digest_payload(digest, subscription.interests.categories),)

    def reply(self, reply: Reply) -> tuple[str, ...]:
        """The whole reply as one payload."""
        typed = replace(reply, text=as_typed(reply.text, prefix=self._command))
        return (_payload(reply_lines(typed)),)


def digest_payload(digest: Digest, categories: tuple[str, ...]) -> str:
    """The payload of a whole digest."""
    return _payload(digest_lines(digest, categories))


def digest_lines(digest: Digest, categories: tuple[str, ...]) -> Iterator[str]:
    """A digest with its head, its papers and why each is there."""
    yield f"[bold]arXiv digest · {day(digest.announced_on)}[/bold]"
    yield f"[dim]{escape(_counts(digest, categories))}[/dim]"
    for notice in digest.notices:
        yield f"[yellow]{_with_commands(notice)}[/yellow]"
    if digest.is_empty:
        yield ""
        yield escape(digest.silence_reason)
    for entry in digest.entries:
        yield ""
        yield from entry_lines(entry)


def reply_lines(reply: Reply) -> Iterator[str]:
    """A reply's text and whatever came with it."""
    for line in reply.text.splitlines():
        yield _with_commands(line)
    if reply.digest is not None and not reply.digest.is_empty:
        for notice in reply.digest.notices:
            yield f"[yellow]{_with_commands(notice)}[/yellow]"
        for entry in reply.digest.entries:
            yield ""
            yield from entry_lines(entry)
    for entry in reply.papers:
        yield ""
        yield from entry_lines(entry)
    if reply.summary is not None:
        yield ""
        yield from summary_lines(reply.summary, indent="")
    if reply.answer is not None:
        yield ""
        yield from answer_lines(reply.answer)


def entry_lines(entry: DigestEntry) -> Iterator[str]:
    """One paper: title and score, authors, where it stands, why it is here, its summary."""
    paper = entry.paper
    score = f"  [cyan]{entry.score:.1f}[/cyan]" if entry.reasons else ""
    yield f"{entry.rank:>2}. [bold]{escape(paper.title)}[/bold]{score}"
    yield f"{_INDENT}[dim]{escape(_authors(paper.authors))}[/dim]"
    yield (
        f"{_INDENT}{', '.join(paper.categories)} · {entry.announce_type} · {paper.versioned_id} · "
        f"[link={paper.abs_url}]{paper.abs_url}[/link]"
    )
    if entry.reasons:
        yield f"{_INDENT}[green]why[/green] {escape(_reasons(entry.reasons))}"
    if entry.summary is not None:
        yield from summary_lines(entry.summary, indent=_INDENT)


def summary_lines(summary: Summary, *, indent: str) -> Iterator[str]:
    """A summary's sections, and what they were made from."""
    for section in summary.marked_sections(_UNVERIFIED):
        yield f"{indent}[italic]{escape(section.heading)}[/italic]"
        for line in section.text.splitlines():
            yield f"{indent}{escape(line)}"
    for notice in summary.notices:
        yield f"{indent}[yellow]{escape(notice)}[/yellow]"
    if not summary.is_extract:
        parts = (summary.model, f"read: {summary.source_line()}", summary.numbers_line())
        yield f"{indent}[dim]{escape(' · '.join(filter(None, parts)))}[/dim]"


def answer_lines(answer: Answer) -> Iterator[str]:
    """An answer, the passages that bear it out, and what was read."""
    for line in answer.text.splitlines():
        yield escape(line)
    for quote in answer.quotes:
        heading = f"  [dim]({escape(quote.section)})[/dim]" if quote.section else ""
        yield f"{_INDENT}“{escape(quote.text)}”{heading}"
    for notice in answer.notices:
        yield f"[yellow]{escape(notice)}[/yellow]"
    read = f"{answer.reading or answer.source.value}. {answer.cut}".strip().rstrip(".")
    model = "" if answer.is_passages else answer.model
    parts = (model, f"read: {read}", answer.quotes_line())
    yield f"[dim]{escape(' · '.join(filter(None, parts)))}[/dim]"


def escape(text: str) -> str:
    """Foreign text as itself: no markup, no control codes of terminals, nothing invisible."""
    return markup.escape(visible(text))


def _counts(digest: Digest, categories: Iterable[str]) -> str:
    papers = "1 paper" if len(digest.entries) == 1 else f"{len(digest.entries)} papers"
    return (
        f"{papers} of {digest.matched} that matched, {digest.considered} announced in "
        f"{', '.join(categories)}"
    )


def _authors(authors: tuple[str, ...]) -> str:
    shown = ", ".join(authors[:_AUTHORS_SHOWN])
    hidden = len(authors) - _AUTHORS_SHOWN
    return f"{shown} and {hidden} more" if hidden > 0 else shown or "no authors named"


def _reasons(reasons: tuple[Reason, ...]) -> str:
    best = sorted(reasons, key=lambda reason: -abs(reason.points))
    shown = " · ".join(
        f"{shorten(reason.term, 40)} {reason.points:+.1f} ({reason.where})"
        for reason in best[:_REASONS_SHOWN]
    )
    hidden = len(reasons) - _REASONS_SHOWN
    return f"{shown} · {hidden} more" if hidden > 0 else shown


def _with_commands(line: str) -> str:
    """`commands` stand out, the rest is plain."""
    return _COMMAND.sub(r"[bold cyan]\1[/bold cyan]", escape(line))


def _payload(lines: Iterable[str]) -> str:
    return json.dumps({"markup": "\n".join(lines)}, ensure_ascii=False)
