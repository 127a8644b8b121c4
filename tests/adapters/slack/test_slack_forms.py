"""Forms: what they show, what they give back, and what Slack would not take."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from adapters.slack.commands import FormWish
from adapters.slack.form_values import beyond, read_form
from adapters.slack.forms import form_view
from adapters.slack.home import Shown, button_value, home_view, read_button_value
from bot.domain.interests import Interests, parse_term
from bot.domain.subscriptions import Destination, Schedule, Subscription, SubscriptionState
from tests.fakes.slack.forms import filled
from tests.fakes.slack.limits import check_view
from tests.fakes.slack.state import View

START = Subscription(
    number=2,
    destination=Destination("slack", "T1", "C1"),
    interests=Interests(
        categories=("cs.CL", "stat.ML"),
        terms=tuple(
            map(parse_term, ('"kv cache"', "LLM^2", "quantiz*", "/mixture[- ]of, experts?/"))
        ),
        excluded=(parse_term("survey"), parse_term('"a, b"')),
        authors=("Tri Dao", "Müller, Jürgen"),
        min_score=1.5,
        max_papers=7,
    ),
    created_at=datetime(2026, 1, 21, tzinfo=UTC),
    schedule=Schedule(time(18, 30), frozenset({0, 3}), "Europe/Berlin"),
    language="pt-BR",
    threads=False,
    announce_empty=True,
)


def submitted(view: dict[str, object], **given: object) -> dict[str, dict[str, dict[str, object]]]:
    """What Slack sends when somebody changes `given` and sends the form."""
    return filled(View("V1", "T1", "U1", view, "h", "V1"), given)


@pytest.mark.parametrize("kind", ["subscribe", "edit", "settings"])
def test_a_form_sent_as_it_came_changes_nothing(kind: str) -> None:
    view = form_view(FormWish(kind), START, unfurl=False, private_metadata="signed")

    sent = read_form(submitted(view))

    check_view(view)
    assert sent.faults == {}
    assert beyond(sent.changes, START, unfurl=False).is_empty
    assert sent.changes.apply(START) == START


def test_only_what_was_changed_goes_beyond_what_was_there() -> None:
    view = form_view(FormWish("settings"), START, unfurl=False, private_metadata="signed")

    sent = read_form(submitted(view, top="3", options=["empty", "learning", "unfurl"]))

    changes = beyond(sent.changes, START, unfurl=False)
    assert changes.interests.max_papers == 3
    assert changes.unfurl is True
    assert (changes.interests.terms, changes.language, changes.threads) == (None, None, None)


def test_fields_that_are_emptied_empty_their_lists() -> None:
    view = form_view(FormWish("edit", 2), START, unfurl=False, private_metadata="signed")

    sent = read_form(submitted(view, keywords="", excluded="", authors=""))

    interests = sent.changes.apply(START).interests
    assert (interests.terms, interests.excluded, interests.authors) == ((), (), ())


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("categories", "cs.CL, quantum", "quantum"),
        ("keywords", "/open", "close"),
        ("authors", "123", "author"),
        ("min", "-3", "out of bounds"),
        ("top", "900", "out of bounds"),
        ("timezone", "UTC+2", "Europe/Berlin"),
        ("language", "Klingon?", "language"),
    ],
)
def test_a_fault_is_told_at_its_field_in_plain_words(field: str, typed: str, says: str) -> None:
    view = form_view(FormWish("subscribe"), START, unfurl=False, private_metadata="signed")

    sent = read_form(submitted(view, **{field: typed}))

    assert set(sent.faults) == {field}
    assert says in sent.faults[field]
    assert "`" not in sent.faults[field]


def test_keywords_that_are_too_long_for_a_form_stay_as_they_are() -> None:
    terms = tuple(parse_term(f"keyword number {number} of many") for number in range(200))
    many = replace(START, interests=replace(START.interests, terms=terms))
    view = form_view(FormWish("edit", 2), many, unfurl=False, private_metadata="signed")

    sent = read_form(submitted(view, top="1"))

    check_view(view)
    assert sent.changes.interests.terms is None
    assert sent.changes.apply(many).interests.terms == terms


def test_home_stays_within_slacks_limits_with_hundreds_of_long_subscriptions() -> None:
    terms = tuple(parse_term(f"keyword <!channel> number {number}") for number in range(200))
    long = replace(START, interests=replace(START.interests, terms=terms))
    paused = replace(
        START, state=SubscriptionState.PAUSED, state_reason="paused by a person", number=3
    )
    rows = [Shown(long, "The channel is archived: unarchive it."), Shown(paused)] * 150

    view = home_view(rows, command="/arxiv")

    check_view(view)
    assert "and 270 more" in str(view)
    assert "<!channel>" not in str(view)


def test_buttons_name_their_subscription_and_nothing_else_is_read_from_them() -> None:
    assert read_button_value(button_value(START)) == ("C1", 2)
    assert read_button_value("C1") is read_button_value("<!here> 1") is None
