"""The app manifest: what Slack has to know of the app, and not a scope more than it needs."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from bot.errors import UserError

EVENTS_PATH: Final = "/slack/events"
INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"

# Each with what would not work without it.
SCOPES: Final = MappingProxyType(
    {
        "app_mentions:read": "Mentions are answered, also in threads, where no commands work.",
        "channels:history": "A message lost in a crash is looked for before it is sent again, and "
        "a reaction is traced to its paper.",
        "channels:read": "Whether the bot is in a channel, who made it, and when it is archived, "
        "renamed or deleted.",
        "chat:write": "Digests and answers are posted.",
        "commands": "The slash command.",
        "groups:history": "As channels:history, in private channels the bot was invited to.",
        "groups:read": "As channels:read, in private channels the bot was invited to.",
        "im:history": "Direct messages to the bot are answered.",
        "im:read": "Whether a direct message is one with the bot.",
        "im:write": "Whoever subscribed a channel is told when it can be posted to no more.",
        "links:read": "Pasted arXiv links are seen, where a channel switched previews on.",
        "links:write": "Those links get their preview.",
        "reactions:read": "Thumbs given as reactions count.",
        "users:read": "Who is an admin and may change subscriptions; people's time zones.",
    }
)
EVENTS: Final = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_rename",
    "group_unarchive",
    "link_shared",
    "member_joined_channel",
    "member_left_channel",
    "message.im",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
)


def manifest(*, command_name: str, http_url: str | None = None) -> dict[str, Any]:
    """The manifest for Socket Mode, or for HTTP at `http_url`, where Slack reaches us.

    Raises UserError for an address Slack would not take.
    """
    if http_url is not None:
        http_url = http_url.rstrip("/")
        if not http_url.startswith("https://"):
            raise UserError(
                "Slack calls https:// addresses only: give the public one, such as "
                "https://papers.example.org."
            )
    command: dict[str, Any] = {
        "command": f"/{command_name}",
        "description": "New arXiv papers in this channel, summaries, answers",
        "usage_hint": "subscribe cs.CL kw:LLM | list | preview | summarize 2601.13824 | help",
        "should_escape": False,
    }
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    oauth: dict[str, Any] = {"scopes": {"bot": sorted(SCOPES)}}
    if http_url is not None:
        command["url"] = events["request_url"] = f"{http_url}{EVENTS_PATH}"
        interactivity["request_url"] = f"{http_url}{EVENTS_PATH}"
        oauth = {"redirect_urls": [f"{http_url}{REDIRECT_PATH}"], **oauth}
    return {
        "display_information": {
            "name": "Papercourier",
            "description": "Brings each day's arXiv papers that matter to a channel.",
            "background_color": "#2c3e50",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Papercourier", "always_online": True},
            "slash_commands": [command],
            "unfurl_domains": ["arxiv.org"],
        },
        "oauth_config": oauth,
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": http_url is None,
            "token_rotation_enabled": False,
        },
    }
