"""Channels that refuse us: disabled, never deleted; their people told once; and back again.

What refuses is heard from two sides: delivery's calls fail (`heed`), or the platform says so by
itself, as when a channel is archived or the app is removed (`refuse`, `refuse_workspace`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from bot.domain.outbox import WORKSPACE_REFUSALS
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import PapercourierError, PermanentError
from bot.ports import Clock, Teller, UnitOfWork, UnitOfWorkFactory

log = logging.getLogger(__name__)

_TELLING_SECONDS = 30.0  # a platform that says nothing for so long has not answered


class RefusalService:
    """Disables what refuses us, tells its creators, and enables it when the cause is gone."""

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        tellers: Mapping[str, Teller],
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._open_unit = open_unit
        self._tellers = tellers
        self._clock = clock
        self._wake = wake

    async def refuse(self, destination: Destination, *, code: str, reason: str) -> None:
        """Send nothing to a channel any more; one without subscriptions is left alone.

        `reason` is one sentence that names the mend. Raises as the database does.
        """
        async with self._open_unit() as unit:
            subscriptions = await unit.subscriptions.of_destination(destination)
            news = await self._disable(unit, subscriptions, code=code, reason=reason)
            await unit.commit()
        await self._tell(news, reason)

    async def refuse_workspace(
        self, platform: str, workspace_id: str, *, code: str, reason: str
    ) -> None:
        """`refuse` for every channel of a workspace; `code` is one of `WORKSPACE_REFUSALS`.

        A channel that refused already for a reason of its own now has this one: it is tried anew
        when the workspace comes back.
        """
        async with self._open_unit() as unit:
            subscriptions = await unit.subscriptions.of_workspace(platform, workspace_id)
            news = await self._disable(unit, subscriptions, code=code, reason=reason)
            await unit.commit()
        await self._tell(news, reason)

    async def heed(self, destination: Destination, error: PermanentError) -> None:
        """Tell of a channel that delivery has just disabled; it never fails.

        When the whole workspace is meant, its other channels are disabled too.
        """
        reason = str(error)
        try:
            async with self._open_unit() as unit:
                news = list(await unit.subscriptions.of_destination(destination))
                if error.code in WORKSPACE_REFUSALS:
                    others = await unit.subscriptions.of_workspace(
                        destination.platform, destination.workspace_id
                    )
                    news += await self._disable(unit, others, code=error.code, reason=reason)
                    await unit.commit()
        except PapercourierError as fault:
            log.error(  # noqa: TRY400 - the sentence tells; what was recorded stays recorded
                "refusal.not_heeded", extra={"destination": str(destination), "reason": str(fault)}
            )
            return
        await self._tell(news, reason)

    async def reason(self, destination: Destination) -> str:
        """Why a channel gets nothing, in a sentence; "" while it takes messages."""
        async with self._open_unit() as unit:
            return (await unit.destinations.state(destination)).disabled_reason

    async def accept(self, destination: Destination) -> bool:
        """Send to a channel again, and at once; False where it did not refuse us."""
        async with self._open_unit() as unit:
            if (await unit.destinations.state(destination)).disabled_at is None:
                return False
            await unit.destinations.enable(destination)
            await unit.commit()
        log.info("refusal.over", extra={"destination": str(destination)})
        self._wake()
        return True

    async def accept_workspace(self, platform: str, workspace_id: str) -> tuple[Destination, ...]:
        """`accept` for the channels that were disabled with their whole workspace; which they were.

        One that refuses for a reason of its own stays disabled.
        """
        async with self._open_unit() as unit:
            back = tuple(
                destination
                for destination, state in await unit.destinations.disabled()
                if (destination.platform, destination.workspace_id) == (platform, workspace_id)
                and state.disabled_code in WORKSPACE_REFUSALS
            )
            for destination in back:
                await unit.destinations.enable(destination)
            await unit.commit()
        if back:
            log.info(
                "refusal.over",
                extra={"workspace": f"{platform}:{workspace_id}", "channels": len(back)},
            )
            self._wake()
        return back

    async def _disable(
        self, unit: UnitOfWork, subscriptions: Sequence[Subscription], *, code: str, reason: str
    ) -> list[Subscription]:
        """Disable their channels; the subscriptions of those that took messages until now."""
        news = set()
        for destination in dict.fromkeys(each.destination for each in subscriptions):
            if await unit.destinations.disable(
                destination, code=code, reason=reason, now=self._clock.now()
            ):
                news.add(destination)
                log.warning(
                    "refusal.disabled",
                    extra={"destination": str(destination), "code": code, "reason": reason},
                )
        return [each for each in subscriptions if each.destination in news]

    async def _tell(self, subscriptions: Sequence[Subscription], reason: str) -> None:
        """One message to each of their creators, whatever the number of channels."""
        about: dict[tuple[str, str], list[Destination]] = {}
        for each in subscriptions:
            if each.created_by:
                places = about.setdefault((each.destination.platform, each.created_by), [])
                if each.destination not in places:
                    places.append(each.destination)
        for (platform, user_id), places in about.items():
            if (teller := self._tellers.get(platform)) is not None:
                await _tell_one(teller, user_id, places, reason)


async def _tell_one(
    teller: Teller, user_id: str, places: Sequence[Destination], reason: str
) -> None:
    try:
        async with asyncio.timeout(_TELLING_SECONDS):
            await teller.tell(user_id, _sentence(reason, len(places)), destination=places[0])
    except (PapercourierError, TimeoutError) as error:
        log.info(
            "refusal.not_told",
            extra={"destination": str(places[0]), "reason": str(error) or "no answer in time"},
        )
    except Exception:
        # A platform's fault here must end neither delivery nor the telling of others.
        log.exception("refusal.broken", extra={"destination": str(places[0])})


def _sentence(reason: str, channels: int) -> str:
    others = f" and {channels - 1} more of your channels" if channels > 1 else ""
    return (
        f"I cannot post your digests there{others} any more. {reason} "
        "Nothing is lost: they wait, and `resume` in the channel lets me try again."
    )
