"""What people type of a subscription: filters, and when, where and in which language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from bot.domain.commands import SubscriptionChanges
from bot.domain.interests import format_filters, parse_filters
from bot.domain.languages import parse_language
from bot.domain.schedule_text import format_weekdays, parse_at, parse_timezone, parse_weekdays
from bot.domain.subscriptions import Subscription
from bot.domain.words import unquoted
from bot.errors import UserError


def parse_changes(words: Sequence[str]) -> SubscriptionChanges:
    """What `words` (from `split_words`, or a shell's) say of a subscription.

    Raises UserError for the first word that cannot be meant.
    """
    given: dict[str, Any] = {}
    others: list[str] = []
    waiting = iter(words)
    for word in waiting:
        key, value = _option(word)
        if key is None:
            others.append(word)
            continue
        if not value or value.endswith(","):  # "at: 9", "on:mon, thu"
            value += next(waiting, "")
        name, read = _OPTIONS[key]
        if name in given:
            raise UserError(f"`{key}:` stands there twice: keep one of them.")
        given[name] = read(unquoted(value))
    interests, rest = parse_filters(others)
    if rest:
        raise UserError(
            f"I do not know what “{rest[0][:40]}” means here: keywords go after `kw:`, categories "
            "look like cs.CL, and `help subscribe` shows the rest."
        )
    return SubscriptionChanges(interests=interests, **given)


def _option(word: str) -> tuple[str | None, str]:
    """The key among ours that a word opens with, and what follows it."""
    for separator in (":", "="):
        key, found, value = word.partition(separator)
        folded = key.casefold()
        if found and (folded := _OPTION_SYNONYMS.get(folded, folded)) in _OPTIONS:
            return folded, value
    return None, ""


_ROLE: Final = re.compile(r"(?:<@&)?(\d{15,22})>?", re.ASCII)  # Discord's, bare or as a mention


def _role(text: str) -> str:
    """The ID of the role whose people a digest notifies; "" for nobody."""
    word = text.strip()
    if word.casefold() in ("off", "no", "none"):
        return ""
    if (match := _ROLE.fullmatch(word)) is None:
        raise UserError(
            f"“role:{word[:40]}” names no role: pick one as Discord offers it after `role:@`, or "
            "write its ID after `role:`; `role:off` notifies nobody."
        )
    return match[1]


def _switch(key: str) -> Callable[[str], bool]:
    def read(text: str) -> bool:
        word = text.strip().casefold()
        if word in ("on", "yes", "true", "1"):
            return True
        if word in ("off", "no", "false", "0"):
            return False
        raise UserError(f"“{key}:{text.strip()[:40]}” is neither on nor off: write `{key}:on`.")

    return read


_OPTIONS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = MappingProxyType(
    {
        "at": ("at", parse_at),
        "on": ("weekdays", parse_weekdays),
        "tz": ("timezone", parse_timezone),
        "lang": ("language", parse_language),
        "thread": ("threads", _switch("thread")),
        "empty": ("announce_empty", _switch("empty")),
        "learning": ("learning", _switch("learning")),
        "role": ("role", _role),
        "unfurl": ("unfurl", _switch("unfurl")),
    }
)
_OPTION_SYNONYMS: Final = MappingProxyType(
    {"time": "at", "timezone": "tz", "zone": "tz", "language": "lang", "threads": "thread"}
)


def format_changes(subscription: Subscription) -> str:
    """The `subscribe` line that makes such a subscription where no default was changed."""
    schedule = subscription.schedule
    options = {
        "at": f"{schedule.at:%H:%M}",
        "on": format_weekdays(schedule.weekdays),
        "tz": schedule.timezone,
        "lang": subscription.language,
        "thread": "on" if subscription.threads else "off",
        "empty": "on" if subscription.announce_empty else "off",
        "learning": "on" if subscription.learning else "off",
    }
    if subscription.role:
        options["role"] = subscription.role
    typed = " ".join(f"{key}:{value}" for key, value in options.items())
    return f"subscribe {format_filters(subscription.interests)} {typed}"
