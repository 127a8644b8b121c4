"""What somebody filled in, as changes of a subscription, or what is wrong with it; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from adapters.slack.forms import VALUE
from bot.domain.commands import SubscriptionChanges
from bot.domain.interests import InterestChanges, parse_filters
from bot.domain.languages import parse_language
from bot.domain.schedule_text import parse_at, parse_timezone
from bot.domain.subscriptions import Subscription
from bot.domain.words import DASHES, quoted, split_list, unquoted
from bot.errors import UserError

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]  # by block, then by field


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent."""

    changes: SubscriptionChanges
    faults: Mapping[str, str] = field(default_factory=dict)  # sentences by block


def read_form(values: Values) -> Filled:
    """Read every field; one that is not there, or too long for the form, says nothing."""
    faults: dict[str, str] = {}
    interests: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for block, (name, read) in _INTERESTS.items():
        _read(values, block, name, read, into=interests, faults=faults)
    for block, (name, read) in _OTHERS.items():
        _read(values, block, name, read, into=others, faults=faults)
    if "options" in values:
        chosen = {each["value"] for each in values["options"][VALUE].get("selected_options") or []}
        interests["cross_lists"] = "cross" in chosen
        interests["revisions"] = "revisions" in chosen
        others |= {
            "threads": "threads" in chosen,
            "announce_empty": "empty" in chosen,
            "learning": "learning" in chosen,
            "unfurl": "unfurl" in chosen,
        }
    return Filled(SubscriptionChanges(interests=InterestChanges(**interests), **others), faults)


def _read(
    values: Values,
    block: str,
    name: str,
    read: Callable[[Mapping[str, Any]], Any],
    *,
    into: dict[str, Any],
    faults: dict[str, str],
) -> None:
    if block not in values:
        return
    try:
        into[name] = read(values[block][VALUE])
    except UserError as error:
        faults[block] = str(error).replace("`", "")


def _text(state: Mapping[str, Any]) -> str:
    return str(state.get("value") or "").strip()


def _filter(key: str, name: str) -> Callable[[Mapping[str, Any]], Any]:
    """A field whose every part is a filter of the grammar."""

    def read(state: Mapping[str, Any]) -> Any:
        parts = split_list(_text(state).replace("\n", ","))
        words = [f"{key}:{_bare(part, key)}" for part in parts] or [f"{key}:none"]
        changes, _ = parse_filters(words)
        return getattr(changes, name)

    return read


def _bare(part: str, key: str) -> str:
    """Without the signs of the typed grammar, which people may use here too."""
    if key == "not":
        return part.lstrip(DASHES)
    if key == "author":
        return quoted(unquoted(part.lstrip("@")))
    return part


def _categories(state: Mapping[str, Any]) -> Any:
    words = _text(state).replace(",", " ").split()
    changes, others = parse_filters([f"cat:{word}" for word in words])
    if not changes.categories or others:
        raise UserError("Name at least one of arXiv's categories, like cs.CL.")
    return changes.categories


def _number(key: str, name: str) -> Callable[[Mapping[str, Any]], Any]:
    def read(state: Mapping[str, Any]) -> Any:
        changes, _ = parse_filters([f"{key}:{_text(state)}"])
        return getattr(changes, name)

    return read


def _time(state: Mapping[str, Any]) -> Any:
    return parse_at(str(state.get("selected_time") or ""))


def _days(state: Mapping[str, Any]) -> frozenset[int]:
    days = frozenset(int(each["value"]) for each in state.get("selected_options") or [])
    if not days:
        raise UserError("Choose at least one day; pause stops digests altogether.")
    return days


_Reader = Callable[[Mapping[str, Any]], Any]
_INTERESTS: Final[Mapping[str, tuple[str, _Reader]]] = {
    "categories": ("categories", _categories),
    "keywords": ("terms", _filter("kw", "terms")),
    "excluded": ("excluded", _filter("not", "excluded")),
    "authors": ("authors", _filter("author", "authors")),
    "min": ("min_score", _number("min", "min_score")),
    "top": ("max_papers", _number("top", "max_papers")),
}
_OTHERS: Final[Mapping[str, tuple[str, _Reader]]] = {
    "at": ("at", _time),
    "days": ("weekdays", _days),
    "timezone": ("timezone", lambda state: parse_timezone(_text(state))),
    "language": ("language", lambda state: parse_language(_text(state))),
}


def without_unfurl(changes: SubscriptionChanges) -> SubscriptionChanges:
    """What of a form goes for one subscription."""
    return replace(changes, unfurl=None)


def beyond(
    changes: SubscriptionChanges, start: Subscription, *, unfurl: bool
) -> SubscriptionChanges:
    """What of `changes` differs from what the form was opened with."""
    was = {
        "at": start.schedule.at,
        "weekdays": start.schedule.weekdays,
        "timezone": start.schedule.timezone,
        "language": start.language,
        "threads": start.threads,
        "announce_empty": start.announce_empty,
        "learning": start.learning,
        "unfurl": unfurl,
    }
    others = {name: None for name, value in was.items() if getattr(changes, name) == value}
    same = {
        each.name: None
        for each in fields(changes.interests)
        if getattr(changes.interests, each.name) == getattr(start.interests, each.name)
    }
    return replace(changes, interests=replace(changes.interests, **same), **others)
