"""Start, change and end subscriptions; hand them over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain import calendar
from bot.domain.commands import Actor, SubscriptionChanges
from bot.domain.interests import Interests, format_filters, parse_filters
from bot.domain.learning import Memory
from bot.domain.schedule_text import format_weekdays, parse_at, parse_timezone, parse_weekdays
from bot.domain.subscriptions import Schedule, Subscription, SubscriptionState
from bot.domain.words import split_words
from bot.errors import UserError
from bot.ports import Clock, UnitOfWork, UnitOfWorkFactory

MOST_PER_CHANNEL = 25  # more would not fit any platform's list in one message
_EXPORT_VERSION = 1


@dataclass(frozen=True, slots=True)
class SubscriptionDefaults:
    """What a subscription starts from where nothing else was said."""

    interests: Interests
    schedule: Schedule
    language: str = "en"
    threads: bool = True
    announce_empty: bool = False
    learning: bool = True


class SubscribingService:
    """One channel's subscriptions, as its people change them."""

    def __init__(
        self, *, open_unit: UnitOfWorkFactory, clock: Clock, defaults: SubscriptionDefaults
    ) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._defaults = defaults

    async def subscribe(
        self, actor: Actor, changes: SubscriptionChanges
    ) -> tuple[Subscription, bool]:
        """The subscription as stored, and whether it is a new one.

        Asking again for the same categories changes that subscription instead.
        """
        async with self._open_unit() as unit:
            fresh = await self._fresh(unit, actor, changes)
            existing = await unit.subscriptions.of_destination(actor.destination)
            same = _with_categories(existing, fresh.interests.categories)
            if same is None:
                if len(existing) >= MOST_PER_CHANNEL:
                    raise UserError(
                        f"This channel has {MOST_PER_CHANNEL} subscriptions already: `edit` one "
                        "of them, or `unsubscribe` from one first."
                    )
                stored = await unit.subscriptions.add(fresh)
            else:
                stored = self._rescheduled(changes.apply(same))
                await unit.subscriptions.save(stored)
            await unit.commit()
        return stored, same is None

    async def sketch(self, actor: Actor, changes: SubscriptionChanges) -> Subscription:
        """The subscription that `subscribe` would start; nothing is stored."""
        async with self._open_unit() as unit:
            return await self._fresh(unit, actor, changes)

    async def before_latest_day(self, categories: tuple[str, ...]) -> int:
        """The cursor from which the whole latest announcement is still to come."""
        async with self._open_unit() as unit:
            return await _before_latest_day(unit, categories)

    async def edit(
        self, actor: Actor, number: int | None, changes: SubscriptionChanges
    ) -> Subscription:
        """Change what is said, keep the rest."""
        if changes.is_empty:
            raise UserError("Say what to change, as in `edit 1 min:2.5 top:10`.")
        async with self._open_unit() as unit:
            changed = self._rescheduled(changes.apply(await _pick(unit, actor, number)))
            others = [
                each
                for each in await unit.subscriptions.of_destination(actor.destination)
                if each.id != changed.id
            ]
            if twin := _with_categories(others, changed.interests.categories):
                raise UserError(
                    f"Subscription {twin.number} has these categories already: edit that one, or "
                    f"`unsubscribe {twin.number}` first."
                )
            await unit.subscriptions.save(changed)
            await unit.commit()
        return changed

    async def unsubscribe(self, actor: Actor, number: int | None) -> Subscription:
        """End a subscription; what it posted stays known."""
        async with self._open_unit() as unit:
            ended = await _pick(unit, actor, number)
            await unit.subscriptions.remove(ended)
            await unit.feed_links.close(ended.id)  # subscribing again revives the ID, not the link
            await unit.commit()
        return ended

    async def pause(self, actor: Actor, number: int | None) -> Subscription:
        """Stop its digests until `resume`."""
        async with self._open_unit() as unit:
            paused = replace(
                await _pick(unit, actor, number, state=SubscriptionState.ACTIVE),
                state=SubscriptionState.PAUSED,
                state_reason="paused by a person",
                next_run_at=None,
            )
            await unit.subscriptions.save(paused)
            await unit.commit()
        return paused

    async def try_again(self, actor: Actor) -> bool:
        """Let a channel that refused us be tried again; False where it did not refuse."""
        async with self._open_unit() as unit:
            state = await unit.destinations.state(actor.destination)
            if state.disabled_code is None:
                return False
            await unit.destinations.enable(actor.destination)
            await unit.commit()
        return True

    async def resume(self, actor: Actor, number: int | None) -> Subscription:
        """Start its digests again, and let its channel be tried again."""
        async with self._open_unit() as unit:
            picked = await _pick(unit, actor, number, but_not=SubscriptionState.ACTIVE)
            resumed = self._rescheduled(
                replace(picked, state=SubscriptionState.ACTIVE, state_reason="")
            )
            await unit.subscriptions.save(resumed)
            await unit.destinations.enable(actor.destination)
            await unit.commit()
        return resumed

    async def pick(self, actor: Actor, number: int | None) -> Subscription:
        """The subscription meant by `number`, or the only one. Raises UserError."""
        async with self._open_unit() as unit:
            return await _pick(unit, actor, number)

    async def list(self, actor: Actor) -> tuple[Subscription, ...]:
        """The channel's subscriptions by number."""
        async with self._open_unit() as unit:
            return await unit.subscriptions.of_destination(actor.destination)

    async def settings(self, actor: Actor, changes: SubscriptionChanges) -> SubscriptionChanges:
        """The channel's defaults, after `changes` were put over them.

        Whether thumbs count is the whole channel's affair: that goes for what is there, too.
        """
        async with self._open_unit() as unit:
            state = await unit.destinations.state(actor.destination)
            if changes.is_empty:
                return state.defaults
            merged = changes.over(state.defaults)
            await unit.destinations.set_defaults(actor.destination, merged)
            if changes.learning is not None:
                for each in await unit.subscriptions.of_destination(actor.destination):
                    await unit.subscriptions.save(replace(each, learning=changes.learning))
            await unit.commit()
        return merged

    async def export(self, actor: Actor) -> str:
        """The channel's subscriptions as JSON that `import` understands."""
        async with self._open_unit() as unit:
            subscriptions = await unit.subscriptions.of_destination(actor.destination)
            written = [
                _written(each) | _learned(await unit.thumbs.memory(each.id))
                for each in subscriptions
            ]
        document = {"papercourier": _EXPORT_VERSION, "subscriptions": written}
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    async def import_(self, actor: Actor, document: str) -> tuple[Subscription, ...]:
        """Take over an export: all of it, or nothing when any of it is wrong."""
        exported = _exported_subscriptions(document)
        fresh = [self._imported(actor, each) for each in exported]
        memories = [_memory(each) for each in exported]
        async with self._open_unit() as unit:
            existing = await unit.subscriptions.of_destination(actor.destination)
            if len(existing) + len(fresh) > MOST_PER_CHANNEL:
                raise UserError(
                    f"That would make more than {MOST_PER_CHANNEL} subscriptions in this channel: "
                    "`unsubscribe` from some first."
                )
            stored = []
            for each, memory in zip(fresh, memories, strict=True):
                if same := _with_categories(existing, each.interests.categories):
                    each = replace(each, id=same.id, number=same.number)  # noqa: PLW2901 - the same subscription, stored
                    await unit.subscriptions.save(each)
                else:
                    each = await unit.subscriptions.add(each)  # noqa: PLW2901 - likewise
                if memory.examples:
                    await unit.thumbs.learn(each.id, memory, memory.profile())
                stored.append(each)
            await unit.commit()
        return tuple(stored)

    async def _fresh(
        self, unit: UnitOfWork, actor: Actor, changes: SubscriptionChanges
    ) -> Subscription:
        state = await unit.destinations.state(actor.destination)
        fresh = changes.over(state.defaults).apply(self._started(actor))
        return replace(
            self._rescheduled(fresh),
            seen_through=await _before_latest_day(unit, fresh.interests.categories),
        )

    def _started(self, actor: Actor) -> Subscription:
        return Subscription(
            number=0,
            destination=actor.destination,
            interests=self._defaults.interests,
            created_at=self._clock.now(),
            schedule=self._defaults.schedule,
            language=self._defaults.language,
            threads=self._defaults.threads,
            announce_empty=self._defaults.announce_empty,
            learning=self._defaults.learning,
            created_by=actor.user_id,
        )

    def _rescheduled(self, subscription: Subscription) -> Subscription:
        if not subscription.is_active:
            return subscription
        next_run_at = calendar.next_run_after(subscription.schedule, self._clock.now())
        return replace(subscription, next_run_at=next_run_at)

    def _imported(self, actor: Actor, written: Any) -> Subscription:
        started = self._started(actor)
        try:
            changes, rest = parse_filters(split_words(str(written["filters"])))
            subscription = replace(
                started,
                interests=changes.apply(Interests(categories=())),
                schedule=Schedule(
                    at=parse_at(str(written["at"])),
                    weekdays=parse_weekdays(str(written["on"])),
                    timezone=parse_timezone(str(written["timezone"])),
                ),
                language=str(written["language"]),
                threads=bool(written["threads"]),
                announce_empty=bool(written["announce_empty"]),
                learning=bool(written.get("learning", True)),  # older exports do not say
                role=str(written.get("role", "")),
                state=SubscriptionState.PAUSED if written["paused"] else SubscriptionState.ACTIVE,
            )
        except (KeyError, TypeError) as error:
            raise UserError(
                f"This is no export of Papercourier: a subscription lacks {error}. "
                "Make one with `export`."
            ) from error
        if rest or not subscription.interests.categories:
            raise UserError(f"The filters “{written['filters']}” are not whole: export them again.")
        return self._rescheduled(subscription)


