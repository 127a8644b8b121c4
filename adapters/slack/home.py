"""App Home: the workspace's subscriptions that somebody can see, with their state; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.slack.limits import Block
from adapters.slack.mrkdwn import escape, our_lines
from adapters.slack.payload import actions, button, divider, header, section
from bot.domain.subscriptions import Subscription
from bot.domain.verbs import as_typed
from bot.services.desk_sentences import describe

HOME_EDIT: Final = "home_edit"
HOME_PAUSE: Final = "home_pause"
HOME_RESUME: Final = "home_resume"
HOME_ACTIONS: Final = (HOME_EDIT, HOME_PAUSE, HOME_RESUME)
_MOST_SHOWN: Final = 30  # with their buttons; a view has 100 blocks
_LONGEST_LINE: Final = 2_800


@dataclass(frozen=True, slots=True)
class Shown:
    """A subscription, and why its channel takes no messages where it does not."""

    subscription: Subscription
    refusal: str = ""


def home_view(rows: Sequence[Shown], *, command: str) -> dict[str, Any]:
    """The Home tab."""
    blocks: list[Block] = [header("Papercourier")]
    if rows:
        blocks.append(header("Subscriptions here"))
    for row in rows[:_MOST_SHOWN]:
        blocks += _row(row, command=command)
    if len(rows) > _MOST_SHOWN:
        more = f"…and {len(rows) - _MOST_SHOWN} more: `{command} list` in a channel shows its own."
        blocks.append(section(more))
    blocks += [divider(), *_how_to(command, is_first=not rows)]
    return {"type": "home", "blocks": blocks}


def button_value(subscription: Subscription) -> str:
    """What a button says it is about."""
    return f"{subscription.destination.channel_id} {subscription.number}"


def read_button_value(value: str) -> tuple[str, int] | None:
    """The channel and the number; None for what no button of ours carries."""
    channel_id, _, number = value.partition(" ")
    if not channel_id.isalnum() or not number.isdigit():
        return None
    return channel_id, int(number)


def _row(row: Shown, *, command: str) -> list[Block]:
    subscription = row.subscription
    channel = subscription.destination.channel_id
    where = "Our direct messages" if channel.startswith("D") else f"<#{channel}>"
    lines = [f"*{where}*", escape(describe(subscription))[:_LONGEST_LINE]]
    if row.refusal:
        lines.append(f":warning: {' '.join(our_lines(as_typed(row.refusal, prefix=command)))}")
    buttons = [_button("Edit", HOME_EDIT, subscription)]
    if subscription.is_active and not row.refusal:
        buttons.append(_button("Pause", HOME_PAUSE, subscription))
    else:
        buttons.append(_button("Resume", HOME_RESUME, subscription))
    return [section("\n".join(lines)), actions(*buttons)]


def _how_to(command: str, *, is_first: bool) -> list[Block]:
    first = (
        "Nothing is subscribed yet in the channels you are in. Invite me to one, and type "
        f"`{command} subscribe` there for a form."
    )
    lines = [
        f"`{command} subscribe cs.CL kw:LLM,quantiz*` in a channel brings its papers there daily.",
        f"`{command} subscribe` alone opens a form; `{command} preview` shows what would come.",
        f"`{command} summarize 2601.13824` and `{command} ask 2601.13824 …` read a single paper.",
        "In threads, where Slack knows no commands, mention me instead.",
        ":+1: and :-1: on a paper teach the channel's ranking.",
        f"`{command} status` says why there was nothing; `{command} help` shows all I can do.",
    ]
    return [
        *([section(first)] if is_first else []),
        header("How to"),
        section("\n".join(lines)),
    ]


def _button(label: str, action_id: str, subscription: Subscription) -> Block:
    return button(label, action_id=action_id, value=button_value(subscription))
