"""Pictures of what the bot shows in Slack: `python -m tests.pictures_slack`.

Without arguments it writes docs/pictures/slack-*.png: the bot's own messages on the sample day,
from a fake Slack. With files it draws them instead, each a JSON payload of chat.postMessage (or
a list of them, or a view), into `--into FOLDER`. Needs Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.fakes.slack import Message, SlackServer
from tests.pictures import PICTURES
from tests.play_slack.blocks_html import blocks_html, form_html, message_html
from tests.play_slack.drawing import names_of
from tests.play_slack.staging import staged

WIDTH = 720
_LEAST_HEIGHT = 160  # Chromium draws nothing in a lower window
_SCALE = 1.25
_CSS = (Path(__file__).parent / "play_slack" / "page.css").read_text(encoding="utf-8")
_CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_LONGEST_SECONDS = 60.0
_TOP = 4
_SUBSCRIBE = (
    'subscribe cs.LG cs.CL kw:"kv cache","speculative decoding","long context"^1.5,quantiz*,'
    f'LLM^0.5 -survey -tutorial @"Aino Ranta-Kivelä" min:1 top:{_TOP}'
)


async def draw_journey(folder: Path) -> list[Path]:
    """The pictures of the docs: digest, thread, summary, form, Home tab."""
    async with staged() as stage:
        pages = await _journey(stage.slack)
        assert not stage.slack.violations, stage.slack.violations
    return [await picture(body, folder / f"slack-{name}.png") for name, body in pages.items()]


async def _journey(slack: SlackServer) -> dict[str, str]:
    user = slack.user("U1")
    await user.slash(_SUBSCRIBE)
    await slack.until(lambda: bool(slack.messages("C1")), what="the subscription is there")
    await user.slash("now")
    await slack.until(lambda: any(each.replies for each in slack.messages("C1")))
    digest = next(each for each in slack.messages("C1") if each.replies)
    await slack.until(lambda: len(digest.replies) >= _TOP, what="the whole digest")
    papers = slack.thread(digest)
    await user.click(papers[0], "paper_summarize")
    await slack.until(lambda: len(digest.replies) > _TOP, what="a summary")
    form = await (await user.slash("subscribe")).view()
    await user.open_home()
    await slack.until(lambda: slack.home("U1") is not None, what="the Home tab")
    home = slack.home("U1")
    assert home is not None
    names = names_of(slack)
    return {
        "digest": _drawn([digest], names),
        "thread": _drawn(papers[:2], names),
        "summary": _drawn(slack.thread(digest)[_TOP:], names),
        "form": f'<div style="padding: 16px 100px">{form_html(form.payload, names)}</div>',
        "home": f'<div style="padding: 8px 20px">{blocks_html(home.blocks, names)}</div>',
    }


def _drawn(messages: Sequence[Message], names: dict[str, str]) -> str:
    return "".join(message_html(_payload(each), names) for each in messages)


def _payload(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks}


async def draw_files(files: Sequence[Path], folder: Path) -> list[Path]:
    """A picture of each file, by its name."""
    return [await picture(_read(file), folder / f"{file.stem}.png") for file in files]


def _read(file: Path) -> str:
    return drawn(json.loads(file.read_text(encoding="utf-8")))


def drawn(given: Any) -> str:
    """HTML of a payload, a list of payloads or a view."""
    if isinstance(given, list):
        return "".join(map(drawn, given))
    if isinstance(given, str):
        return drawn(json.loads(given))
    if given.get("type") == "modal":
        return form_html(given)
    return blocks_html(given["blocks"]) if given.get("type") == "home" else message_html(given)


async def picture(body: str, path: Path, *, css: str = _CSS) -> Path:
    """Draw HTML as high as it is, in the looks of `css`."""
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>0</title>'
        f'<style>{css}</style><body><div class="picture">{body}</div><script>'
        "document.title = Math.ceil(document.querySelector('.picture').offsetHeight);"
        "</script></body></html>"
    )
    with tempfile.TemporaryDirectory(prefix="papercourier-picture-") as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        dom = await _chromium(Path(folder), "--dump-dom", f"--window-size={WIDTH},600", str(file))
        height = re.search(r"<title>(\d+)</title>", dom)
        assert height, "Chromium gave no page"
        await _chromium(
            Path(folder),
            f"--force-device-scale-factor={_SCALE}",
            f"--window-size={WIDTH},{max(int(height[1]), _LEAST_HEIGHT)}",
            f"--screenshot={path}",
            str(file),
        )
    return path


async def _chromium(folder: Path, *words: str) -> str:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is not here"
    process = await asyncio.create_subprocess_exec(
        program,
        *_CHROMIUM,
        f"--user-data-dir={folder / 'profile'}",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(_LONGEST_SECONDS):
        out, _ = await process.communicate()
    return out.decode()


def main() -> None:
    """Draw, and say what was drawn."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures_slack", description=__doc__)
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