async def _pick(
    unit: UnitOfWork,
    actor: Actor,
    number: int | None,
    *,
    state: SubscriptionState | None = None,
    but_not: SubscriptionState | None = None,
) -> Subscription:
    """The subscription meant by `number`; without one, the only one that fits."""
    existing = await unit.subscriptions.of_destination(actor.destination)
    if not existing:
        raise UserError("This channel has no subscription yet: start one with `subscribe cs.CL`.")
    if number is not None:
        return _numbered(existing, number)
    fitting = [each for each in existing if state in (None, each.state) and each.state != but_not]
    if len(fitting) == 1:
        return fitting[0]
    if len(existing) == 1:
        return existing[0]
    raise UserError(
        f"This channel has {len(existing)} subscriptions: say which by its number, as `list` "
        "shows it."
    )


def _numbered(existing: Sequence[Subscription], number: int) -> Subscription:
    for each in existing:
        if each.number == number:
            return each
    numbers = ", ".join(str(each.number) for each in existing)
    raise UserError(f"There is no subscription {number} here: there is {numbers}.")


def _with_categories(
    existing: Sequence[Subscription], categories: tuple[str, ...]
) -> Subscription | None:
    wanted = frozenset(categories)
    return next((each for each in existing if frozenset(each.interests.categories) == wanted), None)


