"""A paper, its summary and an answer about it as Slack's blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from adapters.slack import limits
from adapters.slack.actions import PAPER_DISLIKE, PAPER_LIKE, PAPER_SIMILAR, PAPER_SUMMARIZE
from adapters.slack.limits import Block
from adapters.slack.mrkdwn import LINE, link, model_lines, our_lines, paper_text
from adapters.slack.payload import actions, button, context, section
from bot.domain.answer import Answer
from bot.domain.digest import DigestEntry, Reason
from bot.domain.papers import Paper
from bot.domain.summary import Summary, SummarySection
from bot.domain.text import shorten

TITLE: Final = 300  # characters; arXiv's titles have 250 at most
_AUTHORS_SHOWN: Final = 4
_AUTHOR: Final = 60
_CATEGORIES_SHOWN: Final = 5
_REASONS_SHOWN: Final = 4
_TERM: Final = 40
_BRIEF: Final = 320
_HEADING: Final = 150
_NOTICE: Final = 400
_OUR_NOTICE: Final = 380  # five times that, if all of it were escaped, still fits into a context
_SMALL_PRINT: Final = 1_500
_UNVERIFIED: Final = " (not found in the paper)"  # behind a figure that the check did not find


def paper_groups(
    entry: DigestEntry,
    *,
    with_buttons: bool = True,
    with_thumbs: bool = True,
    is_brief: bool = False,
) -> list[list[Block]]:
    """One paper: who wrote what, why it is here, its summary, its buttons.

    What is in one list belongs together; where they do not fit into one message, it is parted
    between them. `is_brief` shortens an extract to what is read in passing.
    """
    head = [section(f"{title_line(entry)}\n{authors(entry.paper.authors)}")]
    head.append(context("\n".join(filter(None, (facts(entry), reasons(entry.reasons))))))
    summary = entry.summary
    if summary is not None and summary.is_extract and is_brief:
        summary = replace(summary, sections=tuple(map(_shortened, summary.sections[:1])))
    sections = summary_groups(summary) if summary is not None else []
    groups = [[*head, *(sections[0] if sections else ())], *sections[1:]]
    if with_buttons:
        summarize = entry.summary is None or entry.summary.is_extract
        value = entry.paper.versioned_id
        groups[-1].append(paper_buttons(value, summarize=summarize, with_thumbs=with_thumbs))
    return groups


def _shortened(part: SummarySection) -> SummarySection:
    return replace(part, text=shorten(part.text, _BRIEF))


def title_line(entry: DigestEntry) -> str:
    """The paper's rank and title, which leads to its abstract page."""
    return f"*{entry.rank}. {title_link(entry.paper)}*"


@lru_cache(maxsize=4096)
def title_link(paper: Paper, limit: int = TITLE) -> str:
    """The title as a link to the abstract page, as arXiv asks for."""
    return link(paper_text(paper.title, limit, with_links=False) or paper.arxiv_id, paper.abs_url)


def facts(entry: DigestEntry) -> str:
    """Where it stands and what it scored, and the ways to it."""
    score = f"score {entry.score:.1f}" if entry.reasons else ""
    return " · ".join(
        filter(None, (_categories(entry.paper), entry.announce_type, score, links(entry.paper)))
    )


def links(paper: Paper) -> str:
    """The abstract page, the PDF and the HTML; not every paper has the last."""
    return " · ".join(
        (
            link(paper.versioned_id, paper.abs_url),
            link("PDF", paper.pdf_url),
            link("HTML", paper.html_url),
        )
    )


def _categories(paper: Paper) -> str:
    shown = ", ".join(paper_text(each, 40) for each in paper.categories[:_CATEGORIES_SHOWN])
    hidden = len(paper.categories) - _CATEGORIES_SHOWN
    return f"{shown} and {hidden} more" if hidden > 0 else shown


