"""Slack's error codes as errors of ours.

Source: docs.slack.dev, the errors listed at chat.postMessage, conversations.* and views.*, and
"Rate limits". What is not in the table may pass: it is tried again, and given up after a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import PapercourierError, PermanentError, TransientError

RATELIMITED: Final = "ratelimited"
_INVITE: Final = "type `/invite @Papercourier` there."
_ALLOW: Final = "ask an admin to let apps post there."
_REINSTALL: Final = "install it again, and everything goes on."
_REMOVED: Final = f"Papercourier was removed from this Slack workspace: {_REINSTALL}"
_POLICY: Final = "This Slack organisation does not let the app in: ask an admin to approve it."
_TOO_LONG: Final = "Slack finds the message too long: tell whoever runs this bot."
_MALFORMED: Final = "Slack does not take the message's form: tell whoever runs this bot."

# Codes that stay as they are until somebody acts. Those that mean a channel or a workspace are
# among `bot.domain.outbox.REFUSALS`; the others mean one message.
_HOPELESS: Final[Mapping[str, str]] = {
    # the channel
    "not_in_channel": f"I am not in this Slack channel: {_INVITE}",
    "channel_not_found": (
        f"Slack shows me no such channel; if it is a private one I am not in, {_INVITE}"
    ),
    "is_archived": "This Slack channel is archived: unarchive it.",
    "channel_is_archived": "This Slack channel is archived: unarchive it.",
    "restricted_action": f"A setting of this Slack channel keeps me from posting: {_ALLOW}",
    "restricted_action_read_only_channel": f"Only some may post in this Slack channel: {_ALLOW}",
    "restricted_action_thread_only_channel": (
        f"Only some may post outside threads in this Slack channel: {_ALLOW}"
    ),
    "cannot_dm": "This person takes no messages of apps: nothing can be done.",
    "user_not_found": "This person is not in the Slack workspace any more.",
    "user_disabled": "This person's Slack account is switched off.",
    # the workspace
    "account_inactive": _REMOVED,
    "app_uninstalled": _REMOVED,
    "token_revoked": f"Papercourier's token for this Slack workspace was revoked: {_REINSTALL}",
    "token_expired": f"Papercourier's token for this Slack workspace has expired: {_REINSTALL}",
    "invalid_auth": (
        "Slack does not know Papercourier's token: install it again, or set SLACK_BOT_TOKEN anew."
    ),
    "not_authed": "Slack was given no token: set SLACK_BOT_TOKEN, or install Papercourier again.",
    "not_allowed_token_type": "Slack wants a bot's token (xoxb-…) in SLACK_BOT_TOKEN.",
    "missing_scope": "Papercourier lacks a right in this Slack workspace: install it again.",
    "access_denied": _POLICY,
    "team_access_not_granted": _POLICY,
    "org_login_required": _POLICY,
    "ekm_access_denied": _POLICY,
    "team_not_found": _REMOVED,
    # one message
    "msg_too_long": _TOO_LONG,
    "msg_blocks_too_long": _TOO_LONG,
    "invalid_blocks": _MALFORMED,
    "invalid_blocks_format": _MALFORMED,
    "invalid_arguments": _MALFORMED,
    "invalid_form_data": _MALFORMED,
    "invalid_metadata_format": _MALFORMED,
    "invalid_metadata_schema": _MALFORMED,
    "metadata_too_large": _MALFORMED,
    "no_text": _MALFORMED,
    "too_many_attachments": _MALFORMED,
    "thread_not_found": "The Slack message that this one answers was deleted.",
    "message_not_found": "This Slack message was deleted.",
    "cant_update_message": "This Slack message cannot be changed by me.",
    "edit_window_closed": "This Slack message is too old to be changed.",
    "cannot_reply_to_message": "This Slack message takes no answers.",
    "user_not_in_channel": "This person is not in the Slack channel.",
    "expired_trigger_id": "That took too long for Slack: try again.",
    "exchanged_trigger_id": "That was answered already: try again.",
    "invalid_trigger_id": "That took too long for Slack: try again.",
    "view_too_large": _MALFORMED,
    "duplicate_external_id": _MALFORMED,
    "hash_conflict": "This view was changed meanwhile.",
    "not_found": "Slack does not find that any more.",
    "cannot_unfurl_url": "Slack shows nothing about this link.",
    "cannot_unfurl_message": "Slack shows nothing about links in this message.",
    "cannot_find_service": "Slack does not find the app's service for links.",
}
# As Slack calls some of them elsewhere.
_SAME: Final = {
    "cannot_dm_bot": "cannot_dm",
    "messages_tab_disabled": "cannot_dm",
    "as_user_not_supported": "not_allowed_token_type",
    "no_permission": "missing_scope",
    "rate_limited": RATELIMITED,
    "message_limit_exceeded": RATELIMITED,
}
# What was surely not done, although it may work later.
_UNDONE: Final = frozenset({"service_unavailable", "team_added_to_org", "team_is_being_migrated"})
_UNREACHABLE_SECONDS: Final = 5.0
_DEFAULT_WAIT_SECONDS: Final = 30.0  # where Slack says 429 and not how long


def refusal_sentence(code: str) -> str:
    """What a code of Slack's means, in a sentence that names the mend."""
    return _HOPELESS.get(_SAME.get(code, code), f"Slack refused: {code}.")


