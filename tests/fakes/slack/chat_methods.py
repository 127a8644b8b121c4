"""chat.* and reactions.*: posting, changing and looking at messages."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.slack import limits
from tests.fakes.slack.context import Context
from tests.fakes.slack.state import Channel, Json, Kind, Message, Refusal


def _post(call: Context) -> Json:
    channel = call.channel_to_post()
    limits.check_message(call.arguments)
    _check_thread(channel, call.arguments.get("thread_ts"))
    _wait_for_channel(call, channel)
    message = call.world.post(
        channel,
        user=call.workspace.bot_user,
        bot_id=call.workspace.bot_id,
        text=call.arguments.get("text", ""),
        blocks=with_block_ids(call, call.arguments.get("blocks") or []),
        attachments=call.arguments.get("attachments") or [],
        metadata=call.arguments.get("metadata"),
        thread_ts=call.arguments.get("thread_ts"),
        arguments=call.arguments,
    )
    if channel.kind is Kind.DIRECT:
        call.world.emit(
            call.workspace,
            {**message.as_json(), "channel": channel.id, "channel_type": "im"},
        )
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json(with_metadata=True)}


def _post_ephemeral(call: Context) -> Json:
    channel, user = call.channel_to_post(), call.person()
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    limits.check_message(call.arguments)
    message = call.world.post(
        channel,
        user=call.workspace.bot_user,
        bot_id=call.workspace.bot_id,
        text=call.arguments.get("text", ""),
        blocks=with_block_ids(call, call.arguments.get("blocks") or []),
        thread_ts=call.arguments.get("thread_ts"),
        only_for=user,
        arguments=call.arguments,
    )
    return {"message_ts": message.ts}


def _update(call: Context) -> Json:
    channel = call.channel_to_post()
    message = _own_message(call, channel, change="update")
    merged = {
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "metadata": message.metadata,
        **call.arguments,
    }
    # A new text without blocks takes the old blocks away.
    if "text" in call.arguments and "blocks" not in call.arguments:
        merged["blocks"] = []
    limits.check_message(merged, longest_text=limits.UPDATED_TEXT)
    change_message(call, message, merged)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message.as_json(with_metadata=True),
    }


def change_message(call: Context, message: Message, what: Json) -> None:
    """Put other words and blocks into a message."""
    message.text = what.get("text", "")
    message.blocks = with_block_ids(call, what.get("blocks") or [])
    message.attachments = what.get("attachments") or []
    message.metadata = what.get("metadata", message.metadata)
    message.arguments = what
    message.edited_ts = call.world.numbers.ts()
    call.world.touch()


def _delete(call: Context) -> Json:
    channel = call.channel_to_post()
    message = _own_message(call, channel, change="delete")
    message.is_deleted = True
    call.world.touch()
    return {"channel": channel.id, "ts": message.ts}


def _unfurl(call: Context) -> Json:
    call.may("links:write")
    unfurls = call.arguments.get("unfurls")
    if not isinstance(unfurls, dict) or not unfurls:
        raise Refusal("cannot_parse_attachment")
    channel = call.world.channel(call.need("channel"))
    if channel.team != call.workspace.id:
        raise Refusal("cannot_unfurl_message")
    message = channel.find(call.need("ts"))
    if message is None:
        raise Refusal("cannot_find_message")
    for url, attachment in unfurls.items():
        if url not in message.text.replace("&amp;", "&"):
            raise Refusal("cannot_unfurl_url", f"[ERROR] {url} is not in the message")
        blocks = attachment.get("blocks")
        if not blocks:
            raise Refusal("missing_unfurls", "[ERROR] an unfurl without blocks")
        limits.check_blocks(blocks, at_most=limits.BLOCKS_OF_A_MESSAGE, allowed=limits.FOR_MESSAGES)
        message.unfurls[url] = attachment
    call.world.touch()
    return {}


def _permalink(call: Context) -> Json:
    channel = call.channel("read")
    message = channel.find(call.need("message_ts"))
    if message is None:
        raise Refusal("message_not_found")
    place = f"https://{call.workspace.domain}.slack.com/archives/{channel.id}"
    return {"channel": channel.id, "permalink": f"{place}/p{message.ts.replace('.', '')}"}


def _reactions(call: Context) -> Json:
    call.may("reactions:read")
    channel = call.channel("read")
    message = channel.find(call.need("timestamp"))
    if message is None:
        raise Refusal("message_not_found")
    return {"type": "message", "channel": channel.id, "message": message.as_json()}


def with_block_ids(call: Context, blocks: list[Json]) -> list[Json]:
    """The blocks, those without a name given one, as Slack does."""
    return [{"block_id": call.world.numbers.id("b"), **block} for block in blocks]


def _check_thread(channel: Channel, thread_ts: object) -> None:
    if thread_ts is None:
        return
    parent = channel.find(thread_ts)
    if parent is None:
        raise Refusal("thread_not_found")
    if parent.thread_ts not in (None, parent.ts):
        raise Refusal("cannot_reply_to_message", "[ERROR] thread_ts is a reply's")


def _wait_for_channel(call: Context, channel: Channel) -> None:
    if wait := call.world.rates.channel_wait(channel.team, channel.id):
        raise Refusal("ratelimited", retry_after=wait)


def _own_message(call: Context, channel: Channel, *, change: str) -> Message:
    message = channel.find(call.need("ts"))
    if message is None or message.only_for:
        raise Refusal("message_not_found")
    if message.bot_id != call.workspace.bot_id:
        raise Refusal(f"cant_{change}_message")
    return message


METHODS: dict[str, Callable[[Context], Json]] = {
    "chat.delete": _delete,
    "chat.getPermalink": _permalink,
    "chat.postEphemeral": _post_ephemeral,
    "chat.postMessage": _post,
    "chat.unfurl": _unfurl,
    "chat.update": _update,
    "reactions.get": _reactions,
}
