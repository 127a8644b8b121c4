"""Interactions: a person's command, click or form, and how the bot answered it, and how soon."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord.commands import check_choices
from tests.fakes.discord.components import check_modal, fields_of, refuse
from tests.fakes.discord.limits import check_message
from tests.fakes.discord.refusals import RefusedError, invalid_form
from tests.fakes.discord.shapes import EPHEMERAL, LOADING, Channel, Message, User
from tests.fakes.discord.state import World

COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 2, 3, 4, 5
REPLY, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
ANSWER_SECONDS = 3.0
TOKEN_SECONDS = 900.0
PATIENCE_SECONDS = 30.0  # a busy machine is slow; a broken bot never gets there


@dataclass(frozen=True, slots=True)
class Modal:
    """A form that the bot opened."""

    interaction: Interaction
    data: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.data["title"])

    @property
    def custom_id(self) -> str:
        """Its custom_id."""
        return str(self.data["custom_id"])

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Its inputs and selects."""
        return fields_of(self.data)


@dataclass(slots=True, eq=False)
class Interaction:
    """What a person asked, and all that the bot answered."""

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    asked_at: float  # loop time
    message: Message | None = None  # whose button was clicked, or which was pointed at
    answered_at: float | None = None
    answer: int | None = None  # the first answer's type
    reply: Message | None = None  # the message that the first answer made
    followups: list[Message] = field(default_factory=list)
    edits: list[Message] = field(default_factory=list)  # one for each edit of the reply
    choices: list[dict[str, Any]] = field(default_factory=list)
    modal: Modal | None = None
    failed: bool = False  # "The application did not respond"
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def milliseconds(self) -> float:
        """To the first answer."""
        assert self.answered_at is not None, "there was no answer"
        return (self.answered_at - self.asked_at) * 1000

    @property
    def ephemeral(self) -> bool:
        """Whether only the person sees the first reply."""
        return self.reply is not None and self.reply.ephemeral

    @property
    def deferred(self) -> bool:
        """Whether the first answer was only "is thinking ..."."""
        return self.answer in (DEFER, DEFER_UPDATE)

    @property
    def done(self) -> bool:
        """Whether the person sees more than "is thinking ..."."""
        return self.failed or (
            self.answer is not None
            and (
                self.reply is None
                or not self.reply.loading
                # Deleted unseen, for an answer that others are not to see after all.
                or (self.reply.deleted and bool(self.followups))
            )
        )

    @property
    def messages(self) -> list[Message]:
        """The reply, if there is one, and what followed, without what was deleted."""
        every = [*([self.reply] if self.reply else []), *self.followups]
        return [each for each in every if not each.deleted]

    @property
    def text(self) -> str:
        """All that one reads in the answers."""
        return "\n".join(each.text for each in self.messages)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something of this interaction is so. Raises AssertionError after 30 s."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"the bot did not get there: {self.text!r}") from None

    async def followed_up(self, count: int = 1) -> list[Message]:
        """Wait for so many messages after the first reply."""
        await self.until(lambda: len(self.followups) >= count)
        return self.followups