async def _before_latest_day(unit: UnitOfWork, categories: tuple[str, ...]) -> int:
    """The cursor from which a new subscription starts: right before the latest announcement."""
    days = await unit.papers.announced_days(limit=1)
    if not days:
        return 0
    latest = await unit.papers.announced(since=days[0][0], categories=categories)
    if not latest:
        return await unit.papers.last_sequence()
    return min(each.sequence for each in latest) - 1


def _written(subscription: Subscription) -> dict[str, Any]:
    return {
        "filters": format_filters(subscription.interests),
        "at": f"{subscription.schedule.at:%H:%M}",
        "on": format_weekdays(subscription.schedule.weekdays),
        "timezone": subscription.schedule.timezone,
        "language": subscription.language,
        "threads": subscription.threads,
        "announce_empty": subscription.announce_empty,
        "learning": subscription.learning,
        "role": subscription.role,
        "paused": subscription.state is SubscriptionState.PAUSED,
    }


def _learned(memory: Memory) -> dict[str, Any]:
    """What was learned from thumbs; people are hashes in it that mean nothing elsewhere."""
    return {"learned": memory.to_dict()} if memory.examples else {}


def _memory(written: Mapping[str, Any]) -> Memory:
    try:
        return Memory.from_dict(written["learned"]) if "learned" in written else Memory.empty()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            "What was learned from thumbs in this export cannot be read: export it again, or take "
            "“learned” out."
        ) from error


def _exported_subscriptions(document: str) -> list[Any]:
    try:
        parsed = json.loads(document)
    except json.JSONDecodeError as error:
        raise UserError(
            f"This is not JSON (line {error.lineno}, column {error.colno}): paste what `export` "
            "gave, unchanged."
        ) from error
    except RecursionError as error:
        raise UserError("This is no export of Papercourier: make one with `export`.") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("subscriptions"), list):
        raise UserError("This is no export of Papercourier: make one with `export`.")
    if parsed.get("papercourier") != _EXPORT_VERSION:
        raise UserError(
            "This export is of another version of Papercourier: export it again with this one."
        )
    subscriptions: list[Any] = parsed["subscriptions"]
    return subscriptions
