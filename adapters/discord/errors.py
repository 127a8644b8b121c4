"""What Discord's refusals mean for us, in our three kinds of errors.

Codes: docs.discord.com, "Opcodes and Status Codes", JSON error codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

import aiohttp
import discord

from bot.errors import PermanentError, TransientError

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MESSAGE: Final = 10008
TOO_LARGE: Final = 40005
TAG_REQUIRED: Final = 40067
EMPTY_MESSAGE: Final = 50006
NO_TEXT_CHANNEL: Final = 50008
NO_THREADS_HERE: Final = 50024
INVALID_FORM: Final = 50035
THREAD_ARCHIVED: Final = 50083
THREAD_EXISTS: Final = 160004
POST_WANTS_NAME: Final = 220001

# Code of Discord: our code, and one sentence that names the mend.
_HOPELESS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        UNKNOWN_CHANNEL: (
            "channel_not_found",
            "This Discord channel does not exist any more: subscribe in another one.",
        ),
        10004: (
            "guild_not_found",
            "I am not in this Discord server any more: invite me again.",
        ),
        UNKNOWN_MESSAGE: (
            "unknown_message",
            "The message that this belongs to was deleted on Discord.",
        ),
        10013: ("user_not_found", "Discord does not know this person any more."),
        10015: (
            "channel_not_found",
            "This Discord webhook does not exist any more: make a new one.",
        ),
        10062: ("expired", "Discord waits no longer for this answer: ask again."),
        TOO_LARGE: ("too_large", "Discord found a message of mine too large."),
        TAG_REQUIRED: (
            "restricted_action",
            (
                "This forum wants a tag on each post and I may use none of its tags: let everybody "
                "use one of them."
            ),
        ),
        50001: (
            "missing_access",
            "I cannot see this channel: give me “View Channel” in its permissions.",
        ),
        EMPTY_MESSAGE: ("invalid_form", "Discord found a message of mine empty."),
        50007: (
            "cannot_dm",
            "Discord does not let me write to this person: their direct messages are closed.",
        ),
        NO_TEXT_CHANNEL: (
            "restricted_action",
            (
                "Nobody can write messages in this kind of Discord channel: use a text channel or "
                "a forum."
            ),
        ),
        50013: (
            "missing_permissions",
            (
                "I may not post in this channel: give me “Send Messages”, “Embed Links”, “Create "
                "Public Threads” and “Send Messages in Threads” in its permissions."
            ),
        ),
        50027: (
            "token_revoked",
            "This Discord webhook's address is not valid any more: make a new one.",
        ),
        INVALID_FORM: ("invalid_form", "Discord did not understand a message of mine."),
        THREAD_ARCHIVED: (
            "is_archived",
            "This Discord thread is archived, and I may not open it again: post in it once.",
        ),
        160005: (
            "thread_locked",
            "This Discord thread is locked: unlock it, then `resume`.",
        ),
        200000: ("blocked", "This server's AutoMod blocked a message of mine."),
        200001: ("blocked", "This server's AutoMod blocked the name of a thread of mine."),
        240000: ("blocked", "Discord took a link in a message of mine for a harmful one."),
    }
)
# What passes by itself, and how soon it is worth asking again, in seconds.
_PASSING: Final[Mapping[int, tuple[str, float]]] = MappingProxyType(
    {
        130000: ("Discord is overloaded: it is tried again.", 60.0),
        160006: ("This server has as many open threads as Discord allows.", 600.0),
        160007: ("This server has as many open threads as Discord allows.", 600.0),
    }
)
_SHUT_OUT_SECONDS: Final = 60.0  # refused calls are counted, and too many ban our address


class OnlySomeTries:
    """Ends discord.py's own repeating of one request after `most` tries.

    It repeats up to five times on 5xx and 429, and the outbox would repeat that again. It winds
    back a request's files before each try, so something in their place can say that it is enough.
    """

    def __init__(self, most: int) -> None:
        self._most = most

    def reset(self, *, seek: int | bool = True) -> None:
        """Begin try number `seek`, from 0. Raises TransientError where that is one too many."""
        if seek >= self._most:
            raise TransientError("Discord is in trouble: it is tried again.")


@contextmanager
def discord_errors() -> Iterator[None]:
    """Turn what discord.py and its connection raise into our errors."""
    try:
        yield
    except discord.RateLimited as error:
        raise TransientError(
            "Discord wants fewer messages: it is tried again.",
            retry_after=error.retry_after,
            may_have_acted=False,
        ) from error
    except discord.LoginFailure as error:
        raise _token_refused() from error
    except discord.HTTPException as error:
        if error.status == 429:  # noqa: PLR2004 - HTTP
            raise _shut_out(error) from error
        raise error_of(error.status, error.code) from error
    except (aiohttp.ClientError, OSError, RuntimeError) as error:
        # RuntimeError: the session was closed under the call, as at a stop.
        raise TransientError("Discord cannot be reached: it is tried again.") from error


def discord_code(error: BaseException) -> int:
    """The number Discord gave the refusal that became `error`; 0 where there was none."""
    cause = error.__cause__
    return cause.code if isinstance(cause, discord.HTTPException) else 0


def error_of(
    status: int, code: int, *, retry_after: float | None = None
) -> PermanentError | TransientError:
    """What an answer other than 2xx means; `code` is Discord's own, 0 where it gave none."""
    if status == 429:  # noqa: PLR2004 - HTTP
        return TransientError(
            "Discord wants fewer messages: it is tried again.",
            retry_after=retry_after,
            may_have_acted=False,
        )
    if code in _PASSING:
        sentence, seconds = _PASSING[code]
        return TransientError(sentence, retry_after=seconds, may_have_acted=False)
    if code in _HOPELESS:
        ours, sentence = _HOPELESS[code]
        return PermanentError(sentence, code=ours)
    if status >= 500:  # noqa: PLR2004 - HTTP
        return TransientError("Discord is in trouble: it is tried again.")
    return _by_status(status, code)


def _by_status(status: int, code: int) -> PermanentError | TransientError:
    """A refusal whose code nobody has told us of."""
    told = f"HTTP {status}, code {code}"
    if status == 401:  # noqa: PLR2004 - HTTP
        return _token_refused()
    if status == 403:  # noqa: PLR2004 - HTTP
        return PermanentError(
            f"Discord does not let me do that here ({told}): check my permissions.",
            code="forbidden",
        )
    return PermanentError(f"Discord refused a message of mine ({told}).", code="refused")


def _shut_out(error: discord.HTTPException) -> TransientError:
    """A 429 that discord.py does not wait out: our whole address is to keep quiet for a while."""
    wish = str(error.response.headers.get("Retry-After", ""))
    return TransientError(
        "Discord wants no calls from this machine for a while.",
        retry_after=float(wish) if wish.isdecimal() else _SHUT_OUT_SECONDS,
        platform_wide=True,
        may_have_acted=False,
    )


def _token_refused() -> TransientError:
    return TransientError(
        "Discord does not take the bot's token: set DISCORD_TOKEN anew and start again.",
        retry_after=_SHUT_OUT_SECONDS,
        platform_wide=True,
        may_have_acted=False,
    )
