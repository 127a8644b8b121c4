"""Lines of a PDF's pages -> the sections of a paper; pure.

Running heads, page numbers, the arXiv stamp and the references are left out; words parted at
the end of a line are joined; what stands between (captions, footnotes) follows the paragraph
it broke.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.arxiv.pdf_layout import Line
from bot.domain.paper_text import SectionKind, TextSection, kind_of, with_kinds


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of one page in reading order."""

    number: int  # from 1
    height: float  # points
    lines: tuple[Line, ...]


_NUMBERED = re.compile(
    r"(?:(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.|[A-H](?:\.\d{1,2}){1,3}\.?|[A-H]\.|[A-H]"
    r"|Appendix [A-H][.:]?|§ ?\d{1,2})\s+|\d{1,2}(?:\.\d{1,2})*\.)(?=[^\W\d_])",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"[IVX]{1,5}\.\s")
_LETTERED = re.compile(r"[A-H]\.\s")
_CAPTION = re.compile(r"(Figure|Fig\.?|Table|Algorithm|Listing)\s*[\dIVX]+\s*[.:|]", re.IGNORECASE)
_STAMP = re.compile(r"arXiv:\s*\d{4}\.\d{4,5}(v\d+)?\s*\[")
_PAGE_NUMBER = re.compile(
    r"(page\s*)?[-–—]?\s*(\d{1,4}|[ivx]{1,5})\s*[-–—]?(\s*(of|/)\s*\d+)?", re.IGNORECASE
)
_REFERENCE_MARK = re.compile(r"(?:\[(\d{1,3})\]|\^\{?(\d{1,3})\}?)\s*\S")
_SENTENCE_END = re.compile(r"[.!?:;][\"”’)\]]*(\^\S+)?$")

_MARGIN = 0.1  # of the page's height, where running heads and page numbers stand
_LONGEST_HEADING = 140  # characters
_BIGGER = 1.08  # than the body
_MOSTLY_CAPITALS = 0.8
_FEWEST_CAPITALS = 4  # "RNN" is a word, not a heading
_SURE_KINDS = (
    SectionKind.ABSTRACT,
    SectionKind.INTRODUCTION,
    SectionKind.ACKNOWLEDGEMENTS,
    SectionKind.REFERENCES,
)
_MOST_WORDS_OF_A_NAME = 5
_SAME_SIZE = 0.5  # points
_FEW_PAGES = 4
_GAP_ABOVE_HEADING = 1.25  # times the usual distance of two lines
_GAP_BETWEEN_PARAGRAPHS = 1.3
_INDENT_EM, _DEEPEST_INDENT_EM = 0.8, 3.0
_SMALL = 0.95  # of the body's size: captions, footnotes, labels
_FEWEST_REFERENCES = 3


@dataclass(slots=True)
class _Paragraph:
    page: int
    column: int
    size: float
    is_aside: bool  # a caption, a footnote, a label: not part of the running text
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """A section under construction."""

    heading: str
    level: int
    paragraphs: list[_Paragraph] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is usual in this paper."""

    body_size: float
    line_distance: float
    left: Mapping[tuple[int, int], float]  # edge of the running text by page and column


def sections_of(pages: Sequence[Page]) -> tuple[TextSection, ...]:
    """The paper's sections in order, the front matter first, without references."""
    pages = _without_margins(pages)
    lines = [(page.number, line) for page in pages for line in page.lines]
    if not lines:
        return ()
    lines = _without_unheaded_references(lines)
    look = _look(lines)
    words = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", " ".join(x.text for _, x in lines)))
    found = []
    for part in _parts(lines, look):
        paragraphs = _mended(part.paragraphs)
        text = "\n\n".join(filter(None, (_joined(p.lines, words) for p in paragraphs)))
        if text or part.heading:
            kind = kind_of(part.heading) if part.heading else SectionKind.FRONT
            found.append(TextSection(part.heading, kind, text, part.level))
    kept = [s for s in with_kinds(found) if s.kind is not SectionKind.REFERENCES]
    return tuple(kept)


# --- what is no text -----------------------------------------------------------------------


def _without_margins(pages: Sequence[Page]) -> list[Page]:
    """The pages without running heads, page numbers and the stamp."""
    often = Counter(
        key for page in pages for key in {_key(x) for x in page.lines if _in_margin(x, page)}
    )
    least = 2 if len(pages) < _FEW_PAGES else 3  # two alike may be chance in a long paper
    kept = []
    for page in pages:
        lines = tuple(
            line
            for line in page.lines
            if not _STAMP.match(line.text)
            and not (
                _in_margin(line, page)
                and (_PAGE_NUMBER.fullmatch(line.text) or often[_key(line)] >= least)
            )
        )
        kept.append(Page(page.number, page.height, lines))
    return kept