@contextmanager
def slack_errors() -> Iterator[None]:
    """Turn slack_sdk's errors, and those of the connection under it, into ours."""
    try:
        yield
    except SlackApiError as error:
        raise _from_answer(error) from error
    except SlackClientError as error:
        raise PermanentError(_MALFORMED, code="bad_request") from error
    except aiohttp.ClientConnectorError as error:
        raise TransientError(
            "Slack cannot be reached: check the network; it is tried again.",
            retry_after=_UNREACHABLE_SECONDS,
            platform_wide=True,
            may_have_acted=False,
        ) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TransientError(
            "The connection to Slack was cut: it is tried again.", may_have_acted=True
        ) from error


def faults_of(error: PapercourierError) -> str:
    """What Slack found wrong with a message's form, for the log; it names places, not texts."""
    cause = error.__cause__
    if not isinstance(cause, SlackApiError):
        return ""
    details = _data(cause).get("response_metadata", {})
    messages = details.get("messages", []) if isinstance(details, Mapping) else []
    return " ".join(map(str, messages))[:1_000]


def _from_answer(error: SlackApiError) -> PapercourierError:
    status, data = _status(error), _data(error)
    said = str(data.get("error", ""))
    code = _SAME.get(said, said)
    if status == 429 or code == RATELIMITED:  # noqa: PLR2004 - HTTP's own number
        return TransientError(
            "Slack wants us to be slower: it is tried again.",
            retry_after=_retry_after(error),
            workspace_wide=True,
            may_have_acted=False,
            code=RATELIMITED,
        )
    if sentence := _HOPELESS.get(code):
        if needed := data.get("needed"):
            sentence = f"{sentence} It needs the scope {needed}."
        return PermanentError(sentence, code=code)
    if status >= 500 or not said:  # noqa: PLR2004 - HTTP's own number
        return TransientError(f"Slack answered HTTP {status}: it is tried again.")
    return TransientError(
        f"Slack answered “{said[:80]}”: it is tried again.",
        may_have_acted=said not in _UNDONE and said.endswith("_error"),
        code=said,
    )


def _status(error: SlackApiError) -> int:
    response: Any = error.response  # slack_sdk's own, or aiohttp's where the body was no JSON
    status = getattr(response, "status_code", None) or getattr(response, "status", 0)
    return int(status or 0)


def _data(error: SlackApiError) -> Mapping[str, Any]:
    data = getattr(error.response, "data", error.response)
    return data if isinstance(data, Mapping) else {}


def _retry_after(error: SlackApiError) -> float:
    headers = getattr(error.response, "headers", None) or {}
    wishes = {str(name).lower(): value for name, value in headers.items()}
    try:
        return max(float(wishes["retry-after"]), 0.0)
    except (KeyError, TypeError, ValueError):
        return _DEFAULT_WAIT_SECONDS
