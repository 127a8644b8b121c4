"""What the page shows of the fake Slack, as HTML."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.fakes.slack import Channel, Message, SlackServer, View
from tests.play_slack.blocks_html import blocks_html, form_html
from tests.play_slack.mrkdwn_html import EMOJI, mrkdwn_html

HOME = "home"
_EMPTY_HOME = '<div class="message">The Home tab is empty until the bot fills it.</div>'


def state(slack: SlackServer, *, user: str, place: str, thread: str) -> dict[str, str]:
    """Everything the page shows to a user in a place; `seen` names exactly this state."""
    names = names_of(slack)
    form = open_form(slack, user)
    shown = {
        "users": _users(slack, user),
        "places": _places(slack, user, place),
        "title": "Home" if place == HOME else _title(slack, channel_of(slack, user, place)),
        "messages": _home(slack, user, names) if place == HOME else "",
        "replies": "",
        "form": "",
        "form_name": "",
    }
    if place != HOME:
        there = visible(channel_of(slack, user, place), user)
        shown["messages"] = _messages(there, names, slack)
        parents = [each for each in there if thread and each.ts == thread]
        replies = [each for each in there if thread and each.thread_ts == thread]
        shown["replies"] = "".join(
            _message(each, names, slack, in_thread=True) for each in [*parents, *replies]
        )
    if form is not None:
        drawn = form_html(form.payload, names, errors=form.errors)
        shown["form"] = f'<div data-view="{form.id}">{drawn}</div>'
        shown["form_name"] = f"{form.id} {form.hash} {json.dumps(form.errors)}"
    shown["seen"] = hashlib.sha256(json.dumps(shown).encode()).hexdigest()
    return shown


def names_of(slack: SlackServer) -> dict[str, str]:
    """Users and channels of the workspace by ID."""
    workspace = slack.workspace()
    people = {each.id: each.name.title() for each in workspace.people.values()}
    return people | {each.id: each.name for each in workspace.channels.values()}


def channel_of(slack: SlackServer, user: str, place: str) -> Channel:
    """The channel of that name; "dm" is what one writes to the bot alone."""
    return slack.workspace().direct(user) if place == "dm" else slack.channel(place)


def visible(channel: Channel, user: str) -> list[Message]:
    """What somebody sees in a channel, oldest first."""
    return [
        each
        for each in channel.messages.values()
        if not each.is_deleted and each.only_for in (None, user)
    ]


def open_form(slack: SlackServer, user: str) -> View | None:
    """The form that lies on top for somebody."""
    views = [each for each in slack.workspace().views.values() if each.user == user]
    return next((each for each in reversed(views) if each.is_open), None)


def _users(slack: SlackServer, user: str) -> str:
    people = [each for each in slack.workspace().people.values() if not each.is_bot]
    return "".join(
        f'<option value="{each.id}"{" selected" if each.id == user else ""}>'
        f"{each.name.title()}{' (admin)' if each.is_admin else ''}</option>"
        for each in people
    )


def _places(slack: SlackServer, user: str, place: str) -> str:
    channels = [
        (each.id, _title(slack, each))
        for each in slack.workspace().channels.values()
        if each.id[0] in "CG" and user in each.members and not each.is_deleted
    ]
    links = [*channels, ("dm", "📬 Papercourier"), (HOME, "🏠 Its Home tab")]
    return "".join(
        f'<a data-place="{name}" class="{"here" if name == place else ""}">{html.escape(title)}</a>'
        for name, title in links
    )


def _title(slack: SlackServer, channel: Channel) -> str:
    if channel.id.startswith("D"):
        return "Papercourier, to you alone"
    sign = "🔒 " if channel.id.startswith("G") else "# "
    is_in = slack.workspace().bot_user in channel.members
    state = " (archived)" if channel.is_archived else "" if is_in else " (without the bot)"
    return f"{sign}{channel.name}{state}"


def _messages(there: Sequence[Message], names: dict[str, str], slack: SlackServer) -> str:
    in_channel = [each for each in there if each.thread_ts is None or each.only_for]
    return "".join(_message(each, names, slack) for each in in_channel)


def _message(
    message: Message, names: dict[str, str], slack: SlackServer, *, in_thread: bool = False
) -> str:
    person = slack.workspace().people[message.user]
    app = ' <span class="app">APP</span>' if message.bot_id else ""
    face = "📬" if person.is_bot else person.name[0].upper()
    note = '<div class="note">Only visible to you</div>' if message.only_for else ""
    at = datetime.fromtimestamp(float(message.ts)).astimezone()
    body = blocks_html(message.blocks, names) or mrkdwn_html(message.text, names)
    edited = ' <span class="time">(edited)</span>' if message.edited_ts else ""
    unfurls = "".join(
        f'<div class="unfurl">{blocks_html(each["blocks"], names)}</div>'
        for each in message.unfurls.values()
    )
    return (
        f'<div class="message{" ephemeral" if message.only_for else ""}" data-ts="{message.ts}">'
        f'<div class="face">{face}</div><div class="body">'
        f'<div class="head"><b>{person.name.title()}</b>{app} '
        f'<span class="time">{at:%H:%M}</span></div>{note}{body}{edited}{unfurls}'
        f"{_files(message)}{_under(message, in_thread=in_thread)}</div></div>"
    )


def _files(message: Message) -> str:
    files: list[dict[str, Any]] = [each["file"] for each in message.attachments if "file" in each]
    return "".join(f"<div>📎 {html.escape(each['name'])}</div>" for each in files)


def _under(message: Message, *, in_thread: bool) -> str:
    if message.only_for:
        return ""
    shown = "".join(
        f'<span class="reaction" data-react="{html.escape(name)}">'
        f"{EMOJI.get(name, name)} {len(users)}</span>"
        for name, users in message.reactions.items()
    )
    shown += '<a data-react="+1">👍</a><a data-react="-1">👎</a>'
    replies = [each for each in message.replies if not each.is_deleted]
    if not in_thread:
        count = f"{len(replies)} replies" if replies else "Reply"
        shown += f'<a data-thread="{message.ts}">{count}</a>'
    return f'<div class="under">{shown}</div>'


def _home(slack: SlackServer, user: str, names: dict[str, str]) -> str:
    home = slack.home(user)
    if home is None:
        return _EMPTY_HOME
    drawn = blocks_html(home.blocks, names)
    return f'<div class="message" data-view="{home.id}"><div class="body">{drawn}</div></div>'
