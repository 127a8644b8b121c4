"""What is sent to the terminal is printed, whole and nothing else."""

import io
import json

import pytest
from rich.console import Console

from adapters.terminal.messenger import TerminalMessenger, open_console
from adapters.terminal.progress import TerminalProgress
from bot.domain.outbox import OutboxMessage
from bot.errors import TransientError
from tests.fakes.world import CHANNEL

LONG = "word " * 60


def message(markup: str) -> OutboxMessage:
    return OutboxMessage("digest/1/a/0", CHANNEL, json.dumps({"markup": markup}))


def console(*, is_terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=60, force_terminal=is_terminal, color_system=None)


def printed(one: Console) -> str:
    assert isinstance(one.file, io.StringIO)
    return one.file.getvalue()


async def test_where_the_output_is_no_terminal_lines_are_never_broken() -> None:
    plain = console(is_terminal=False)

    await TerminalMessenger(plain).send(message(f"    {LONG}"))

    assert printed(plain) == f"    {LONG}\n\n"


async def test_on_a_terminal_long_lines_go_on_under_their_beginning() -> None:
    terminal = console(is_terminal=True)

    await TerminalMessenger(terminal).send(message(f"    {LONG}"))

    lines = [line for line in printed(terminal).splitlines() if line.strip()]
    assert len(lines) > 1
    assert all(line.startswith("    word") for line in lines)
    assert all(len(line) <= 60 for line in lines)
    assert " ".join(printed(terminal).split()) == LONG.strip()


async def test_a_numbered_line_goes_on_under_its_text() -> None:
    terminal = console(is_terminal=True)

    await TerminalMessenger(terminal).send(message(f" 1. {LONG}"))

    first, second, *_ = printed(terminal).splitlines()
    assert first.startswith(" 1. word")
    assert second.startswith("    word")


async def test_a_closed_terminal_is_tried_again_later() -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    with pytest.raises(TransientError, match="closed"):
        await TerminalMessenger(open_console(Closed())).send(message("text"))


async def test_what_was_sent_is_known_by_its_key() -> None:
    ref = await TerminalMessenger(console(is_terminal=False)).send(message("text"))

    assert ref.message_id == "digest/1/a/0"


def test_progress_leaves_nothing_where_there_is_no_terminal() -> None:
    plain = console(is_terminal=False)

    with TerminalProgress(plain) as progress:
        progress(1, 2, "summaries")

    assert printed(plain) == ""


def test_bars_of_one_command_are_gone_in_the_next() -> None:
    terminal = console(is_terminal=True)
    progress = TerminalProgress(terminal)
    with progress:
        progress(2, 2, "summaries")
    seen = len(printed(terminal))

    with progress:
        pass

    assert "summaries" not in printed(terminal)[seen:]
