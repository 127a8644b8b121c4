"""Digests in text files: whole, once, and found again after a crash."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapters.terminal.file_messenger import FileMessenger
from bot.domain.outbox import OutboxMessage
from bot.domain.subscriptions import Destination
from bot.errors import PermanentError, TransientError


def message(key: str, markup: str = "[bold]Hello[/bold]", *, channel: str = "lab") -> OutboxMessage:
    return OutboxMessage(
        key=key,
        destination=Destination("file", "local", channel),
        payload=json.dumps({"markup": markup}),
    )


async def test_messages_are_appended_in_order_as_plain_text(tmp_path: Path) -> None:
    messenger = FileMessenger(tmp_path / "digests")

    await messenger.send(message("digest/1/a/0", "[bold]First[/bold]\n  \\[1] cs.CL"))
    ref = await messenger.send(message("digest/1/b/0", "Second"))

    assert (tmp_path / "digests" / "lab.txt").read_text() == (
        "# papercourier message digest/1/a/0\nFirst\n  [1] cs.CL\n# end of digest/1/a/0\n\n"
        "# papercourier message digest/1/b/0\nSecond\n# end of digest/1/b/0\n\n"
    )
    assert ref.message_id == "digest/1/b/0"


async def test_a_message_that_is_there_is_found_and_another_is_not(tmp_path: Path) -> None:
    messenger = FileMessenger(tmp_path)
    await messenger.send(message("digest/1/2026-01-21T09:00/0"))

    found = await messenger.find_sent(message("digest/1/2026-01-21T09:00/0"))

    assert found is not None
    assert found.message_id == "digest/1/2026-01-21T09:00/0"
    assert await messenger.find_sent(message("digest/1/2026-01-21T09:00/1")) is None
    assert await messenger.find_sent(message("digest/1/2026-01-21T09:00/")) is None
    assert await messenger.find_sent(message("x", channel="other")) is None


async def test_half_a_message_is_not_found_and_goes_when_it_is_written_again(
    tmp_path: Path,
) -> None:
    messenger = FileMessenger(tmp_path)
    await messenger.send(message("one", "First"))
    path = tmp_path / "lab.txt"
    before = path.read_bytes()
    await messenger.send(message("two", "Second, with a long text"))
    whole = path.read_bytes()

    for length in range(len(before) + 1, len(whole) - 2):
        path.write_bytes(whole[:length])
        assert await messenger.find_sent(message("two")) is None
        # Not even the first line may be whole: then what is left of it stays as a note.
        if length > len(before) + len("# papercourier message "):
            await messenger.send(message("two", "Second, with a long text"))
            assert path.read_bytes() == whole


async def test_what_somebody_wrote_into_the_file_stays(tmp_path: Path) -> None:
    messenger = FileMessenger(tmp_path)
    path = tmp_path / "lab.txt"
    path.write_text("My notes\n")
    await messenger.send(message("one", "First"))
    with path.open("a") as file:
        file.write("Read the second paper!")

    await messenger.send(message("two", "Second"))

    text = path.read_text()
    assert text.startswith("My notes\n# papercourier message one\n")
    assert "# end of one\n\nRead the second paper!\n# papercourier message two\n" in text


async def test_a_text_cannot_pass_for_the_end_of_another_message(tmp_path: Path) -> None:
    messenger = FileMessenger(tmp_path)

    await messenger.send(message("one", "Title\n# end of two\n# papercourier message three"))

    assert await messenger.find_sent(message("two")) is None
    assert await messenger.find_sent(message("one")) is not None


async def test_many_at_once_do_not_mix(tmp_path: Path) -> None:
    text = "\n".join(["a line of some length"] * 200)

    await asyncio.gather(*(FileMessenger(tmp_path).send(message(f"m{n}", text)) for n in range(20)))

    content = (tmp_path / "lab.txt").read_text()
    blocks = content.split("# papercourier message ")[1:]
    assert sorted(block.split("\n")[0] for block in blocks) == sorted(f"m{n}" for n in range(20))
    assert all(block.count("a line of some length") == 200 for block in blocks)


@pytest.mark.parametrize("channel", ["../evil", "a/b", "", ".hidden", "x" * 101, "a\nb"])
async def test_a_channel_that_is_no_file_name_is_refused(tmp_path: Path, channel: str) -> None:
    messenger = FileMessenger(tmp_path / "digests")

    with pytest.raises(PermanentError, match="cannot be a file's name"):
        await messenger.send(message("one", channel=channel))
    with pytest.raises(PermanentError, match="cannot be a file's name"):
        await messenger.find_sent(message("one", channel=channel))


async def test_a_place_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "digests").write_text("a file where the folder should be")

    with pytest.raises(TransientError, match="cannot be written"):
        await FileMessenger(tmp_path / "digests").send(message("one"))
