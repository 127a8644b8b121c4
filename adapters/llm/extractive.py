"""Summaries without a model: the abstract's own telling sentences, and labelled as that."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.papers import Paper
from bot.domain.summary import Summary, SummarySection, SummarySource
from bot.domain.text import collapse, sentences
from bot.ports import FullText

HEADING: Final = "In the abstract's words"
MODEL: Final = "extractive"

_LONGEST_SENTENCE: Final = 500  # characters; beyond this it is a list or a missing full stop
_LEFT_OUT: Final = "…"

# What a sentence tells of, with the points each cue gives. The cues are the phrases authors of
# abstracts use; several cues of one kind do not add up, different kinds do.
_AIM: Final = re.compile(
    r"\b(?:we|I|this (?:paper|work|article|study|thesis|report|survey|note|tutorial))"
    r"(?: (?:therefore|thus|then|also|first|here|further|now))?"
    r" (?:propos|introduc|present|develop|describ|design|study|studies|investigat|examin|explor"
    r"|address|argu|establish|formali[sz]|formulat|build|construct|review|survey|ask|revisit|tackl"
    r"|consider|creat)"
    r"|\b(?:in this (?:paper|work|article|study|report|survey|thesis|note)|here,? we"
    r"|is (?:proposed|presented|introduced)|are (?:proposed|presented|introduced))\b",
    re.IGNORECASE,
)
_DEED: Final = re.compile(
    r"\b(?:we|I|this (?:paper|work|article|study|thesis|report|survey))\b", re.IGNORECASE
)
_METHOD: Final = re.compile(
    r"\b(?:our (?:method|approach|framework|model|system|algorithm|pipeline|key (?:idea|insight))"
    r"|consists? of|compris(?:es|ing)|combin(?:es|ing)|integrat(?:es|ing)|leverag(?:es|ing)"
    r"|based on|built (?:on|upon)|by (?:training|learning|using|modeling|modelling|combining)"
    r"|decompos(?:es|ing)|the (?:core|key) (?:idea|insight)|specifically|(?:two|three|four)-stage)",
    re.IGNORECASE,
)
_RESULT: Final = re.compile(
    r"\b(?:(?:results?|experiments?|evaluations?|simulations?|findings|analys[ei]s|benchmarks?"
    r"|experimental results)\b[^.]{0,60}?\b(?:show|demonstrat|reveal|indicat|confirm|suggest|find)"
    r"|we (?:find|found|show|observe|demonstrate|prove|obtain)|outperform|surpass|exceed"
    r"|achiev(?:es?|ed|ing)|attain|state[- ]of[- ]the[- ]art|improv(?:es|ed|ing|ements?) "
    r"|reduc(?:es|ed|ing) |faster|higher|lower than|compared (?:to|with)|yield(?:s|ed)"
    r"|speed-?ups?|consistently|significantly)",
    re.IGNORECASE,
)
_FIGURE: Final = re.compile(
    r"(?<![\w.])\d[\d,]*(?:\.\d+)?\s?(?:%|percent|points?\b|[x×]|-?fold\b|times\b|dB\b)"
    r"|(?<![\w.\-])\d+\.\d+\b",
    re.IGNORECASE,
)
_CONCLUSION: Final = re.compile(
    r"\b(?:we conclude|in conclusion|overall|our (?:results|findings|work|study|analysis)"
    r"|these (?:results|findings)|highlight|underscor|suggest(?:s|ing)?\b|impl(?:y|ies|ications?)"
    r"|limitations?|paves? the way|provid(?:es|ing) (?:a|new) (?:practical|principled|insight))",
    re.IGNORECASE,
)
_BACKGROUND: Final = re.compile(
    r"^(?:recent|recently|while|although|despite|however|existing|current|traditional|conventional"
    r"|previous|prior|most|many|in recent years|with the|large language models|the (?:rapid|growing"
    r"|increasing|rise|advent))\b"
    r"|\b(?:has (?:become|emerged|gained|attracted)|have (?:become|emerged|gained|shown|achieved"
    r"|demonstrated|attracted)|remains? (?:a |an |largely |poorly |un|challenging|difficult|open)"
    r"|is (?:crucial|essential|critical|important|challenging)|are (?:crucial|essential))",
    re.IGNORECASE,
)
_HOUSEKEEPING: Final = re.compile(
    r"https?://|\b(?:code|data|dataset|models?|implementation|supplementary|project page|website"
    r"|demo)\b[^.]{0,60}?\b(?:available|released|found at|accessible|open-?sourced)\b"
    r"|\breleas(?:e|ed|ing) (?:(?:the|our|all|both) )?(?:source )?(?:code|scripts)"
    r"|\b(?:accepted (?:at|to|by)|to appear in|\d+ pages)\b",
    re.IGNORECASE,
)
_CUES: Final = (
    (_AIM, 2.0),
    (_DEED, 1.0),
    (_RESULT, 2.0),
    (_FIGURE, 2.0),
    (_CONCLUSION, 1.5),
    (_METHOD, 1.0),
    (_BACKGROUND, -2.0),
    (_HOUSEKEEPING, -3.0),
)
_BEFORE_THE_AIM: Final = -2.0  # what comes earlier is what others did
_FEWEST_WORDS: Final = 6  # fewer say little by themselves
_MOST_WORDS: Final = 55


class ExtractiveSummarizer:
    """Meets `Summarizer`: deterministic, needs no key and no network, and invents nothing."""

    @property
    def model(self) -> str:
        """The name that marks an extract."""
        return MODEL

    @property
    def prompt(self) -> str:
        """None: nothing is asked of anybody."""
        return ""

    async def summarize(self, paper: Paper, text: FullText, *, language: str) -> Summary:
        """An extract of the abstract, in its own language whatever `language` is asked for.

        `text` is left unread: an abstract is its authors' own choice of what tells. An empty
        abstract gives a summary without sections.
        """
        del text, language
        extract = telling_sentences(paper.abstract)
        sections = (SummarySection(HEADING, extract),) if extract else ()
        return Summary(
            arxiv_id=paper.arxiv_id,
            version=paper.version,
            language="en",
            model=self.model,
            prompt=self.prompt,
            source=SummarySource.ABSTRACT,
            sections=sections,
        )


def telling_sentences(abstract: str) -> str:
    """Up to four sentences of `abstract` in their order, "…" where some between are left out."""
    all_sentences = sentences(abstract) or tuple(filter(None, (collapse(abstract),)))
    if not all_sentences:
        return ""
    chosen = _choose(all_sentences)
    parts: list[str] = []
    for before, position in zip((chosen[0] - 1, *chosen), chosen, strict=False):
        parts += [_LEFT_OUT] if position - before > 1 else []
        parts.append(_shortened(all_sentences[position]))
    return " ".join(parts)


def _choose(candidates: tuple[str, ...]) -> tuple[int, ...]:
    """The positions to keep: what the paper does and what came out, then the best of the rest."""
    everything = range(len(candidates))
    aim = next((at for at in everything if _AIM.search(candidates[at])), None)
    scores = [
        _score(candidates[at], at / len(candidates))
        + (_BEFORE_THE_AIM if aim is not None and at < aim else 0.0)
        for at in everything
    ]
    best_first = sorted(everything, key=lambda at: (-scores[at], at))
    outcome = next((at for at in best_first if at != aim and _RESULT.search(candidates[at])), None)
    wanted = [at for at in (aim, outcome) if at is not None]
    wanted += [at for at in best_first if at not in wanted]
    return tuple(sorted(wanted[: _how_many(len(candidates))]))


def _how_many(available: int) -> int:
    """About half of a short abstract, and never more than four sentences."""
    return min(4, available // 2 + 1)


def _score(sentence: str, place: float) -> float:
    """How telling a sentence is; `place` grows from 0 to 1 through the abstract."""
    score = sum(points for cue, points in _CUES if cue.search(sentence))
    if not _FEWEST_WORDS <= len(sentence.split()) <= _MOST_WORDS:
        score -= 1.0
    return score + place  # abstracts close with what came out


def _shortened(sentence: str) -> str:
    if len(sentence) <= _LONGEST_SENTENCE:
        return sentence
    head = sentence[: _LONGEST_SENTENCE - 1]
    return (head.rpartition(" ")[0] or head).rstrip(",;: ") + "…"
