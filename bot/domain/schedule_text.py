"""Times, days and time zones as people type them, and schedules said back to them."""

from __future__ import annotations

import re
from datetime import time
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import available_timezones

from bot.domain.subscriptions import EVERY_DAY, WEEKDAYS, Schedule
from bot.errors import UserError

WEEKDAY_NAMES: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_DAY_GROUPS: Final = MappingProxyType(
    {
        "daily": EVERY_DAY,
        "everyday": EVERY_DAY,
        "all": EVERY_DAY,
        "weekdays": WEEKDAYS,
        "weekday": WEEKDAYS,
        "workdays": WEEKDAYS,
        "weekends": EVERY_DAY - WEEKDAYS,
        "weekend": EVERY_DAY - WEEKDAYS,
    }
)
_MINUTES = r"(?:\s*[:.h]\s*(?P<minute>[0-5]\d)|\s*h)?"
_TIMES: Final = (
    re.compile(rf"(?P<hour>[01]?\d|2[0-3]){_MINUTES}", re.ASCII),
    re.compile(rf"(?P<hour>0?[1-9]|1[0-2]){_MINUTES}\s*(?P<half>[ap])\.?m\.?", re.ASCII),
)
_HALF_DAY_HOURS: Final = 12
_NAMED_TIMES: Final = MappingProxyType({"noon": time(12), "midday": time(12), "midnight": time(0)})
_OFFSET: Final = re.compile(r"(?:utc|gmt)?\s*[+\-−]\s*\d{1,2}(?::?\d{2})?")
# Names people use that IANA does not have, where they mean one place's clock, summer included.
_ZONE_NICKNAMES: Final = MappingProxyType(
    {
        "z": "UTC",
        "utc": "UTC",
        "gmt": "UTC",
        "et": "America/New_York",
        "edt": "America/New_York",
        "ct": "America/Chicago",
        "cdt": "America/Chicago",
        "mt": "America/Denver",
        "mdt": "America/Denver",
        "pt": "America/Los_Angeles",
        "pst": "America/Los_Angeles",
        "pdt": "America/Los_Angeles",
        "cest": "Europe/Berlin",
        "bst": "Europe/London",
        "jst": "Asia/Tokyo",
        "kst": "Asia/Seoul",
        "beijing": "Asia/Shanghai",
        "san francisco": "America/Los_Angeles",
        "seattle": "America/Los_Angeles",
        "boston": "America/New_York",
        "washington": "America/New_York",
        "montreal": "America/Toronto",
        "munich": "Europe/Berlin",
        "hamburg": "Europe/Berlin",
        "barcelona": "Europe/Madrid",
        "milan": "Europe/Rome",
        "geneva": "Europe/Zurich",
        "delhi": "Asia/Kolkata",
        "mumbai": "Asia/Kolkata",
        "bangalore": "Asia/Kolkata",
    }
)


def parse_at(text: str) -> time:
    """A time of day: "9", "09:00", "9am", "21:30", "noon". Raises UserError."""
    bare = text.strip().casefold()
    if bare in _NAMED_TIMES:
        return _NAMED_TIMES[bare]
    for pattern in _TIMES:
        if match := pattern.fullmatch(bare):
            given = match.groupdict()
            hour = int(given["hour"])
            if half := given.get("half"):
                hour = hour % _HALF_DAY_HOURS + (_HALF_DAY_HOURS if half == "p" else 0)
            return time(hour, int(given["minute"] or 0))
    raise UserError(
        f"“{_shown(text)}” is not a time of day: write it like `at:09:00`, `at:21:30` or `at:9am`."
    )


def parse_weekdays(text: str) -> frozenset[int]:
    """Days, Monday 0: "weekdays", "daily", "weekends", "mon,thu", "mon-fri", "monday".

    A range may pass Sunday: "fri-mon". Raises UserError.
    """
    parts = [part for part in re.split(r"[,;+&\s]+", text.casefold()) if part not in ("", "and")]
    days = [_days_of(part) for part in parts]
    found = [days_ for days_ in days if days_]
    if not found or len(found) < len(days):
        raise UserError(
            f"“{_shown(text)}” does not name days: write `on:weekdays`, `on:daily`, `on:mon,thu` "
            "or, for once a week, one day such as `on:mon`."
        )
    return frozenset().union(*found)


def _days_of(part: str) -> frozenset[int]:
    """The days of one word; none where it is not about days."""
    if part in _DAY_GROUPS:
        return _DAY_GROUPS[part]
    first, dash, last = part.partition("-")
    start, end = _day_number(first), _day_number(last if dash else first)
    if start is None or end is None:
        return frozenset()
    return frozenset((start + step) % 7 for step in range((end - start) % 7 + 1))


def _day_number(word: str) -> int | None:
    short = word.rstrip(".")
    short = "wed" if short == "weds" else short
    for number, name in enumerate(WEEKDAY_NAMES):
        if len(short) > 1 and f"{name.casefold()}s".startswith(short):
            return number
    return None


def parse_timezone(text: str) -> str:
    """An IANA name, from itself in any case or from its city: "berlin" is "Europe/Berlin".

    Raises UserError with the nearest name.
    """
    bare = " ".join(text.split())
    names = _zone_names()
    folded = bare.casefold().replace("_", " ")
    if bare in names.values():
        return bare
    if folded in _ZONE_NICKNAMES:
        return _ZONE_NICKNAMES[folded]
    if folded in names:
        return names[folded]
    if _OFFSET.fullmatch(folded):
        raise UserError(
            f"“{_shown(text)}” has no summer time: name a place, such as `tz:Europe/Berlin`."
        )
    near = get_close_matches(folded, names, n=1, cutoff=0.7)
    mend = f"did you mean `tz:{names[near[0]]}`?" if near else "write it like `tz:Europe/Berlin`."
    raise UserError(f"“{_shown(text)}” is not a time zone: {mend}")


@lru_cache(maxsize=1)
def _zone_names() -> dict[str, str]:
    """Folded full names and folded cities to IANA names; where a city has two, the first one."""
    names = sorted(available_timezones() - {"Factory", "localtime", "posixrules"})
    folded = {name.casefold().replace("_", " "): name for name in names}
    for name in names:
        folded.setdefault(name.rpartition("/")[2].casefold().replace("_", " "), name)
    return folded


def format_weekdays(weekdays: frozenset[int]) -> str:
    """The shortest words that `parse_weekdays` reads back: "weekdays", "mon,thu"."""
    if weekdays == EVERY_DAY:
        return "daily"
    if weekdays == WEEKDAYS:
        return "weekdays"
    if weekdays == EVERY_DAY - WEEKDAYS:
        return "weekends"
    return ",".join(WEEKDAY_NAMES[day][:3].casefold() for day in sorted(weekdays))


def format_schedule(schedule: Schedule) -> str:
    """A schedule in words: "weekdays at 09:00 (Europe/Berlin)"."""
    days = format_weekdays(schedule.weekdays)
    if "," in days or len(schedule.weekdays) == 1:
        names = [f"{WEEKDAY_NAMES[day]}s" for day in sorted(schedule.weekdays)]
        days = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{days} at {schedule.at:%H:%M} ({schedule.timezone})"


def _shown(text: str) -> str:
    """What somebody typed, short enough to quote back."""
    return " ".join(text.split())[:40] or "nothing"
