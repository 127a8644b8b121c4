"""Messages on their way out: one row, one platform call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.subscriptions import Destination


class OutboxState(StrEnum):
    """Where a message stands."""

    PENDING = "pending"
    SENDING = "sending"  # a call is under way, or was when its process died
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message as its platform knows it."""

    channel_id: str
    message_id: str
    thread_id: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One rendered message, ready to be sent as it stands."""

    key: str  # unique over all messages: makes a retry recognisable
    destination: Destination
    payload: str  # JSON, the renderer's; only the platform's messenger reads it
    position: int = 0  # within its digest; the first is the parent of the others
    parent_key: str | None = None  # the message whose thread this one belongs to
    parent_ref: MessageRef | None = None  # filled in once the parent was sent
    state: OutboxState = OutboxState.PENDING
    attempts: int = 0
    not_before: datetime | None = None  # UTC
    may_be_sent: bool = False  # found in the state `sending`: ask before sending again
    id: int = 0
    failing_since: datetime | None = None  # UTC; its first failure since its channel took messages
    # UTC, given by the store. When a message was written is no part of what it is.
    created_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Share:
    """One process's part of a platform's workspaces, where several processes share them."""

    ids: tuple[int, ...]
    count: int

    @property
    def part(self) -> float:
        """How much of the whole it is, from 0 to 1."""
        return len(self.ids) / self.count

    def holds(self, workspace_id: str) -> bool:
        """Whether a workspace's messages are this process's."""
        return share_key(workspace_id) % self.count in self.ids


def share_key(workspace_id: str) -> int:
    """What decides, modulo the count, whose share a workspace is: as Discord shards its guilds.

    0 for one that is no number, such as that of direct messages, which the first shard hears.
    """
    return int(workspace_id) >> 22 if workspace_id.isdecimal() else 0


# What a platform calls it when a channel, or the whole workspace, takes nothing from us any more.
# Messengers use these codes for their PermanentErrors, whatever their platform's own numbers are.
# Such a channel is disabled and its messages wait; any other PermanentError concerns one message.
# A token that is refused everywhere at once is no channel's fault: messengers raise a
# TransientError with `platform_wide` then, or every channel would be disabled for it.
REFUSALS = frozenset(
    {
        # any platform
        "forbidden",  # HTTP 403 without a better word; Discord 50001 and 50013
        "missing_access",
        "missing_permissions",
        # the channel
        "channel_not_found",  # also a private channel we were not invited to; Discord 10003
        "not_in_channel",
        "is_archived",
        "channel_is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "thread_locked",  # Discord 160005
        "cannot_dm",  # closed direct messages; Discord 50007
        "user_not_found",
        "user_disabled",
        # the workspace
        "guild_not_found",  # Discord 10004
        "team_not_found",
        "team_access_not_granted",
        "org_login_required",
        "ekm_access_denied",
        "missing_scope",
        "not_allowed_token_type",
        "invalid_auth",
        "not_authed",
        "access_denied",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "app_uninstalled",
    }
)

# Those of them that mean every channel of the workspace: none of them needs to be tried.
WORKSPACE_REFUSALS = frozenset(
    {
        "guild_not_found",
        "team_not_found",
        "team_access_not_granted",
        "org_login_required",
        "ekm_access_denied",
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "app_uninstalled",
    }
)

_FIRST_DELAY_SECONDS = 5.0
_LONGEST_DELAY_SECONDS = 3600.0
LONGEST_WISH_SECONDS = 6 * 3600.0  # what a server may ask for, lest a slip of its pen end delivery
_JITTER_SHARE = 0.2


def retry_delay(
    attempts: int,
    *,
    retry_after: float | None,
    jitter: float,
    first_seconds: float = _FIRST_DELAY_SECONDS,
) -> float:
    """Seconds to wait after the `attempts`-th failed attempt (from 1).

    The longer of our backoff (doubling from `first_seconds`, capped at an hour) and the server's
    wish (capped at six). `jitter` in [0, 1) lengthens it by up to a fifth, so that what failed
    together does not come back together, and never before the server wants it.
    """
    doublings = min(attempts - 1, 64)
    backoff = min(first_seconds * 2.0**doublings, _LONGEST_DELAY_SECONDS)
    wish = min(retry_after or 0.0, LONGEST_WISH_SECONDS)
    return max(backoff, wish) * (1 + _JITTER_SHARE * jitter)


def is_hopeless(failing_since: datetime, *, now: datetime, give_up_after: timedelta) -> bool:
    """Whether a message has failed long enough to be given up."""
    return now - failing_since >= give_up_after


def is_stale(message: OutboxMessage, *, now: datetime, stale_after: timedelta) -> bool:
    """Whether a message has waited so long that nobody wants it any more.

    Only for one that could not go: a channel that comes back after a month gets the digests of
    the last days, not thirty at once. Replies go the way of their parent, or a thread would end
    in the middle.
    """
    if message.created_at is None or message.parent_key is not None:
        return False
    return now - message.created_at >= stale_after
