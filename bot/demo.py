"""`papercourier demo`: the whole journey on the sample days, each step told before it is taken."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot import app
from bot.command_text import parse_command
from bot.config import Settings, load_settings

_SUBSCRIBE = (
    'subscribe cs.LG cs.CL kw:"kv cache","speculative decoding","long context"^1.5,quantiz*,'
    'LLM^0.5 -survey -tutorial @"Aino Ranta-Kivelä" min:1 top:6 at:09:00 on:weekdays '
    "tz:Europe/Berlin"
)
_PREVIEW = 'preview math.NT math.CO kw:"kv cache",prime,graph'
_FIRST_DAY = (
    (
        "Somebody subscribes: words that count, one that rules papers out, an author to follow.",
        _SUBSCRIBE,
    ),
    ("Instead of waiting for nine o'clock, they ask for today's digest.", "now"),
    ("Asked again, nothing is posted twice, and it says why.", "now"),
    ("Why did a paper with so many of these words not come?", "why 9912.00055"),
)
_SECOND_DAY = (
    ("The next day brings nothing in these categories. It says that, too.", "now"),
    ("Would another filter have found something? A preview posts nothing.", _PREVIEW),
    ("How do things stand?", "status"),
)
_NEXT = """\
That was the sample day: its papers are invented. With real ones:

  papercourier digest                     today's best papers of the categories in config.json
  papercourier subscribe cs.CL kw:"your topic"     then: papercourier now
  papercourier summarize 2601.13824       one paper, by its ID or link
  papercourier help                       everything else
"""


async def run(environ: Mapping[str, str]) -> None:
    """Play both sample days in a database that is thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="papercourier-demo-") as folder:
        settings = _settings(environ, Path(folder))
        first, second = app.sample_days()
        await _play(settings, first, _FIRST_DAY)
        await _play(settings, second, _SECOND_DAY)
    app.say(_NEXT)


def _settings(environ: Mapping[str, str], home: Path) -> Settings:
    """The built-in settings, whatever configuration lies about."""
    kept = {name: environ[name] for name in ("HOME", "USER") if name in environ}
    config = home / "config.json"
    config.write_text("{}", encoding="utf-8")
    return load_settings(config, {**kept, "PAPERCOURIER_HOME": str(home)})


async def _play(settings: Settings, day: app.SampleDay, steps: Sequence[tuple[str, str]]) -> None:
    async with app.open_app(settings, feed=day.feed, clock=day.clock) as bot:
        for told, line in steps:
            app.say(f"[dim]# {told}[/dim]\n[bold]$ {app.COMMAND} {line}[/bold]")
            await bot.terminal.ask(parse_command(line))
