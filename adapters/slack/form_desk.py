"""Opening forms and taking what people sent with them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.slack.answering import Answering, unexpected
from adapters.slack.commands import FormWish
from adapters.slack.errors import slack_errors
from adapters.slack.form_values import Filled, beyond, read_form, without_unfurl
from adapters.slack.forms import form_view
from adapters.slack.keys import Keys
from adapters.slack.people import People
from adapters.slack.places import Place, team_of
from adapters.slack.signing import FormState, read_state, sign_state
from adapters.slack.workspaces import Workspaces
from bot.domain.commands import Command, Edit, Settings, Subscribe, SubscriptionChanges
from bot.domain.subscriptions import Subscription
from bot.errors import PapercourierError, UserError
from bot.ports import Clock
from bot.services.desk import Desk

log = logging.getLogger(__name__)

_NOTHING = SubscriptionChanges()


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that came back whole and from whom it was opened for."""

    place: Place
    state: FormState
    filled: Filled


class FormDesk:
    """Shows forms, and makes commands of them."""

    def __init__(
        self,
        *,
        desk: Desk,
        answering: Answering,
        people: People,
        workspaces: Workspaces,
        keys: Keys,
        clock: Clock,
    ) -> None:
        self._desk = desk
        self._answering = answering
        self._people = people
        self._workspaces = workspaces
        self._keys = keys
        self._clock = clock

    async def open(self, place: Place, wish: FormWish, *, trigger_id: str) -> None:
        """Open a form, or say why there is none."""
        try:
            await self._open(place, wish, trigger_id=trigger_id)
        except PapercourierError as error:
            await self._answering.say_error(place, error)
        except Exception:  # noqa: BLE001 - `unexpected` logs it with its reference
            await self._answering.say(place, unexpected(f"form {wish.kind}"))

    async def _open(self, place: Place, wish: FormWish, *, trigger_id: str) -> None:
        start, unfurl = await self._start(place, wish)
        state = FormState(
            kind=wish.kind,
            team_id=place.team_id,
            channel_id=place.channel_id,
            user_id=place.user_id,
            number=start.number,
            opened_at=int(self._clock.now().timestamp()),
        )
        view = form_view(
            wish, start, unfurl=unfurl, private_metadata=sign_state(state, self._keys.signing)
        )
        client = await self._workspaces.client(place.team_id)
        with slack_errors():
            await client.views_open(trigger_id=trigger_id, view=view)

    async def _start(self, place: Place, wish: FormWish) -> tuple[Subscription, bool]:
        """What the form is filled in with. Raises UserError where it would be of no use."""
        actor = await self._answering.actor(place, command=_command(wish.kind, 1, _NOTHING))
        if not actor.may_manage:
            raise UserError("Only people who manage this channel may do that: ask one of them.")
        defaults = await self._desk.channel_defaults(actor)
        unfurl = bool(defaults.unfurl)
        if wish.kind == "edit":
            return await self._desk.pick(actor, wish.number), unfurl
        if wish.kind == "subscribe":
            await self._people.check_membership(place)
        start = await self._desk.sketch(actor, _NOTHING)
        if defaults.timezone is None and start.schedule.timezone == "UTC":
            # Nobody said otherwise, and Slack knows where people are.
            zone = (await self._people.user(place)).get("tz") or "UTC"
            start = replace(start, schedule=replace(start.schedule, timezone=str(zone)))
        return start, unfurl

    def read(self, body: Mapping[str, Any]) -> Sent:
        """What somebody sent, with its faults by field; it never waits.

        Raises UserError for a form that is not ours, not theirs or too old.
        """
        view = body["view"]
        user_id = str((body.get("user") or {}).get("id", ""))
        state = read_state(
            str(view.get("private_metadata", "")),
            self._keys.signing,
            team_id=team_of(body),
            user_id=user_id,
            now=self._clock.now(),
        )
        filled = read_form(view["state"]["values"])
        return Sent(Place(state.team_id, state.channel_id, user_id), state, filled)

    async def take(self, sent: Sent) -> None:
        """Do what a form without faults asks for."""
        changes = sent.filled.changes
        if sent.state.kind == "settings":
            try:
                changes = await self._beyond(sent)
            except PapercourierError as error:
                await self._answering.say_error(sent.place, error)
                return
        else:
            changes = without_unfurl(changes)
        command = _command(sent.state.kind, sent.state.number, changes)
        await self._answering.answer(sent.place, command)

    async def _beyond(self, sent: Sent) -> SubscriptionChanges:
        """Only what was changed: what stays as the installation has it follows that."""
        actor = await self._answering.actor(sent.place, command=Settings())
        defaults = await self._desk.channel_defaults(actor)
        start = await self._desk.sketch(actor, _NOTHING)
        return beyond(sent.filled.changes, start, unfurl=bool(defaults.unfurl))


def _command(kind: str, number: int, changes: SubscriptionChanges) -> Command:
    if kind == "edit":
        return Edit(number, changes)
    return Settings(changes) if kind == "settings" else Subscribe(changes)


def notice_view(title: str, text: str) -> dict[str, Any]:
    """A modal that says one thing."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": title},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": [{"type": "section", "text": {"type": "plain_text", "text": text}}],
    }