@dataclass(slots=True)
class Interactions:
    """All of them, by token."""

    world: World
    answer_seconds: float = ANSWER_SECONDS
    by_token: dict[str, Interaction] = field(default_factory=dict)

    def open(
        self, kind: int, user: User, channel: Channel, *, message: Message | None = None
    ) -> Interaction:
        """A new interaction, its clock running."""
        interaction = Interaction(
            self.world.new_id(), secrets.token_urlsafe(96), kind, user, channel, self._now()
        )
        interaction.message = message
        self.by_token[interaction.token] = interaction
        return interaction

    def _now(self) -> float:
        return asyncio.get_running_loop().time() + self.world.skew_seconds

    async def first_answer(self, interaction: Interaction) -> None:
        """Wait for the bot's answer, as long as Discord does."""
        deadline = interaction.asked_at + self.answer_seconds
        while interaction.answer is None and not interaction.failed:
            left = deadline - self._now()
            interaction.changed.clear()
            try:
                async with asyncio.timeout(max(0.0, left)):
                    await interaction.changed.wait()
            except TimeoutError:
                interaction.failed = interaction.answer is None
                interaction.changed.set()

    # --- the bot's side --------------------------------------------------------------------

    def respond(self, token: str, interaction_id: int, body: Mapping[str, Any]) -> Interaction:
        """The first answer. Raises RefusedError (10062, 40060, 50035)."""
        interaction = self.by_token.get(token)
        now = self._now()
        if interaction is None or interaction.id != interaction_id:
            raise RefusedError(10062)
        if interaction.answer is not None:
            raise RefusedError(40060)
        if now > interaction.asked_at + self.answer_seconds or interaction.failed:
            interaction.failed = True
            raise RefusedError(10062)
        kind, data = body["type"], body.get("data") or {}
        self._check_kind(interaction, kind)
        self._answer(interaction, kind, data)
        interaction.answer, interaction.answered_at = kind, now
        interaction.changed.set()
        return interaction

    def _check_kind(self, interaction: Interaction, kind: int) -> None:
        allowed = {
            COMMAND: {REPLY, DEFER, MODAL},
            COMPONENT: {REPLY, DEFER, DEFER_UPDATE, UPDATE, MODAL},
            AUTOCOMPLETE: {CHOICES},
            FORM: {REPLY, DEFER, *((DEFER_UPDATE, UPDATE) if interaction.message else ())},
        }
        if kind not in allowed[interaction.kind]:
            sentence = f"Value must be one of {sorted(allowed[interaction.kind])}."
            raise refuse(("type",), "BASE_TYPE_CHOICES", sentence)

    def _answer(self, interaction: Interaction, kind: int, data: Mapping[str, Any]) -> None:
        if kind == REPLY:
            check_message(data)
            interaction.reply = self._post(interaction, data)
        elif kind == DEFER:
            flags = LOADING | (data.get("flags") or 0) & EPHEMERAL
            interaction.reply = self._post(interaction, {"flags": flags})
        elif kind == UPDATE:
            assert interaction.message is not None
            check_message(data, is_edit=True)
            self.world.edit(interaction.message, data)
            interaction.edits.append(interaction.message)
        elif kind == CHOICES:
            choices = list(data.get("choices") or ())
            faults = list(check_choices(choices, ("data",)))
            if len(choices) > 25:
                faults.append((("data", "choices"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer."))
            if faults:
                raise invalid_form(faults)
            interaction.choices = choices
        elif kind == MODAL:
            check_modal(data)
            interaction.modal = Modal(interaction, dict(data))

    def _post(self, interaction: Interaction, body: Mapping[str, Any]) -> Message:
        channel = interaction.channel
        if channel.is_thread and channel.locked and not (body.get("flags") or 0) & EPHEMERAL:
            raise RefusedError(50083)
        return self.world.post(
            channel,
            self.world.me,
            body,
            webhook_id=self.world.me.id,
            application_id=self.world.me.id,
            seen_by=interaction.user if (body.get("flags") or 0) & EPHEMERAL else None,
            interaction={
                "id": str(interaction.id),
                "type": interaction.kind,
                "user": interaction.user.json(),
                "authorizing_integration_owners": {},
            },
        )

    def known(self, token: str) -> Interaction:
        """The interaction of a token. Raises RefusedError (10015, 50027)."""
        interaction = self.by_token.get(token)
        if interaction is None or interaction.answer is None:
            raise RefusedError(10015)
        if self._now() > interaction.asked_at + TOKEN_SECONDS:
            raise RefusedError(50027)
        return interaction

    def follow_up(self, token: str, body: Mapping[str, Any]) -> Message:
        """Another message; the first one after "is thinking ..." takes its place."""
        interaction = self.known(token)
        check_message(body)
        reply = interaction.reply
        if reply is not None and reply.loading and not reply.deleted:
            return self.edit_reply(interaction, body)
        message = self._post(interaction, body)
        interaction.followups.append(message)
        interaction.changed.set()
        return message

    def original(self, interaction: Interaction) -> Message:
        """The message behind @original. Raises RefusedError (10008)."""
        message = interaction.reply or interaction.message
        if message is None or message.deleted:
            raise RefusedError(10008)
        return message

    def edit_reply(self, interaction: Interaction, body: Mapping[str, Any]) -> Message:
        """Change the reply, or the message whose button was clicked."""
        message = self.original(interaction)
        check_message(body, is_edit=not message.loading)
        message.flags &= ~LOADING
        self.world.edit(message, body)
        interaction.edits.append(message)
        interaction.changed.set()
        return message

    def message_of(self, interaction: Interaction, message_id: int) -> Message:
        """One of its messages. Raises RefusedError (10008)."""
        for message in interaction.messages:
            if message.id == message_id:
                return message
        raise RefusedError(10008)
