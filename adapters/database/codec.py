"""Domain values as JSON and back, in a written form that later versions still read.

Each form carries its version as "v". A reader takes what it knows, ignores what it does not
and gives the domain's default to what is missing, so that a row written by an older or a
slightly newer Papercourier is read without a migration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import time
from functools import lru_cache
from typing import Any, TypeVar

from bot.domain.commands import SubscriptionChanges
from bot.domain.digest import Reason
from bot.domain.interests import Formula, InterestChanges, Interests, Term, TermKind
from bot.domain.subscriptions import Schedule
from bot.domain.summary import Summary, SummarySection, SummarySource, UnverifiedFigure, Usage

VERSION = 1
_KEPT = 1 << 16  # terms: some ten megabytes

Json = dict[str, Any]
_T = TypeVar("_T")


def interests_to_json(interests: Interests) -> Json:
    """The whole of `interests`."""
    return {
        "v": VERSION,
        "categories": list(interests.categories),
        "terms": [_term_to_json(term) for term in interests.terms],
        "excluded": [_term_to_json(term) for term in interests.excluded],
        "authors": list(interests.authors),
        "formula": interests.formula.value,
        "min_score": interests.min_score,
        "max_papers": interests.max_papers,
        "days_back": interests.days_back,
        "cross_lists": interests.cross_lists,
        "revisions": interests.revisions,
        "about": list(interests.about),
    }


def interests_from_json(document: Mapping[str, Any]) -> Interests:
    """What `interests_to_json` wrote, now or in an earlier version."""
    base = Interests(categories=())
    return Interests(
        categories=tuple(document.get("categories", base.categories)),
        terms=tuple(map(_term_from_json, document.get("terms", ()))),
        excluded=tuple(map(_term_from_json, document.get("excluded", ()))),
        authors=tuple(document.get("authors", base.authors)),
        formula=Formula(document.get("formula", base.formula)),
        min_score=float(document.get("min_score", base.min_score)),
        max_papers=int(document.get("max_papers", base.max_papers)),
        days_back=int(document.get("days_back", base.days_back)),
        cross_lists=bool(document.get("cross_lists", base.cross_lists)),
        revisions=bool(document.get("revisions", base.revisions)),
        about=tuple(map(str, document.get("about", base.about))),
    )


def _term_to_json(term: Term) -> str | Json:
    """A plain phrase is its text: most terms are, and subscriptions are read by the thousand."""
    if term.weight == 1.0 and term.kind is TermKind.PHRASE:
        return term.text
    return {"text": term.text, "weight": term.weight, "kind": term.kind.value}


def _term_from_json(document: str | Mapping[str, Any]) -> Term:
    if isinstance(document, str):
        return _plain_term(document)
    return Term(
        text=str(document["text"]),
        weight=float(document.get("weight", 1.0)),
        kind=TermKind(document.get("kind", TermKind.PHRASE)),
    )


@lru_cache(maxsize=_KEPT)
def _plain_term(text: str) -> Term:
    """Thousands of subscriptions ask for the same words: each is read and kept once."""
    return Term(text)


def schedule_to_json(schedule: Schedule) -> Json:
    """The whole of `schedule`, weekdays in order."""
    return {
        "v": VERSION,
        "at": schedule.at.isoformat(),
        "weekdays": sorted(schedule.weekdays),
        "timezone": schedule.timezone,
    }


def schedule_from_json(document: Mapping[str, Any]) -> Schedule:
    """What `schedule_to_json` wrote, now or in an earlier version."""
    base = Schedule()
    return Schedule(
        at=time.fromisoformat(document["at"]) if "at" in document else base.at,
        weekdays=frozenset(document.get("weekdays", base.weekdays)),
        timezone=str(document.get("timezone", base.timezone)),
    )


def changes_to_json(changes: SubscriptionChanges) -> Json:
    """What was said; nothing is written of what was not."""
    interests = changes.interests
    said = {
        "categories": interests.categories,
        "terms": _terms_to_json(interests.terms),
        "excluded": _terms_to_json(interests.excluded),
        "authors": interests.authors,
        "formula": interests.formula,
        "min_score": interests.min_score,
        "max_papers": interests.max_papers,
        "days_back": interests.days_back,
        "cross_lists": interests.cross_lists,
        "revisions": interests.revisions,
        "about": interests.about,
        "at": None if changes.at is None else changes.at.isoformat(),
        "weekdays": None if changes.weekdays is None else sorted(changes.weekdays),
        "timezone": changes.timezone,
        "language": changes.language,
        "threads": changes.threads,
        "announce_empty": changes.announce_empty,
        "learning": changes.learning,
        "role": changes.role,
        "unfurl": changes.unfurl,
    }
    return {"v": VERSION} | {name: value for name, value in said.items() if value is not None}


def changes_from_json(document: Mapping[str, Any]) -> SubscriptionChanges:
    """What `changes_to_json` wrote, now or in an earlier version."""
    read = document.get
    return SubscriptionChanges(
        interests=InterestChanges(
            categories=_map(tuple, read("categories")),
            terms=_map(_terms_from_json, read("terms")),
            excluded=_map(_terms_from_json, read("excluded")),
            authors=_map(tuple, read("authors")),
            formula=_map(Formula, read("formula")),
            min_score=_map(float, read("min_score")),
            max_papers=_map(int, read("max_papers")),
            days_back=_map(int, read("days_back")),
            cross_lists=_map(bool, read("cross_lists")),
            revisions=_map(bool, read("revisions")),
            about=_map(tuple, read("about")),
        ),
        at=_map(time.fromisoformat, read("at")),
        weekdays=_map(frozenset, read("weekdays")),
        timezone=read("timezone"),
        language=read("language"),
        threads=_map(bool, read("threads")),
        announce_empty=_map(bool, read("announce_empty")),
        learning=_map(bool, read("learning")),
        role=_map(str, read("role")),
        unfurl=_map(bool, read("unfurl")),
    )


def _terms_to_json(terms: Sequence[Term] | None) -> list[str | Json] | None:
    return None if terms is None else [_term_to_json(term) for term in terms]


def _terms_from_json(documents: Sequence[str | Mapping[str, Any]]) -> tuple[Term, ...]:
    return tuple(map(_term_from_json, documents))


def _map(read: Callable[[Any], _T], value: Any) -> _T | None:
    return None if value is None else read(value)


def reasons_to_json(reasons: Sequence[Reason]) -> Json:
    """A paper's reasons in order."""
    return {
        "v": VERSION,
        "reasons": [[reason.term, reason.where, reason.points] for reason in reasons],
    }


