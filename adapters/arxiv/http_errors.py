"""What arXiv's HTTP answers mean for us, and when a read is tried again.

The same for feeds, API and full texts, whatever HTTP library carries them.
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

from bot.errors import PermanentError, TransientError
from bot.ports import Clock

ATTEMPTS = 3
BACKOFF_SECONDS = 4.0  # before the second attempt; three times as much before the third
LONGEST_WAIT_SECONDS = 60.0  # whoever is asked to wait longer comes back another time
REFUSED_SECONDS = 6 * 3600.0

_REDIRECTS, _SERVER_FAULTS = range(300, 400), range(500, 600)
_FORBIDDEN, _THROTTLED, _BUSY = 403, 429, 503
_TROUBLES = {429: "asks us to slow down", 503: "is busy or being repaired"}
_HOPELESS = {
    400: (
        "bad_query",
        "{what} does not understand the question (400): check the categories and terms asked for.",
    ),
    403: (
        "forbidden",
        "{what} refuses us (403): we stop asking; set a contact and write to help@arxiv.org.",
    ),
    404: ("not_found", "{what} has nothing there (404): check the ID and the address asked for."),
    410: ("not_found", "{what} has nothing there any more (410): choose another paper."),
}
_UNEXPECTED = (
    "{what} answers with HTTP {status}, which we cannot read: check its address in the settings."
)

log = logging.getLogger(__name__)
_T = TypeVar("_T")


def status_error(
    status: int, *, what: str, retry_after: float | None = None
) -> TransientError | PermanentError:
    """The error for an HTTP status that is no success.

    `what` begins the sentence: "arXiv's feed". `retry_after` is the server's wish in seconds.
    """
    if status == _THROTTLED or status in _SERVER_FAULTS:
        trouble = _TROUBLES.get(status, "failed to answer")
        when = "in a few minutes" if retry_after is None else f"in {math.ceil(retry_after)} seconds"
        is_throttled = status == _THROTTLED or (status == _BUSY and retry_after is not None)
        return TransientError(
            f"{what} {trouble} ({status}): try again {when}.",
            retry_after=retry_after,
            code="throttled" if is_throttled else "",
        )
    if status in _REDIRECTS:
        return redirect_error(what, "elsewhere")
    code, sentence = _HOPELESS.get(status, (f"http_{status}", _UNEXPECTED))
    return PermanentError(sentence.format(what=what, status=status), code=code)


def redirect_error(what: str, target: str) -> PermanentError:
    """The error for being sent to `target`, where we do not go."""
    return PermanentError(
        f"{what} sends us to {target}, which is not arXiv's: check the network and the address "
        "in the settings.",
        code="redirected",
    )


def too_large_error(what: str, max_bytes: int) -> PermanentError:
    """The error for an answer of more than `max_bytes`."""
    return PermanentError(
        f"{what} sends more than {max_bytes // 1_000_000} MB, so we stopped reading: check its "
        "address in the settings.",
        code="too_large",
    )


def cut_error(what: str) -> TransientError:
    """The error for an answer that broke off."""
    return TransientError(f"{what} broke off in the middle: try again in a few minutes.")


def unreachable_error(what: str, host: str) -> TransientError:
    """The error for a host that gives no answer at all."""
    return TransientError(f"{what} cannot be reached at {host}: check the network, then try again.")


def silent_error(what: str) -> TransientError:
    """The error for an answer that takes too long."""
    return TransientError(f"{what} did not answer in time: try again in a few minutes.")


def address_error(what: str) -> PermanentError:
    """The error for an address that is none."""
    return PermanentError(
        f"{what} has an address we cannot read: check it in the settings.", code="bad_address"
    )


def retry_after_seconds(header: str | None, *, now: datetime) -> float | None:
    """The wait a Retry-After header asks for: seconds or an HTTP date; None when unreadable."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), 86_400))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), 86_400.0)


class Refusals:
    """Remembers for some hours that a host said 403: going on would be taken for an attack."""

    def __init__(self, clock: Clock, *, seconds: float = REFUSED_SECONDS) -> None:
        self._clock = clock
        self._pause = timedelta(seconds=seconds)
        self._until: dict[str, datetime] = {}

    def check(self, host: str, *, what: str) -> None:
        """Raise PermanentError(code="forbidden") without asking when `host` refused lately."""
        until = self._until.get(host)
        if until is not None and self._clock.now() < until:
            raise status_error(_FORBIDDEN, what=what)

    def note(self, host: str, status: int) -> None:
        """Remember what `host` answered, if it was a refusal."""
        if status == _FORBIDDEN:
            self._until[host] = self._clock.now() + self._pause
            log.error("arxiv.refused", extra={"host": host, "until": self._until[host].isoformat()})

    def note_error(self, host: str, error: PermanentError) -> None:
        """The same, where only the error is at hand."""
        if error.code == _HOPELESS[_FORBIDDEN][0]:
            self.note(host, _FORBIDDEN)


async def with_retries(
    read: Callable[[], Awaitable[_T]],
    *,
    clock: Clock,
    attempts: int = ATTEMPTS,
    jitter: Callable[[], float] = random.random,  # from 0 to 1
) -> _T:
    """What `read` gives; after a TransientError it is called again, up to `attempts` times.

    The wait is the longer of our backoff and the server's wish. A wish of more than a minute
    is not sat out here: the error goes to the caller with its `retry_after`.
    """
    for attempt in range(1, attempts):
        try:
            return await read()
        except TransientError as error:
            wish = error.retry_after or 0.0
            if wish > LONGEST_WAIT_SECONDS:
                raise
            backoff = BACKOFF_SECONDS * 3 ** (attempt - 1) * (0.5 + jitter())
            wait = max(backoff, wish)
            log.info(
                "arxiv.retry",
                extra={"attempt": attempt, "seconds": round(wait, 1), "error": str(error)},
            )
        await clock.sleep(wait)
    return await read()
