"""A paper's text by sections, and how much of it fits into a budget of tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class SectionKind(StrEnum):
    """What a section is for, told from its heading."""

    FRONT = "front"  # before the first heading: title, authors, often an unheaded abstract
    ABSTRACT = "abstract"
    INTRODUCTION = "introduction"
    RELATED = "related"
    METHOD = "method"
    RESULTS = "results"
    CONCLUSION = "conclusion"
    ACKNOWLEDGEMENTS = "acknowledgements"
    APPENDIX = "appendix"
    REFERENCES = "references"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TextSection:
    """One headed part of a paper's text."""

    heading: str  # "" where the paper has none
    kind: SectionKind
    text: str  # paragraphs are separated by "\n\n", rows of a table by "\n"
    level: int = 1  # 1 for a section, 2 for a subsection, ...


@dataclass(frozen=True, slots=True)
class FittedText:
    """As much of a paper as a budget holds."""

    text: str  # headings as "## Heading" lines
    cut: str  # one sentence that says what was left out; "" where nothing was
    tokens: int  # estimated


def _whole_word(pattern: str) -> str:
    """`pattern` where no ASCII letter goes on at either end; CJK words have no such ends."""
    return rf"(?<![a-z]){pattern}(?![a-z])"


# In this order: the first that fits tells. A "^" ties a word to the heading's beginning.
_TELLING: dict[SectionKind, str] = {
    SectionKind.ABSTRACT: r"^abstract ^摘要",
    SectionKind.REFERENCES: (
        r"^references?$ ^bibliography$ ^(literature|works)\ cited$ ^references\ and\ \w+$"
        r" ^参考文献$"
    ),
    SectionKind.ACKNOWLEDGEMENTS: (
        r"^acknowledge?ments? ^funding ^author\ contributions? ^(data|code)\ availability"
        r" ^conflicts?\ of\ interest ^competing\ interests? ^declarations?$ ^credit\ authorship"
    ),
    SectionKind.APPENDIX: r"^appendi(x|ces) ^supplement(s|ary|al)? ^proofs?\ of ^(\w+\ )?proofs$",
    SectionKind.RELATED: (
        r"^(related|previous|prior|earlier)\ (work|research|literature|studies|approaches)"
        r" ^literature(\ review)?$ ^background ^preliminar(y|ies)"
    ),
    SectionKind.INTRODUCTION: r"^introduction ^overview$ ^motivation ^引言",
    SectionKind.CONCLUSION: (
        r"conclu(sions?|ding) ^discussions? ^limitations? ^outlook ^summary"
        r" ^future\ (work|directions) ^(broader\ )?impact ^结论"
    ),
    SectionKind.RESULTS: (
        r"results? experiments? experimental evaluations? evaluating findings ablations?"
        r" analys[ei]s benchmarks? comparisons? case\ stud(y|ies) numerical simulations?"
        r" performance observations"
    ),
    SectionKind.METHOD: (
        r"methods? methodology approach(es)? models? architecture framework algorithms?"
        r" implementation set-?up system design formulation problem theory training data(sets?)?"
        r" materials? procedure"
    ),
}
_KINDS: tuple[tuple[SectionKind, re.Pattern[str]], ...] = tuple(
    (
        kind,
        re.compile("|".join(_whole_word(w) for w in re.split(r"(?<!\\) ", words)), re.IGNORECASE),
    )
    for kind, words in _TELLING.items()
)
_NUMBERING = re.compile(
    r"^([Ss]ection\s+)?((\d{1,2}|[A-Z]|[IVX]{1,5})(\.\d{1,2})*[.:)]?|§\s*\d+)\s+(?=\S)"
)
_APPENDIX_NUMBERING = re.compile(r"[A-H](\.\d{1,2})+\.?\s+(?=\S)|[A-H]\s+(?=[A-Z]\w)")

# Read first what the summary's four parts come from; what stands together shares its room evenly.
_TIERS: tuple[frozenset[SectionKind], ...] = (
    frozenset({SectionKind.FRONT, SectionKind.ABSTRACT, SectionKind.CONCLUSION}),
    frozenset({SectionKind.INTRODUCTION, SectionKind.METHOD, SectionKind.RESULTS}),
    frozenset({SectionKind.OTHER}),
    frozenset({SectionKind.RELATED}),
    frozenset({SectionKind.APPENDIX}),
    frozenset({SectionKind.ACKNOWLEDGEMENTS, SectionKind.REFERENCES}),
)
_LEAST_USEFUL_TOKENS = 40  # less of a section than this tells nobody anything
_CUT_MARK = "[…]"
_SHOWN_HEADINGS = 6


def kind_of(heading: str) -> SectionKind:
    """What a section with this heading is for; its numbering ("3.1", "IV.") does not matter."""
    bare = _NUMBERING.sub("", heading.strip(), count=1).strip(" .:")
    for kind, pattern in _KINDS:
        if pattern.search(bare):
            return kind
    return SectionKind.OTHER


