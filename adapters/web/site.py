"""The pages, written by jinja2 from the templates beside this file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from adapters.web.charts import LINE_HEIGHT, LINE_WIDTH, papers_a_day, term_line
from adapters.web.links import Links, paper_slug
from adapters.web.summary_html import shown_sections
from bot.domain.digest import DigestEntry
from bot.domain.inert import visible
from bot.domain.interests import format_term
from bot.domain.published import FeedItem, Publication, PublishedDay
from bot.domain.schedule_text import format_schedule
from bot.domain.text import collapse, sentences, shorten
from bot.domain.trends import trends_of
from bot.services.publishing import ARXIV_DISCLAIMER, ARXIV_THANKS

ASSETS = {
    "site.css": "text/css; charset=utf-8",
    "site.js": "text/javascript; charset=utf-8",
    "theme.js": "text/javascript; charset=utf-8",
    "search.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
SEARCH_INDEX = "search-index.js"

_TEASER_CHARACTERS = 280
_AUTHORS_SHOWN = 6
_EARLIER_DAYS = 60  # listed on the index


class Site:
    """Every page of one publication. Pure: the same publication gives the same text."""

    def __init__(self, publication: Publication, *, is_static: bool) -> None:
        self._publication = publication
        self._is_static = is_static

    def index(self) -> str:
        """The latest day in full, the earlier ones by date."""
        days = self._publication.days
        return self._page(
            "index.html",
            Links("", self._is_static),
            latest=days[0] if days else None,
            earlier=days[1 : _EARLIER_DAYS + 1],
            terms=[format_term(term) for term in self._publication.interests.terms],
            schedule=(
                format_schedule(self._publication.schedule) if self._publication.schedule else ""
            ),
        )

    def day(self, day: PublishedDay) -> str:
        """One day's papers."""
        days = self._publication.days
        place = next(number for number, each in enumerate(days) if each.on == day.on)
        return self._page(
            "day.html",
            Links("../", self._is_static),
            day=day,
            newer=days[place - 1] if place else None,
            older=days[place + 1] if place + 1 < len(days) else None,
        )

    def paper(self, item: FeedItem) -> str:
        """One paper with its summary and checked numbers."""
        summary = item.entry.summary
        return self._page(
            "paper.html",
            Links("../", self._is_static),
            item=item,
            entry=item.entry,
            paper=item.entry.paper,
            summary=summary,
            sections=shown_sections(summary) if summary else (),
        )

    def search(self) -> str:
        """The search over everything published; the browser does the work."""
        return self._page("search.html", Links("", self._is_static))

    def trends(self) -> str:
        """What the last weeks show."""
        trends = trends_of(day.counts for day in self._publication.days)
        return self._page(
            "trends.html",
            Links("", self._is_static),
            trends=trends,
            chart=papers_a_day(trends.days, self._publication.categories),
            line_of=term_line,
            line_width=LINE_WIDTH,
            line_height=LINE_HEIGHT,
        )

    def not_found(self, sentence: str, *, root: str) -> str:
        """What is said of an address with nothing behind it."""
        return self._page("not_found.html", Links(root, self._is_static), sentence=sentence)

    def search_index(self) -> str:
        """A script, not JSON: a page opened from a disk may load no other files."""
        papers = [_found(item) for item in self._publication.papers()]
        written = json.dumps(papers, ensure_ascii=False, separators=(",", ":"))
        shown = written.encode("utf-8", "replace").decode().replace("<", "\\u003c")
        # Each paper on its own line keeps the difference between two days small.
        lines = shown.replace("],[", "],\n[")
        return f"window.papercourierPapers={lines};\n"

    def _page(self, template: str, links: Links, **given: Any) -> str:
        page = _environment().get_template(template)
        return page.render(publication=self._publication, links=links, **given)


def asset(name: str) -> bytes:
    """A style sheet or script of `ASSETS`."""
    return (resources.files("adapters.web") / "assets" / name).read_bytes()


def _found(item: FeedItem) -> list[Any]:
    """What the search knows of a paper; site.js reads the places by number."""
    paper = item.entry.paper
    return [
        paper.arxiv_id,
        paper_slug(paper.arxiv_id),
        visible(collapse(paper.title)),
        visible(", ".join(paper.authors)),
        str(item.announced_on or ""),
        " ".join(paper.categories),
        _teaser(item.entry),
    ]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("adapters.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "visible": lambda text: visible(collapse(text)),
        "paragraphs": lambda text: [
            visible(collapse(part)) for part in text.split("\n\n") if part.strip()
        ],
        "long_day": _long_day,
        "teaser": _teaser,
        "authors": _authors,
        "points": lambda points: f"{points:+.1f}",
    }
    environment.globals |= {"thanks": ARXIV_THANKS, "disclaimer": ARXIV_DISCLAIMER}
    return environment


def _long_day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _teaser(entry: DigestEntry) -> str:
    """One or two sentences that say what the paper is about."""
    summary = entry.summary
    text = summary.sections[0].text if summary and summary.sections else entry.paper.abstract
    first = " ".join(sentences(text.replace("\n- ", " "))[:2])
    return visible(shorten(collapse(first), _TEASER_CHARACTERS))


def _authors(authors: Sequence[str]) -> str:
    shown = visible(", ".join(authors[:_AUTHORS_SHOWN]))
    more = len(authors) - _AUTHORS_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
