"""What is left to do by hand before the bot can be in a channel."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

_ALWAYS = """\
Next:
  papercourier doctor    looks whether everything is reached
  papercourier run       starts the service"""


def next_steps(secrets: Mapping[str, str], *, command_name: str = "arxiv") -> str:
    """The steps after `papercourier setup`, given the secrets it was told, by variable.

    With Slack's manifest as long as Slack has no token, and Discord's invite link once its has.
    """
    # Imported here: both platforms' libraries take long to load.
    from adapters.discord.rights import invite_url  # noqa: PLC0415
    from adapters.slack.manifest import manifest  # noqa: PLC0415

    parts = []
    if "SLACK_BOT_TOKEN" not in secrets:
        document = json.dumps(manifest(command_name=command_name), indent=2)
        parts.append(
            "Slack: at api.slack.com/apps choose “Create New App”, “From a manifest”, paste this, "
            "install it, and run setup again with its tokens (docs/how-to/slack.md):\n\n"
            f"{document}\n"
        )
    token = secrets.get("DISCORD_TOKEN", "")
    if application_id := _application_id(token):
        parts.append(f"Discord: invite the bot with\n\n  {invite_url(application_id)}\n")
    elif not token:
        parts.append(
            "Discord: make an application in the Developer Portal, copy its bot's token, and run "
            "setup again with it (docs/how-to/discord.md).\n"
        )
    return "\n".join((*parts, _ALWAYS))


def _application_id(token: str) -> str | None:
    """The application a Discord token belongs to; None when it has not a token's form.

    A token begins with the application's ID in base64.
    """
    head = token.partition(".")[0]
    try:
        found = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return found if found.isdigit() else None