def reasons_from_json(document: Mapping[str, Any]) -> tuple[Reason, ...]:
    """What `reasons_to_json` wrote; fields a later version appends to a reason are ignored."""
    return tuple(
        Reason(term=str(term), where=str(where), points=float(points))
        for term, where, points, *_ in document.get("reasons", ())
    )


def summary_to_json(summary: Summary) -> Json:
    """What a summary says; its key has columns of its own."""
    return {
        "v": VERSION,
        "source": summary.source.value,
        "sections": [
            {"heading": section.heading, "text": section.text} for section in summary.sections
        ],
        "figures_checked": summary.figures_checked,
        "figures_found": summary.figures_found,
        "unverified": [
            [figure.text, figure.section, figure.start, figure.end] for figure in summary.unverified
        ],
        "reading": summary.reading,
        "cut": summary.cut,
        "notices": list(summary.notices),
        "usage": [
            summary.usage.prompt_tokens,
            summary.usage.completion_tokens,
            summary.usage.calls,
        ],
    }


def summary_from_json(
    document: Mapping[str, Any],
    *,
    arxiv_id: str,
    version: int,
    language: str,
    prompt: str,
    model: str,
) -> Summary:
    """What `summary_to_json` wrote, under its key."""
    return Summary(
        arxiv_id=arxiv_id,
        version=version,
        language=language,
        model=model,
        prompt=prompt,
        source=SummarySource(document.get("source", SummarySource.ABSTRACT)),
        sections=tuple(
            SummarySection(heading=str(section.get("heading", "")), text=str(section["text"]))
            for section in document.get("sections", ())
        ),
        figures_checked=int(document.get("figures_checked", 0)),
        figures_found=int(document.get("figures_found", 0)),
        unverified=tuple(
            UnverifiedFigure(str(text), int(section), int(start), int(end))
            for text, section, start, end, *_ in document.get("unverified", ())
        ),
        reading=str(document.get("reading", "")),
        cut=str(document.get("cut", "")),
        notices=tuple(map(str, document.get("notices", ()))),
        usage=Usage(*map(int, document.get("usage", ())[:3])),
    )