def _in_margin(line: Line, page: Page) -> bool:
    return not _MARGIN * page.height < line.y < (1 - _MARGIN) * page.height


def _key(line: Line) -> tuple[str, int]:
    """Running heads repeat but for the page's number, and at one height."""
    return re.sub(r"\d+", "#", line.text), round(line.y / 4)


def _without_unheaded_references(lines: list[tuple[int, Line]]) -> list[tuple[int, Line]]:
    """Without a closing list of references that has no heading, as physics journals set it.

    It is known by its marks counting up from 1 at the beginnings of lines, late in the paper.
    """
    first: int | None = None
    expected = 1
    for index in range(len(lines) // 2, len(lines)):
        match = _REFERENCE_MARK.match(lines[index][1].text)
        if match is None:
            continue
        number = int(match[1] or match[2])
        if number == 1:
            first, expected = index, 2
        elif first is not None and number == expected:
            expected += 1
    if first is None or expected <= _FEWEST_REFERENCES:
        return lines
    page, line = lines[first]
    # Set in two columns they stand below the text of both; a later page has nothing else.
    return [
        (number, other)
        for index, (number, other) in enumerate(lines)
        if index < first
        or (number == page and other.column > line.column and other.y > line.y + line.size / 2)
    ]


# --- headings ------------------------------------------------------------------------------


def _look(lines: Sequence[tuple[int, Line]]) -> _Look:
    sizes: Counter[float] = Counter()
    distances: Counter[float] = Counter()
    for (page, line), (next_page, below) in itertools.pairwise(lines):
        sizes[round(line.size, 1)] += len(line.text)
        if page == next_page and line.column == below.column and below.y < line.y:
            distances[round(line.y - below.y, 1)] += 1
    body = sizes.most_common(1)[0][0] if sizes else lines[0][1].size
    left: dict[tuple[int, int], float] = {}
    for page, line in lines:
        if abs(line.size - body) < _SAME_SIZE:
            at = (page, line.column)
            left[at] = min(line.x0, left.get(at, line.x0))
    return _Look(body, distances.most_common(1)[0][0] if distances else 1.2 * body, left)


def _parts(lines: Sequence[tuple[int, Line]], look: _Look) -> list[_Open]:
    parts = [_Open("", 1)]
    has_roman = False
    last: tuple[int, Line] | None = None
    heading_line: Line | None = None  # of the line just before, where that was a heading
    for page, line in lines:
        gap = _gap(last, page, line)
        if heading_line is not None and _continues(heading_line, line, gap, look):
            parts[-1].heading += f" {line.text}"
            heading_line = line
        elif _is_heading(line, gap, look, is_first=len(parts) == 1):
            text = line.text.strip()
            has_roman = has_roman or bool(_ROMAN.match(text))
            parts.append(_Open(text, _level(text, has_roman=has_roman)))
            heading_line = line
        else:
            heading_line = None
            _add_line(parts[-1], page, line, gap, look)
        last = (page, line)
    return parts


def _gap(last: tuple[int, Line] | None, page: int, line: Line) -> float | None:
    """How far the line stands below the last one; None at the top of a column."""
    if last is None or last[0] != page or last[1].column != line.column:
        return None
    return last[1].y - line.y


def _is_heading(line: Line, gap: float | None, look: _Look, *, is_first: bool) -> bool:
    text = line.text.strip()
    isolated = gap is None or gap >= _GAP_ABOVE_HEADING * look.line_distance
    if not isolated or len(text) > _LONGEST_HEADING or " | " in text or text[-1:] in ",;":
        return False
    if _CAPTION.match(text) or line.size < 0.85 * look.body_size:
        return False
    marked = line.bold or line.size >= _BIGGER * look.body_size or _is_capitals(text)
    if _NUMBERED.match(text):
        return marked or line.italic
    kind = kind_of(text)
    # Title and authors are large or bold too, so wait for the first heading that is sure.
    if is_first and kind not in _SURE_KINDS:
        return False
    if kind is not SectionKind.OTHER and len(text.split()) <= _MOST_WORDS_OF_A_NAME:
        return marked or (line.italic and not text.endswith("."))
    return line.bold and line.size >= _BIGGER * look.body_size


def _is_capitals(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    upper = sum(c.isupper() for c in letters)
    return len(letters) >= _FEWEST_CAPITALS and upper >= _MOSTLY_CAPITALS * len(letters)


def _continues(heading: Line, line: Line, gap: float | None, look: _Look) -> bool:
    """Whether a heading goes on in this line."""
    return (
        gap is not None
        and 0 < gap < _GAP_ABOVE_HEADING * max(look.line_distance, heading.size * 1.2)
        and line.bold == heading.bold
        and abs(line.size - heading.size) < _SAME_SIZE
        and (line.bold or heading.size >= _BIGGER * look.body_size or _is_capitals(line.text))
        and not _NUMBERED.match(line.text)
        and len(line.text) <= _LONGEST_HEADING
    )


def _level(heading: str, *, has_roman: bool) -> int:
    match = _NUMBERED.match(heading)
    if match is None:
        return 1
    if _ROMAN.match(heading):
        # "C." and "I." are both letters and Roman numbers; sections come before subsections.
        return 1
    if has_roman and _LETTERED.match(heading):
        return 2
    return match[0].strip(" .").count(".") + 1


# --- paragraphs ----------------------------------------------------------------------------


def _add_line(part: _Open, page: int, line: Line, gap: float | None, look: _Look) -> None:
    last = part.paragraphs[-1] if part.paragraphs else None
    is_aside = line.size < _SMALL * look.body_size or bool(_CAPTION.match(line.text))
    if last is not None and not _begins(last, page, line, gap, look):
        last.lines.append(line.text)
        return
    part.paragraphs.append(_Paragraph(page, line.column, line.size, is_aside, [line.text]))


def _begins(last: _Paragraph, page: int, line: Line, gap: float | None, look: _Look) -> bool:
    """Whether a line begins a new paragraph."""
    if _CAPTION.match(line.text) or abs(line.size - last.size) > 0.1 * look.body_size:
        return True
    if gap is None:  # the top of a column: the sentence may go on
        return bool(_SENTENCE_END.search(last.lines[-1])) or last.is_aside
    if not 0 < gap <= _GAP_BETWEEN_PARAGRAPHS * max(look.line_distance, 1.1 * line.size):
        return True
    indent = line.x0 - look.left.get((page, line.column), line.x0)
    is_indented = _INDENT_EM * line.size <= indent <= _DEEPEST_INDENT_EM * line.size
    return is_indented and bool(_SENTENCE_END.search(last.lines[-1]))


def _mended(paragraphs: Sequence[_Paragraph]) -> list[_Paragraph]:
    """Paragraphs that a caption, a footnote or a label broke, made whole; those follow."""
    mended: list[_Paragraph] = []
    waiting: list[_Paragraph] = []  # asides since the last paragraph of running text
    for paragraph in paragraphs:
        body = mended[-1] if mended else None
        if paragraph.is_aside:
            waiting.append(paragraph)
        elif (
            waiting
            and body is not None
            and not _SENTENCE_END.search(body.lines[-1])
            and (paragraph.lines[0][:1].islower() or body.lines[-1].endswith("-"))
        ):
            body.lines.extend(paragraph.lines)
        else:
            mended.extend(waiting)
            waiting = []
            mended.append(paragraph)
    return mended + waiting


def _joined(lines: Iterable[str], words: Counter[str]) -> str:
    """The lines as one; table rows, told by their cells, stay lines."""
    text = ""
    was_row = False
    for line in lines:
        is_row = " | " in line
        if not text:
            text = line
        elif is_row or was_row:
            text += f"\n{line}"
        elif text.endswith("-"):
            text = _join_parted(text, line, words)
        else:
            text += f" {line}"
        was_row = is_row
    return text


def _join_parted(text: str, line: str, words: Counter[str]) -> str:
    """Join a word parted at the end of a line as the paper itself writes it elsewhere."""
    head = re.search(r"[^\W\d_]+(?:-[^\W\d_]+)*(?=-$)", text)
    tail = re.match(r"[^\W\d_]+", line)
    if head is None or tail is None or not line[:1].islower():
        return text + line  # "GPT-" and "4", "Bose-" and "Hubbard"
    whole, hyphened = head[0].rpartition("-")[2] + tail[0], f"{head[0]}-{tail[0]}"
    # Both halves are words of the paper, and the whole is not: "iron-pnictide".
    is_pair = words[whole] == 0 and min(words[head[0]], words[tail[0]]) > 1
    keeps = words[hyphened] > words[whole] or is_pair
    return text + line if keeps else text[:-1] + line
