"""The terminal's side of a conversation: a command in, its reply and digests out."""

from __future__ import annotations

import getpass

from adapters.terminal.file_messenger import PLATFORM as FILE_PLATFORM
from adapters.terminal.file_messenger import checked_name
from adapters.terminal.messenger import TerminalMessenger
from adapters.terminal.progress import TerminalProgress
from adapters.terminal.render import TerminalRenderer
from bot.domain.commands import Actor, Command, Reply
from bot.domain.subscriptions import Destination
from bot.errors import TransientError, UserError
from bot.services.delivery import DeliveryService
from bot.services.desk import Desk

PLATFORM = "terminal"
_WORKSPACE = "local"
_WEBHOOK_SECONDS = 1.1  # between two messages: Slack takes one a second, Discord a few more


class TerminalClient:
    """Asks the desk for whoever sits at the terminal."""

    def __init__(
        self,
        *,
        desk: Desk,
        delivery: DeliveryService,
        renderer: TerminalRenderer,
        messenger: TerminalMessenger,
        progress: TerminalProgress,
        language: str,
    ) -> None:
        self._desk = desk
        self._delivery = delivery
        self._renderer = renderer
        self._messenger = messenger
        self._progress = progress
        self._language = language

    async def ask(
        self,
        command: Command,
        *,
        channel: str = PLATFORM,
        to_file: str | None = None,
        to: str | None = None,
    ) -> Reply:
        """Answer `command`, then print what it put into the outbox.

        With `to_file` the command is about that text file, with `to` about that webhook, and
        digests go there. Raises what the desk raises, UserError for a name that no file can have
        or a webhook without an address, and TransientError when a digest waits for a webhook:
        what runs us, such as cron, can only tell by that.
        """
        destination = Destination(PLATFORM, _WORKSPACE, channel)
        if to_file is not None:
            destination = Destination(FILE_PLATFORM, _WORKSPACE, checked_name(to_file))
        if to is not None:
            destination = Destination(to, _WORKSPACE, channel if channel != PLATFORM else "webhook")
            if to not in self._delivery.platforms:
                raise UserError(
                    f"There is no address for {to}: set {to.replace('-', '_').upper()}_URL to it."
                )
        actor = Actor(user_id=_user_name(), destination=destination, language=self._language)
        with self._progress:
            reply = await self._desk.answer(command, actor)
        if reply.attachment is None:
            self.show(reply)
        else:
            self._messenger.show_plain(reply.attachment.content)
        if to is not None:
            await self._post(destination)
        else:
            await self._delivery.deliver_due(platforms=(destination.platform,))
        return reply

    async def _post(self, destination: Destination) -> None:
        troubles: list[str] = []
        await self._delivery.deliver_due(
            platforms=(destination.platform,),
            pause_seconds=_WEBHOOK_SECONDS,
            on_trouble=troubles.append,
        )
        if trouble := await self._delivery.refusals.reason(destination):
            raise TransientError(
                f"{trouble} The digests wait; `resume --to {destination.platform}` tries again."
            )
        if troubles:
            raise TransientError(troubles[0])

    def show(self, reply: Reply) -> None:
        """Print a reply."""
        for payload in self._renderer.reply(reply):
            self._messenger.show(payload)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return PLATFORM
