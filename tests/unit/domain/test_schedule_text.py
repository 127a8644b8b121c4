from datetime import time
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.languages import language_name, parse_language
from bot.domain.schedule_text import (
    format_schedule,
    format_weekdays,
    parse_at,
    parse_timezone,
    parse_weekdays,
)
from bot.domain.subscriptions import EVERY_DAY, WEEKDAYS, Schedule
from bot.errors import UserError


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("9", time(9)),
        ("09:00", time(9)),
        ("9am", time(9)),
        ("9:30 PM", time(21, 30)),
        ("21:30", time(21, 30)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("9.15", time(9, 15)),
        ("9h", time(9)),
        ("18h45", time(18, 45)),
        ("noon", time(12)),
    ],
)
def test_times_are_read_as_people_write_them(typed: str, at: time) -> None:
    assert parse_at(typed) == at


@pytest.mark.parametrize("typed", ["24:00", "9:60", "13pm", "0am", "", "soon", "9:5", "-1", "٩"])
def test_what_is_no_time_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(UserError, match="at:09:00"):
        parse_at(typed)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("weekdays", {0, 1, 2, 3, 4}),
        ("daily", {0, 1, 2, 3, 4, 5, 6}),
        ("weekends", {5, 6}),
        ("mon,thu", {0, 3}),
        ("monday", {0}),
        ("Mondays", {0}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("fri-mon", {4, 5, 6, 0}),
        ("Tue & Thurs", {1, 3}),
        ("mon and weds", {0, 2}),
    ],
)
def test_days_are_read_as_people_write_them(typed: str, days: set[int]) -> None:
    assert parse_weekdays(typed) == days


@pytest.mark.parametrize("typed", ["", ",", "m", "mon-", "weekly", "mon,someday", "t"])
def test_what_names_no_day_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(UserError, match="on:weekdays"):
        parse_weekdays(typed)


@given(st.frozensets(st.integers(0, 6), min_size=1))
def test_days_said_back_are_read_as_the_same_days(days: frozenset[int]) -> None:
    assert parse_weekdays(format_weekdays(days)) == days


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("los_angeles", "America/Los_Angeles"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
        ("pst", "America/Los_Angeles"),
        ("utc", "UTC"),
    ],
)
def test_a_time_zone_is_found_by_its_name_or_its_city(typed: str, name: str) -> None:
    assert parse_timezone(typed) == name


def test_every_time_zone_is_read_as_itself() -> None:
    names = available_timezones() - {"Factory", "localtime"}

    assert [name for name in names if parse_timezone(name) != name] == []


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ("Europe/Berln", "did you mean `tz:Europe/Berlin`?"),
        ("tokio", "did you mean `tz:Asia/Tokyo`?"),
        ("qqqq", "write it like `tz:Europe/Berlin`"),
        ("UTC+2", "name a place"),
        ("-05:00", "name a place"),
    ],
)
def test_an_unknown_time_zone_is_refused_with_the_nearest(typed: str, mend: str) -> None:
    with pytest.raises(UserError) as refusal:
        parse_timezone(typed)

    assert mend in str(refusal.value)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (WEEKDAYS, "weekdays at 09:05 (Europe/Berlin)"),
        (EVERY_DAY, "daily at 09:05 (Europe/Berlin)"),
        (frozenset({0}), "Mondays at 09:05 (Europe/Berlin)"),
        (frozenset({0, 3}), "Mondays and Thursdays at 09:05 (Europe/Berlin)"),
        (frozenset({0, 2, 4}), "Mondays, Wednesdays and Fridays at 09:05 (Europe/Berlin)"),
    ],
)
def test_a_schedule_reads_as_a_sentence(days: frozenset[int], words: str) -> None:
    assert format_schedule(Schedule(time(9, 5), days, "Europe/Berlin")) == words


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("de", "de"),
        ("German", "de"),
        ("deutsch", "de"),
        ("zh", "zh"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("pt_br", "pt-BR"),
        ("es-419", "es-419"),
        ("中文", "zh"),
    ],
)
def test_languages_are_read_from_tags_and_names(typed: str, tag: str) -> None:
    assert parse_language(typed) == tag


@pytest.mark.parametrize("typed", ["", "xx", "klingon", "de-", "germa", "en-us-x-private", "d"])
def test_an_unknown_language_is_refused_with_a_mend(typed: str) -> None:
    with pytest.raises(UserError, match="lang:"):
        parse_language(typed)


def test_a_tag_has_an_english_name() -> None:
    assert language_name("zh-Hant-TW") == "Chinese"
    assert language_name("de") == "German"


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_only_user_errors_come_out(typed: str) -> None:
    for parse in (parse_at, parse_weekdays, parse_timezone, parse_language):
        try:
            parse(typed)
        except UserError as error:
            assert str(error)  # noqa: PT017 - either outcome is right, any other error is not
