"""Forms: filled with what there is, read back as the grammar reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.discord.forms import FIELDS, FilterForm, Form, command_of_form, fields_of, filled_with
from bot.command_text import parse_command
from bot.domain.commands import Edit, Settings, Subscribe
from bot.domain.interests import Interests
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import UserError

PLAIN = Subscription(
    number=3,
    destination=Destination("discord", "1", "2"),
    interests=Interests(("cs.CL",)),
    created_at=datetime(2026, 1, 21, tzinfo=UTC),
)


def subscription_of(line: str) -> Subscription:
    command = parse_command(line)
    assert isinstance(command, Subscribe)
    return command.changes.apply(PLAIN)


RICH = subscription_of(
    'subscribe cs.CL cs.LG kw:"speculative decoding",LLM^2,/a[b, c]d/ -survey -"a review" '
    '@"Tri Dao" @Ada min:2 top:5 at:9 on:mon tz:Europe/Berlin lang:de thread:off'
)


@pytest.mark.parametrize("subscription", [PLAIN, RICH])
def test_a_form_sent_as_it_was_opened_changes_nothing(subscription: Subscription) -> None:
    command = command_of_form(Form("edit", 3), filled_with(subscription))

    assert isinstance(command, Edit)
    assert command.number == 3
    assert command.changes.apply(subscription) == subscription


def test_a_field_that_was_emptied_empties_its_list() -> None:
    filled = {**filled_with(RICH), "keywords": "", "authors": " "}

    command = command_of_form(Form("edit", 3), filled)

    assert isinstance(command, Edit)
    changed = command.changes.apply(RICH).interests
    assert (changed.terms, changed.authors) == ((), ())
    assert changed.excluded == RICH.interests.excluded


def test_an_empty_form_for_a_new_subscription_leaves_everything_to_the_defaults() -> None:
    assert command_of_form(Form("subscribe"), {}) == parse_command("subscribe")
    assert command_of_form(Form("settings"), {"keywords": ""}) == Settings()


def test_nonsense_in_a_form_is_the_grammars_sentence() -> None:
    with pytest.raises(UserError, match="is not a time of day"):
        command_of_form(Form("subscribe"), {"more": "at:nine"})


def test_a_subscription_too_long_for_a_form_is_changed_with_options() -> None:
    long = replace(PLAIN, interests=replace(PLAIN.interests, authors=("Somebody Else",) * 400))

    with pytest.raises(UserError, match="too long for a form"):
        filled_with(long)


@pytest.mark.parametrize(
    "custom_id", ["pc:form:edit", "pc:form:subscribe:1", "pc:form:erase", "other", "pc:form:edit:x"]
)
def test_a_foreign_or_forged_form_is_nobodys(custom_id: str) -> None:
    assert Form.read(custom_id) is None


@pytest.mark.parametrize("form", [Form("subscribe"), Form("settings"), Form("edit", 12)])
def test_a_form_knows_itself_again(form: Form) -> None:
    assert Form.read(form.custom_id) == form


async def test_a_form_keeps_to_discords_limits_and_is_not_remembered() -> None:
    modal = FilterForm(Form("edit", 3), filled_with(RICH))

    assert len(modal.title) <= 45
    assert len(FIELDS) <= 5
    assert all(len(each.label) <= 45 and len(each.hint) <= 100 for each in FIELDS)
    assert modal.is_finished()


def test_what_was_entered_is_found_however_discord_wraps_it() -> None:
    entered = {"type": 4, "custom_id": "categories", "value": "cs.CL"}
    rows = [{"type": 1, "components": [entered]}]
    labels = [{"type": 18, "component": entered}, {"type": 10, "content": "text"}]

    assert fields_of(rows) == fields_of(labels) == {"categories": "cs.CL"}
