"""conversations.*, users.*, team.* and bots.*: looking at channels and people."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.slack.context import Context
from tests.fakes.slack.state import APP_ID, Channel, Json, Kind, Refusal

_KINDS = {"public_channel": Kind.PUBLIC, "private_channel": Kind.PRIVATE, "im": Kind.DIRECT}


def _info(call: Context) -> Json:
    return {"channel": _as_json(call, call.channel("read"))}


def _history(call: Context) -> Json:
    channel = _readable(call)
    latest, oldest = call.arguments.get("latest"), call.arguments.get("oldest")
    inclusive = call.flag("inclusive")
    found = [
        each.as_json(with_metadata=call.flag("include_all_metadata"))
        for each in reversed(channel.live())
        if each.thread_ts is None
        and _is_before(each.ts, latest, inclusive=inclusive)
        and (not oldest or _is_before(str(oldest), each.ts, inclusive=inclusive))
    ]
    page, following = call.page(found, default=100, most=999)
    more = bool(following["response_metadata"]["next_cursor"])
    return {"messages": page, "has_more": more, "pin_count": 0, **following}


def _replies(call: Context) -> Json:
    channel = _readable(call)
    message = channel.find(call.need("ts"))
    if message is None or message.only_for:
        raise Refusal("thread_not_found")
    parent = channel.messages[message.thread_ts or message.ts]
    latest, oldest = call.arguments.get("latest"), call.arguments.get("oldest")
    inclusive = call.flag("inclusive")
    shown = [
        each.as_json(with_metadata=call.flag("include_all_metadata"))
        for each in [parent, *parent.replies]
        if not each.is_deleted
        and (
            each is parent
            or (
                _is_before(each.ts, latest, inclusive=inclusive)
                and (not oldest or _is_before(str(oldest), each.ts, inclusive=inclusive))
            )
        )
    ]
    page, following = call.page(shown, default=1000, most=1000)
    more = bool(following["response_metadata"]["next_cursor"])
    return {"messages": page, "has_more": more, **following}


def _readable(call: Context) -> Channel:
    channel = call.channel("history")
    if not call.is_member(channel):
        raise Refusal("not_in_channel")
    return channel


def _is_before(ts: str, latest: object, *, inclusive: bool) -> bool:
    if not latest:
        return True
    return _moment(ts) <= _moment(latest) if inclusive else _moment(ts) < _moment(latest)


def _moment(ts: object) -> tuple[int, int]:
    seconds, _, rest = str(ts).partition(".")
    if not seconds.isdecimal() or (rest and not rest.isdecimal()):
        raise Refusal("invalid_ts_latest")
    return int(seconds), int(rest.ljust(6, "0")[:6] or 0)


def _open(call: Context) -> Json:
    call.may("im:write")
    users = call.need("users").split(",")
    if len(users) != 1:
        raise Refusal("too_many_users")
    person = call.workspace.people.get(users[0])
    if person is None:
        raise Refusal("user_not_found")
    if person.is_bot:
        raise Refusal("cannot_dm_bot")
    channel = call.workspace.direct(person.id)
    return {"channel": {"id": channel.id}, "no_op": False, "already_open": False}


def _join(call: Context) -> Json:
    call.may("channels:join")
    channel = call.channel("read")
    if channel.kind is not Kind.PUBLIC:
        raise Refusal("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refusal("is_archived")
    channel.members.add(call.workspace.bot_user)
    call.world.touch()
    return {"channel": _as_json(call, channel)}


def _members(call: Context) -> Json:
    page, following = call.page(sorted(call.channel("read").members), default=100, most=1000)
    return {"members": page, **following}


def _list(call: Context) -> Json:
    return _listed(call, only_own=False)


def _of_user(call: Context) -> Json:
    return _listed(call, only_own=True)


def _listed(call: Context, *, only_own: bool) -> Json:
    types = str(call.arguments.get("types") or "public_channel").split(",")
    if unknown := [each for each in types if each.strip() not in {*_KINDS, "mpim"}]:
        raise Refusal("invalid_types", f"[ERROR] {unknown[0]}")
    kinds = {_KINDS[each.strip()] for each in types if each.strip() in _KINDS}
    for kind in kinds:
        call.may(f"{kind.scope}:read")
    asked = call.arguments.get("user") if only_own else None  # whose; the bot's own without
    channels = [
        _as_json(call, each)
        for each in call.workspace.channels.values()
        if each.kind in kinds
        and (asked is None or asked in each.members)
        and not each.is_deleted
        and not (call.flag("exclude_archived") and each.is_archived)
        and (call.is_member(each) or (each.kind is Kind.PUBLIC and (asked or not only_own)))
    ]
    page, following = call.page(channels, default=100, most=999)
    return {"channels": page, **following}


def _user(call: Context) -> Json:
    call.may("users:read")
    person = call.workspace.people[call.person()]
    return {
        "user": {
            "id": person.id,
            "team_id": call.workspace.id,
            "name": person.name,
            "real_name": person.name.title(),
            "deleted": False,
            "tz": person.timezone,
            "tz_offset": 3600,
            "is_admin": person.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_bot": person.is_bot,
            "locale": "en-US",
            "profile": {"display_name": person.name, "real_name": person.name.title()},
        }
    }


def _team(call: Context) -> Json:
    call.may("team:read")
    return {
        "team": {
            "id": call.workspace.id,
            "name": call.workspace.name,
            "domain": call.workspace.domain,
        }
    }


def _bot(call: Context) -> Json:
    call.may("users:read")
    if call.arguments.get("bot") not in (None, call.workspace.bot_id):
        raise Refusal("bot_not_found")
    return {
        "bot": {
            "id": call.workspace.bot_id,
            "app_id": APP_ID,
            "user_id": call.workspace.bot_user,
            "name": "papercourier",
            "deleted": False,
        }
    }


def _as_json(call: Context, channel: Channel) -> Json:
    shown: Json = {
        "id": channel.id,
        "is_channel": channel.kind is Kind.PUBLIC,
        "is_group": channel.kind is Kind.PRIVATE,
        "is_im": channel.kind is Kind.DIRECT,
        "is_mpim": False,
        "is_private": channel.kind is not Kind.PUBLIC,
        "is_archived": channel.is_archived,
        "context_team_id": channel.team,
    }
    if channel.kind is Kind.DIRECT:
        return shown | {"user": channel.name, "is_open": True}
    return shown | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_member": call.is_member(channel),
        "num_members": len(channel.members),
        "creator": min(channel.members, default=""),
    }


METHODS: dict[str, Callable[[Context], Json]] = {
    "bots.info": _bot,
    "conversations.history": _history,
    "conversations.info": _info,
    "conversations.join": _join,
    "conversations.list": _list,
    "conversations.members": _members,
    "conversations.open": _open,
    "conversations.replies": _replies,
    "team.info": _team,
    "users.conversations": _of_user,
    "users.info": _user,
}
