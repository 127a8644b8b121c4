"""Looking at everything an installation needs, all at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from bot.domain.checkup import Checkup, Finding, fault
from bot.errors import PapercourierError
from bot.ports import Examination

log = logging.getLogger(__name__)

EXAMINATION_SECONDS = 30.0


async def examine_all(
    examinations: Mapping[str, Examination], *, within: float = EXAMINATION_SECONDS
) -> Checkup:
    """What the examinations found, in their order; none may hold up or break the others.

    `within` is in seconds, for each of them.
    """
    found = await asyncio.gather(
        *(_findings(topic, each, within) for topic, each in examinations.items())
    )
    return Checkup(tuple(finding for findings in found for finding in findings))


async def _findings(topic: str, examination: Examination, within: float) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(within):
            return await examination()
    except TimeoutError:
        return [fault(topic, f"gave no answer within {within:g} seconds: look at the network.")]
    except PapercourierError as error:
        return [fault(topic, str(error))]
    except Exception as error:
        log.exception("checkup.broken", extra={"topic": topic})
        return [
            fault(
                topic,
                f"could not be examined ({type(error).__name__}): this is a fault of "
                "Papercourier's, please report it.",
            )
        ]
