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
from bot.services.delivery import DeliveryService
from bot.services.desk import Desk

PLATFORM = "terminal"
_WORKSPACE = "local"


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
        self, command: Command, *, channel: str = PLATFORM, to_file: str | None = None
    ) -> Reply:
        """Answer `command`, then print what it put into the outbox.

        With `to_file` the command is about that text file, and digests go there. Raises what
        the desk raises, and UserError for a name that no file can have.
        """
        destination = Destination(PLATFORM, _WORKSPACE, channel)
        if to_file is not None:
            destination = Destination(FILE_PLATFORM, _WORKSPACE, checked_name(to_file))
        actor = Actor(user_id=_user_name(), destination=destination, language=self._language)
        with self._progress:
            reply = await self._desk.answer(command, actor)
        if reply.attachment is None:
            self.show(reply)
        else:
            self._messenger.show_plain(reply.attachment.content)
        await self._delivery.deliver_due(platforms=(destination.platform,))
        return reply

    def show(self, reply: Reply) -> None:
        """Print a reply."""
        for payload in self._renderer.reply(reply):
            self._messenger.show(payload)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return PLATFORM
