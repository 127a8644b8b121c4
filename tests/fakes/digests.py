"""A digest to publish: two ordinary papers, or ones that mean harm."""

from dataclasses import replace
from datetime import date

from bot.domain.digest import Digest, DigestEntry, Reason, Silence
from bot.domain.papers import AnnounceType, Paper
from bot.domain.summary import Summary, SummarySection, SummarySource

SUMMARY = Summary(
    arxiv_id="2601.13824",
    version=1,
    language="en",
    model="small-model",
    prompt="four-sections/1",
    source=SummarySource.PDF,
    sections=(
        SummarySection("Contributions", "A cache is shared.\n\n- half the memory\n- same answers"),
        SummarySection("Results", "It is 2.1 times faster."),
    ),
)
ENTRY = DigestEntry(
    rank=1,
    paper=Paper(
        arxiv_id="2601.13824",
        version=1,
        title="Sharing KV Caches between Models",
        abstract="Caches are large.\n\nWe share them. "
        + "Memory is halved and time is saved. " * 12,
        authors=("Ana García-Sánchez", "Wei Li"),
        categories=("cs.LG", "cs.CL"),
    ),
    announce_type=AnnounceType.NEW,
    score=3.25,
    reasons=(Reason("kv cache", "title+abstract", 2.0), Reason("memory", "abstract", 1.25)),
    summary=SUMMARY,
)
OLD_STYLE_ENTRY = DigestEntry(
    rank=2,
    paper=Paper(
        arxiv_id="hep-th/9901001",
        version=3,
        title="Strings & Things",
        abstract="A short one.",
        authors=("N. N.",),
        categories=("hep-th",),
    ),
    announce_type=AnnounceType.REPLACE,
    score=0.5,
    reasons=(),
)
DIGEST = Digest(
    slot="2026-01-21T09:00",
    announced_on=date(2026, 1, 21),
    considered=725,
    matched=40,
    entries=(ENTRY, OLD_STYLE_ENTRY),
)
EMPTY_DIGEST = Digest(
    slot="2026-01-24T09:00",
    announced_on=None,
    considered=0,
    matched=0,
    entries=(),
    silence=Silence.NO_ANNOUNCEMENT,
    silence_reason="arXiv announces nothing on Saturdays.",
)
HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    "a | b | c",
    "`code` and ``` fence",
    "[click](https://evil.example) ![x](http://evil.example/x.png)",
    "@everyone and #12 and @org/team",
    "**bold** _it_ ~~gone~~ # no heading",
    "# heading",
    "1. item 2) item",
    "- item",
    "---",
    "</details></summary>",
    "https://evil.example www.evil.example",
    "<https://evil.example> &lt;b&gt; &amp;",
    "\\[escaped\\] \\",
    "$\\lambda$ and $$x$$",
    "\u202eright to left\u202c",
    "new\n\n# line",
    "<!-- comment",
    "p<0.05 & q>1",
)


def digest_titled(text: str) -> Digest:
    """The digest, `text` put wherever a paper or a model can write."""
    summary = replace(SUMMARY, sections=(SummarySection(text, text),), notices=(text,))
    paper = replace(ENTRY.paper, title=text, authors=(text, "Wei Li"), abstract=text)
    entry = replace(ENTRY, paper=paper, summary=summary, reasons=(Reason(text, "title", 1.0),))
    return replace(DIGEST, entries=(entry,))
