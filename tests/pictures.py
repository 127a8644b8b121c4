"""Makes the pictures of the docs from the sample day: `python -m tests.pictures`."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

from adapters.arxiv.feed_files import read_feed_files
from adapters.arxiv.sample_day import sample_feed_paths
from adapters.llm.extractive import ExtractiveSummarizer
from adapters.terminal.messenger import TerminalMessenger
from adapters.terminal.render import digest_payload
from bot.domain.interests import Interests, parse_filters, split_words
from bot.services.one_digest import compose_once
from tests.fakes.clock import FrozenClock

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_FILTERS = (
    'cs.LG cs.CL kw:"kv cache","speculative decoding","long context"^1.5,quantiz*,LLM^0.5 '
    "-survey min:1 top:3"
)


def main() -> None:
    """Write docs/pictures/digest.svg."""
    interests = parse_filters(split_words(_FILTERS))[0].apply(Interests(categories=()))
    reading = read_feed_files(sample_feed_paths()[:1])
    digest = asyncio.run(
        compose_once(reading, interests, extractor=ExtractiveSummarizer(), now=FrozenClock().now())
    )
    console = Console(record=True, file=io.StringIO(), width=104, force_terminal=True)
    console.print(Text(f"$ papercourier preview {_FILTERS}\n", style="bold"))
    TerminalMessenger(console).show(digest_payload(digest, interests.categories))
    PICTURES.mkdir(parents=True, exist_ok=True)
    # Without the web fonts that Rich names: a picture in a README fetches nothing.
    svg = _FONT_FACE.sub("", console.export_svg(title="papercourier", unique_id="digest"))
    (PICTURES / "digest.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