def authors(names: tuple[str, ...]) -> str:
    """The first authors, and the last, who often leads the group."""
    if len(names) <= _AUTHORS_SHOWN + 1:
        return ", ".join(paper_text(each, _AUTHOR) for each in names) or "no authors named"
    first = ", ".join(paper_text(each, _AUTHOR) for each in names[: _AUTHORS_SHOWN - 1])
    hidden = len(names) - _AUTHORS_SHOWN
    return f"{first}, … {hidden} more …, {paper_text(names[-1], _AUTHOR)}"


def reasons(found: tuple[Reason, ...], *, at_most: int = _REASONS_SHOWN) -> str:
    """The terms that brought it, the strongest first; "" where none did."""
    if not found:
        return ""
    best = sorted(found, key=lambda reason: -abs(reason.points))
    shown = " · ".join(
        f"{paper_text(each.term, _TERM)} {each.points:+.1f} ({each.where})"
        for each in best[:at_most]
    )
    hidden = len(found) - at_most
    return f"why: {shown} · {hidden} more" if hidden > 0 else f"why: {shown}"


def paper_buttons(value: str, *, summarize: bool = True, with_thumbs: bool = True) -> Block:
    """What can be done with a paper; `value` is its ID with its version."""
    row = [button("Summarise", action_id=PAPER_SUMMARIZE, value=value)] if summarize else []
    row.append(button("Similar", action_id=PAPER_SIMILAR, value=value))
    if with_thumbs:
        row.append(
            button("👍", action_id=PAPER_LIKE, value=value, meaning="More papers like this one")
        )
        row.append(
            button("👎", action_id=PAPER_DISLIKE, value=value, meaning="Fewer papers like this one")
        )
    return actions(*row)


def summary_groups(summary: Summary) -> list[list[Block]]:
    """A summary's sections, each in a list of its own, and what they were made from.

    An extract of the abstract needs no heading: it is the abstract, shortened.
    """
    groups = [
        [section(text) for text in _section_texts(each.heading, each.text, summary.is_extract)]
        for each in summary.marked_sections(_UNVERIFIED)
    ]
    groups = [group for group in groups if group]
    small = [paper_text(notice, _NOTICE) for notice in summary.notices]
    if not summary.is_extract:
        made = (summary.model, f"read: {summary.source_line()}", summary.numbers_line())
        small.append(paper_text(" · ".join(filter(None, made)), _SMALL_PRINT))
    footer = [context(text) for text in limits.pack(small, limits.CONTEXT)]
    if not groups:
        return [footer] if footer else []
    groups[-1] += footer
    return groups


@lru_cache(maxsize=4096)
def _section_texts(heading: str, text: str, is_extract: bool) -> tuple[str, ...]:
    lines = list(model_lines(text))
    if heading and not is_extract:
        lines.insert(0, f"*{paper_text(heading, _HEADING)}*")
    return tuple(limits.pack(lines, LINE))


def answer_groups(answer: Answer) -> list[list[Block]]:
    """An answer, the passages that bear it out, and what was read."""
    groups = [[section(text)] for text in limits.pack(model_lines(answer.text), LINE)]
    groups += [[section(text)] for text in limits.pack(list(_quotes(answer)), LINE)]
    small = [paper_text(notice, _NOTICE) for notice in answer.notices]
    read = f"{answer.reading or answer.source.value.upper()}. {answer.cut}".strip().rstrip(".")
    model = "" if answer.is_passages else answer.model
    made = " · ".join(filter(None, (model, f"read: {read}", answer.quotes_line())))
    small.append(paper_text(made, _SMALL_PRINT))
    groups.append([context(text) for text in limits.pack(small, limits.CONTEXT)])
    return groups


def _quotes(answer: Answer) -> Iterator[str]:
    for quote in answer.quotes:
        where = f" ({paper_text(quote.section, _HEADING)})" if quote.section else ""
        yield f"> “{paper_text(quote.text, LINE - 400)}”{where}"


def small_print(sentences: tuple[str, ...]) -> list[Block]:
    """Sentences for the channel, such as that a budget is spent."""
    lines = [line for each in sentences for line in our_lines(shorten(each, _OUR_NOTICE))]
    return [context(text) for text in limits.pack(lines, limits.CONTEXT)]
