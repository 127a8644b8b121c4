"""Digests in published forms: one JSON object, or a page in Markdown."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.domain.digest import Digest, DigestEntry
from bot.domain.inert import visible
from bot.domain.interests import Interests, format_term
from bot.domain.schedule_text import format_schedule
from bot.domain.subscriptions import Schedule
from bot.domain.summary import Summary
from bot.domain.text import collapse, shorten

# As arXiv asks for: info.arxiv.org/help/api/index, info.arxiv.org/brand/brand-guidelines.
ARXIV_THANKS = "Thank you to arXiv for use of its open access interoperability."
ARXIV_DISCLAIMER = (
    "This product was not reviewed or approved by, nor does it necessarily express or reflect "
    "the policies or opinions of, arXiv."
)

_ABSTRACT_CHARACTERS = 300
_SCORE_DIGITS = 6  # below any difference that means something
_UNVERIFIED = " (not found in the paper)"  # behind a figure that the check did not find
_WORD_JOINER = "\u2060"  # invisible, and no part of a name

_MARKUP = re.compile(r"[\\`*_\[\]|~]")
_MENTION = re.compile(r"([@#])(?=\w)")  # GitHub looks for them in the finished page
_ADDRESS = re.compile(r":(?=//)|(?<=\bwww)\.", re.IGNORECASE)  # becomes a link by itself
_LINE_START = re.compile(r"^(?:[-+=#]|\d{1,9}(?=[.)]))")
_LIST_ITEM = re.compile(r"^(?P<indent> {0,3})[-*•] +")


def digest_json(digest: Digest) -> str:
    """The digest as one JSON object, keys in the order of the documentation.

    IDs come without version, rank 1 first; `date` and `summary` may be null.
    """
    document = {
        "date": digest.announced_on.isoformat() if digest.announced_on else None,
        "considered": digest.considered,
        "matched": digest.matched,
        "papers": [_entry_object(entry) for entry in digest.entries],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be printed


def _entry_object(entry: DigestEntry) -> dict[str, Any]:
    paper = entry.paper
    return {
        "rank": entry.rank,
        "id": paper.arxiv_id,
        "version": paper.version,
        "score": round(entry.score, _SCORE_DIGITS),
        "reasons": [
            {
                "term": reason.term,
                "where": reason.where,
                "points": round(reason.points, _SCORE_DIGITS),
            }
            for reason in entry.reasons
        ],
        "title": paper.title,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "announce_type": entry.announce_type.value,
        "abstract": paper.abstract,
        "link": paper.abs_url,
        "summary": _summary_object(entry.summary) if entry.summary else None,
    }


def _summary_object(summary: Summary) -> dict[str, Any]:
    return {
        "model": summary.model,
        "source": summary.source.value,
        "sections": [
            {"heading": section.heading, "text": section.text} for section in summary.sections
        ],
        "figures_checked": summary.figures_checked,
        "figures_found": summary.figures_found,
        "unverified": [figure.text for figure in summary.unverified],
    }


def digest_markdown(
    digest: Digest,
    *,
    interests: Interests,
    updated_at: datetime,
    schedule: Schedule | None = None,
    title: str = "arXiv papers",
) -> str:
    """The digest as a page in GitHub's Markdown, in the order of the seed's page.

    `updated_at` is UTC. Whatever papers and models wrote is inert: no markup, links or mentions.
    """
    blocks = (
        f"# {escape_markdown(title)}{f' · {digest.announced_on}' if digest.announced_on else ''}",
        "## 📊 Statistics",
        _statistics(digest, interests, updated_at),
        *(f"*{escape_markdown(notice)}*" for notice in digest.notices),
        "## 📚 Recent Papers",
        *(_paper_blocks(digest) if digest.entries else (escape_markdown(_silence(digest)), "---")),
        "## 🔧 Configuration",
        _configuration(interests),
        *(("## 📅 Schedule", f"- {format_schedule(schedule)}") if schedule else ()),
        "---",
        f"*{ARXIV_THANKS} {ARXIV_DISCLAIMER}*",
    )
    return "\n\n".join(blocks) + "\n"


def escape_markdown(text: str) -> str:
    """`text` as one line of Markdown that shows exactly it.

    Also inert as GitHub renders it: no HTML, mention, reference, bare address or formula.
    """
    shown = collapse(visible(collapse(text)))  # what is taken out may leave spaces side by side
    escaped = _MARKUP.sub(r"\\\g<0>", html.escape(shown, quote=False))
    escaped = _LINE_START.sub(_guard_line_start, escaped)
    escaped = _MENTION.sub(rf"\1{_WORD_JOINER}", escaped)  # before entities, which hold a "#"
    return _ADDRESS.sub(lambda mark: f"&#{ord(mark[0])};", escaped).replace("$", "&#36;")


def _guard_line_start(mark: re.Match[str]) -> str:
    """A character that would begin a list, heading or rule; "1." is guarded at its point."""
    return f"{mark[0]}{_WORD_JOINER}" if mark[0].isdigit() else f"\\{mark[0]}"


def _statistics(digest: Digest, interests: Interests, updated_at: datetime) -> str:
    return _items(
        ("Last Updated", f"{updated_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Total Papers Found", str(len(digest.entries))),
        ("Papers Considered", str(digest.considered)),
        ("Papers Matched", str(digest.matched)),
        ("Categories Monitored", ", ".join(interests.categories)),
    )


def _silence(digest: Digest) -> str:
    return digest.silence_reason or "No papers: nothing was announced that matched."


def _paper_blocks(digest: Digest) -> Iterator[str]:
    for entry in digest.entries:
        paper = entry.paper
        yield f"### {entry.rank}. [{escape_markdown(paper.title)}]({paper.abs_url})"
        facts = (
            ("Authors", escape_markdown(", ".join(paper.authors))),
            ("Category", paper.primary_category),
            ("Published", str(digest.announced_on or "unknown")),
            ("Score", str(round(entry.score, 2))),
            ("Type", entry.announce_type.value),
            ("ArXiv ID", paper.versioned_id),
        )
        # Two spaces at the end of a line break it.
        yield "\n".join(f"**{name}**: {value}  " for name, value in facts)
        abstract = shorten(collapse(paper.abstract), _ABSTRACT_CHARACTERS)
        yield f"#### Abstract\n{escape_markdown(abstract)}"
        if entry.summary is not None:
            yield from _summary_blocks(entry.summary)
        yield "---"


def _summary_blocks(summary: Summary) -> Iterator[str]:
    name = (
        "Extract from the abstract"
        if summary.is_extract
        else f"🤖 AI Summary (by {html.escape(summary.model)})"
    )
    yield (f"<details>\n<summary><strong>{name}</strong> - Click to expand</summary>")
    for section in summary.marked_sections(_UNVERIFIED):
        if section.heading:
            yield f"**{escape_markdown(section.heading)}**"
        yield _model_text(section.text)
    for notice in summary.notices:
        yield f"*{escape_markdown(notice)}*"
    if not summary.is_extract:
        made_from = (f"read: {summary.source_line()}", summary.numbers_line())
        yield f"*{escape_markdown(' · '.join(filter(None, made_from)))}*"
    yield "</details>"


def _model_text(text: str) -> str:
    """A section's text; its lines and list items stay, all other markup is shown as typed."""
    lines: list[str] = []
    for line in text.splitlines():
        item = _LIST_ITEM.match(line)
        if item is None:
            # A plain line after a list item would be drawn into it.
            lines += [escape_markdown(line), ""] if line.strip() else [""]
        else:
            lines.append(f"{item['indent']}- {escape_markdown(line[item.end() :])}")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _configuration(interests: Interests) -> str:
    terms = ", ".join(escape_markdown(format_term(term)) for term in interests.terms)
    excluded = ", ".join(escape_markdown(format_term(term)) for term in interests.excluded)
    return _items(
        ("Keywords", terms or "none"),
        ("Excluded", excluded or "none"),
        ("Authors followed", escape_markdown(", ".join(interests.authors)) or "none"),
        ("Formula", interests.formula.value),
        ("Least score", f"{interests.min_score:g}"),
        ("Papers at most", str(interests.max_papers)),
    )


def _items(*pairs: tuple[str, str]) -> str:
    return "\n".join(f"- **{name}**: {value}" for name, value in pairs)
