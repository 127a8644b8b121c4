"""Pictures of what the bot shows on Discord: `python -m tests.pictures_discord`.

Without arguments it writes docs/pictures/discord-*.png: the bot's own messages on the sample day,
from a fake Discord. With files it draws them instead, each a JSON body of a message, a list of
them, or a form, into `--into FOLDER`. Needs Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.fakes.discord import DiscordServer, Message
from tests.fakes.simulated_time import until
from tests.pictures import PICTURES
from tests.pictures_slack import picture
from tests.play_discord.drawing import names_of
from tests.play_discord.message_html import message_html, modal_html
from tests.play_discord.staging import staged

_CSS = (Path(__file__).parent / "play_discord" / "page.css").read_text(encoding="utf-8")
_PATIENCE_SECONDS = 60.0
_TOP = 4
_SUBSCRIBE = {
    "categories": "cs.LG cs.CL",
    "keywords": '"kv cache","speculative decoding","long context"^1.5,quantiz*,LLM^0.5',
    "max_papers": _TOP,
}
_ONLY_YOU = '<div class="note">👁 Only you can see this</div>'


async def draw_journey(folder: Path) -> list[Path]:
    """The pictures of the docs: digest, thread, summary, form."""
    async with staged() as stage:
        pages = await _journey(stage.discord)
        assert not stage.discord.violations, stage.discord.violations
    return [
        await picture(body, folder / f"discord-{name}.png", css=_CSS)
        for name, body in pages.items()
    ]


async def _journey(discord: DiscordServer) -> dict[str, str]:
    person = discord.user("admin")
    await person.command("arxiv subscribe", _SUBSCRIBE)
    await person.command("arxiv now")
    await until(
        lambda: [len(each.messages) for each in discord.threads("papers")] == [_TOP],
        seconds=_PATIENCE_SECONDS,
    )
    [thread] = discord.threads("papers")
    digest = discord.world.message(discord.channel("papers"), thread.id)
    summary = await person.click(thread.messages[0], thread.messages[0].buttons[0]["custom_id"])
    form = await person.command("arxiv edit")
    drawn = {
        "digest": _drawn(discord, [digest]),
        "thread": _drawn(discord, thread.messages[:1]),
        "summary": _drawn(discord, summary.messages, note=_ONLY_YOU),
    }
    if form.modal is not None:
        drawn["form"] = _centred(modal_html(form.modal.data, names_of(discord)))
    return drawn


def _centred(body: str) -> str:
    return f'<div style="padding: 8px 140px">{body}</div>'


def _drawn(discord: DiscordServer, messages: Sequence[Message], *, note: str = "") -> str:
    names = names_of(discord)
    return "".join(message_html(each.json(), names, note=note) for each in messages)


async def draw_files(files: Sequence[Path], folder: Path) -> list[Path]:
    """A picture of each file, by its name."""
    return [
        await picture(
            drawn(json.loads(file.read_text(encoding="utf-8"))),
            folder / f"{file.stem}.png",
            css=_CSS,
        )
        for file in files
    ]


def drawn(given: Any) -> str:
    """HTML of a body, a list of bodies, or a form."""
    if isinstance(given, list):
        return "".join(map(drawn, given))
    if isinstance(given, str):
        return drawn(json.loads(given))
    return _centred(modal_html(given)) if "title" in given else message_html(given)


def main() -> None:
    """Draw, and say what was drawn."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures_discord", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--into", type=Path, default=PICTURES)
    asked = parser.parse_args()
    folder = asked.into.resolve()  # Chromium has a folder of its own
    folder.mkdir(parents=True, exist_ok=True)
    work = draw_files(asked.files, folder) if asked.files else draw_journey(folder)
    for path in asyncio.run(work):
        sys.stdout.write(f"{path} {path.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main()