def with_kinds(sections: Sequence[TextSection]) -> tuple[TextSection, ...]:
    """The sections with their kinds told from headings and from where they stand.

    A subsection belongs to its section: "3.2 Data" under "3 Experiments" is part of the results.
    After the conclusion or the references, what carries a letter as its number is an appendix,
    and so is everything after the first appendix.
    """
    found: list[TextSection] = []
    top = SectionKind.OTHER
    is_late = in_appendix = False
    for section in sections:
        kind = kind_of(section.heading) if section.heading else section.kind
        if is_late and _APPENDIX_NUMBERING.match(section.heading):
            kind = SectionKind.APPENDIX
        in_appendix = in_appendix or kind is SectionKind.APPENDIX
        if in_appendix:
            kind = SectionKind.APPENDIX
        elif section.level == 1:
            top = kind
        elif top is not SectionKind.OTHER:
            kind = top
        is_late = is_late or kind in (
            SectionKind.CONCLUSION,
            SectionKind.REFERENCES,
            SectionKind.ACKNOWLEDGEMENTS,
        )
        found.append(replace(section, kind=kind))
    return tuple(found)


_WIDE = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def estimate_tokens(text: str) -> int:
    """About how many tokens a language model counts in `text`.

    One token is taken for four ASCII characters, for one CJK character and for two of any other
    script or symbol: the common tokenisers' figures for prose, rounded to the careful side.
    """
    if text.isascii():
        return -(-len(text) // 4)
    beyond = len(_BEYOND_ASCII.findall(text))
    wide = len(_WIDE.findall(text))
    return wide + -(-(beyond - wide) // 2) + -(-(len(text) - beyond) // 4)


def as_text(sections: Sequence[TextSection]) -> str:
    """The sections as one text, each heading on a line of its own after "##"."""
    return "\n\n".join(filter(None, (_shown(section) for section in sections)))


def fit(sections: Sequence[TextSection], *, budget_tokens: int) -> FittedText:
    """As much of a paper as `budget_tokens` hold, in the paper's order.

    Abstract and conclusion are kept first, then introduction, method and results, then what has
    no telling heading, then related work, appendix and acknowledgements. Where sections of one
    rank do not fit together, the longest give way first, losing their later middle.
    """
    whole = as_text(sections)
    tokens = estimate_tokens(whole)
    if tokens <= budget_tokens:
        return FittedText(whole, "", tokens)

    rooms = _rooms([estimate_tokens(_shown(s)) + 1 for s in sections], sections, budget_tokens)
    kept: list[TextSection] = []
    shortened: list[str] = []
    dropped: list[str] = []
    for section, room in zip(sections, rooms, strict=True):
        if estimate_tokens(_shown(section)) + 1 <= room:
            kept.append(section)
        elif (shorter := _shorten(section, room)) is not None:
            kept.append(shorter)
            shortened.append(_name(section))
        else:
            dropped.append(_name(section))
    text = as_text(kept)
    return FittedText(text, _cut_sentence(dropped, shortened), estimate_tokens(text))


def _rooms(sizes: list[int], sections: Sequence[TextSection], budget: int) -> list[int]:
    """How many tokens each section may take."""
    rooms = [0] * len(sizes)
    left = budget
    for tier in _TIERS:
        members = [index for index, section in enumerate(sections) if section.kind in tier]
        # The smallest are served first, so that what they leave goes to the longer ones.
        members.sort(key=lambda index: sizes[index])
        for position, index in enumerate(members):
            rooms[index] = min(sizes[index], left // (len(members) - position))
            left -= rooms[index]
    return rooms


def _shorten(section: TextSection, room: int) -> TextSection | None:
    """The section's beginning and end within `room` tokens; None where that is too little."""
    body_room = room - estimate_tokens(section.heading) - 6  # the marks and the blank lines
    if body_room < _LEAST_USEFUL_TOKENS:
        return None
    text = section.text
    characters = int(len(text) * body_room / max(1, estimate_tokens(text)))
    while characters > 0:
        head = _end_at_boundary(text[: characters * 2 // 3])
        tail = _begin_at_boundary(text[len(text) - characters // 3 :])
        short = f"{head}\n\n{_CUT_MARK}\n\n{tail}".strip()
        if estimate_tokens(short) <= body_room:  # denser passages cost more than the average
            return replace(section, text=short)
        characters = characters * 9 // 10
    return None


_BOUNDARY = re.compile(r"\n\n|(?<=[.!?])\s+(?=[A-Z\"“(])|(?<=[。！？])")


def _end_at_boundary(text: str) -> str:
    """`text` up to its last whole sentence, as far as that does not cost a quarter of it."""
    ends = [match.start() for match in _BOUNDARY.finditer(text, len(text) * 3 // 4)]
    return (text[: ends[-1]] if ends else text.rpartition(" ")[0] or text).rstrip()


def _begin_at_boundary(text: str) -> str:
    """`text` from its first whole sentence on, as far as that does not cost a quarter of it."""
    match = _BOUNDARY.search(text, 0, max(1, len(text) // 4))
    return (text[match.end() :] if match else text.partition(" ")[2] or text).lstrip()


def _shown(section: TextSection) -> str:
    head = f"## {section.heading}" if section.heading else ""
    return "\n\n".join(filter(None, (head, section.text)))


def _name(section: TextSection) -> str:
    return section.heading or ("the opening" if section.kind is SectionKind.FRONT else "a part")


def _cut_sentence(dropped: Sequence[str], shortened: Sequence[str]) -> str:
    parts = []
    if dropped:
        parts.append(f"left out: {_listed(dropped)}")
    if shortened:
        parts.append(f"shortened: {_listed(shortened)}")
    return f"To fit the model, {'; '.join(parts)}." if parts else ""


def _listed(names: Sequence[str]) -> str:
    shown = [f"“{name[:80]}”" for name in names[:_SHOWN_HEADINGS]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
