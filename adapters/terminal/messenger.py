"""Delivery to the terminal: what is sent is printed."""

from __future__ import annotations

import json
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bot.domain.outbox import MessageRef, OutboxMessage
from bot.errors import TransientError


class TerminalMessenger:
    """Prints each message; colours and wrapping only where the output is a terminal.

    A terminal cannot be asked what it has shown, so after a crash a digest may be printed twice
    rather than not at all.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    async def send(self, message: OutboxMessage) -> MessageRef:
        """Print `message`. Raises TransientError when nobody reads any more (a closed pipe)."""
        self.show(message.payload)
        return MessageRef(channel_id=message.destination.channel_id, message_id=message.key)

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:  # noqa: ARG002 - the port's signature
        """Nothing: a terminal has no memory."""
        return None

    def show(self, payload: str) -> None:
        """Print one payload of `TerminalRenderer`."""
        try:
            for line in json.loads(payload)["markup"].split("\n"):
                self._print(line)
            self._console.print()
        except OSError as error:
            raise TransientError("The terminal is closed: nothing could be printed.") from error

    def show_plain(self, text: str) -> None:
        """Print text as it stands, for files and pipes."""
        self._console.print(Text(text.rstrip("\n")), soft_wrap=True)

    def _print(self, line: str) -> None:
        text = Text.from_markup(line)
        if not self._console.is_terminal:
            self._console.print(text, soft_wrap=True)
            return
        indent = len(text.plain) - len(text.plain.lstrip(" "))
        hanging = 4 if text.plain[:4].strip().rstrip(".").isdigit() else indent
        # Continuation lines stand under the text, not at the margin.
        if hanging and len(text.plain) > self._console.width:
            lines = text[indent:].wrap(self._console, self._console.width - hanging)
            self._console.print(text[:indent] + lines[0] if indent else lines[0])
            for each in lines[1:]:
                self._console.print(Padding(each, (0, 0, 0, hanging)))
            return
        self._console.print(text)


class PatientConsole(Console):
    """A console whose reader may go away: that is an error of one message, not the end of us."""

    def on_broken_pipe(self) -> None:
        """Raise what Rich would end the whole process for."""
        raise BrokenPipeError


def open_console(file: TextIO | None = None) -> Console:
    """The console of this process: plain where the output is no terminal."""
    return PatientConsole(file=file, highlight=False)
