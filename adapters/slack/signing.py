"""What comes from outside and must be ours or Slack's: requests over HTTP, and forms' states."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from slack_sdk.signature import Clock, SignatureVerifier

from bot.errors import UserError

_FORM_LIVES: Final = timedelta(days=1)


def is_from_slack(
    signing_secret: str, *, body: str, headers: Mapping[str, str], now: float
) -> bool:
    """Whether Slack signed a request with our secret in the last five minutes.

    `now` is in seconds since 1970.
    """
    verifier = SignatureVerifier(signing_secret, clock=_Frozen(now))
    timestamp = headers.get("X-Slack-Request-Timestamp", "")
    signature = headers.get("X-Slack-Signature", "")
    if not timestamp.isascii() or not timestamp.isdigit() or not signature.isascii():
        return False
    return verifier.is_valid(body=body, timestamp=timestamp, signature=signature)


class _Frozen(Clock):
    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now


@dataclass(frozen=True, slots=True)
class FormState:
    """What an open form is about; it travels through Slack in the form's `private_metadata`."""

    kind: str  # "subscribe", "edit", "settings"
    team_id: str
    channel_id: str
    user_id: str
    number: int = 0  # of the subscription that is edited
    opened_at: int = 0  # seconds since 1970


def sign_state(state: FormState, keys: Sequence[bytes]) -> str:
    """`state` as text that nobody else can make."""
    text = json.dumps(asdict(state), separators=(",", ":"))
    return f"{_signature(text, keys[0])}.{text}"


def read_state(
    signed: str, keys: Sequence[bytes], *, team_id: str, user_id: str, now: datetime
) -> FormState:
    """What `sign_state` was given, for the person it was given to.

    Raises UserError for anything else, and for a form that is older than a day.
    """
    signature, _, text = signed.partition(".")
    if not any(
        hmac.compare_digest(signature.encode(), _signature(text, key).encode()) for key in keys
    ):
        raise _refused()
    state = FormState(**json.loads(text))
    is_fresh = now.timestamp() - state.opened_at <= _FORM_LIVES.total_seconds()
    if (state.team_id, state.user_id) != (team_id, user_id) or not is_fresh:
        raise _refused()
    return state


def _signature(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _refused() -> UserError:
    return UserError("This form is too old or not one of mine: open it again.")
