"""Glyphs of a PDF page -> its lines in reading order, column by column; pure.

Coordinates are PDF points, y upwards. A PDF knows no words, lines or columns, only where each
glyph stands, and the order in which glyphs were drawn need not be the order of reading.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Glyph:
    """One drawn character; " " ends a word."""

    char: str
    x0: float
    x1: float
    y: float  # of the baseline
    size: float  # points, as drawn
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one column."""

    text: str  # scripts as in TeX: "10^{-5}", "x_i"; cells far apart are parted by " | "
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    italic: bool
    column: int  # counts on with every stretch of text that is read down before the next


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    italic: bool

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


@dataclass(slots=True)
class _Row:
    y: float
    size: float
    words: list[_Word] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Gutter:
    x0: float
    x1: float

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def width(self) -> float:
        return self.x1 - self.x0


_SPACE_EM = 0.16  # a smaller gap is kerning
_WORD_GAP_EM = 0.25
_CELL_GAP_EM = 2.0  # wider than any space of a justified line
_SAME_BASELINE_EM = 0.12
_SCRIPT_SIZE = 0.86  # of the line's size, at most
_SUPERSCRIPT_EM, _SUBSCRIPT_EM = 0.14, -0.07
_SCRIPT_REACH_EM = 1.0

_NARROWEST_GUTTER = 6.0  # points
_FEWEST_ROWS = 4
_MOST_CROSSING = 1.0  # rows for each row beside the gutter; in one column it is four
_LEAST_FILL = 0.6  # a column of prose is full to its edge; a column of cells is not

# Accents that LaTeX draws as glyphs of their own, and what they are when combined.
_ACCENTS = dict(
    zip(
        "´`ˆ˜¨ˇ˘˝˚¸˙¯",
        "\u0301\u0300\u0302\u0303\u0308\u030c\u0306\u030b\u030a\u0327\u0307\u0304",
        strict=True,
    )
)
# TeX strikes a sign out with a stroke of its own, see pdf_glyphs.
_STRUCK = re.compile("≠ ?([=∈])")
_STRUCK_SIGNS = {"=": "≠", "∈": "∉"}
# A figure above a figure with nothing they could be scripts of.
_FIGURE = r"\d|\{\d+\}"
_SMALL_FRACTION = re.compile(
    rf"(?<![\w)\]}}⟩])(?:\^(?P<a>{_FIGURE})_(?P<b>{_FIGURE})|_(?P<c>{_FIGURE})\^(?P<d>{_FIGURE}))"
)
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
)


def reading_order(glyphs: Sequence[Glyph]) -> tuple[Line, ...]:
    """The lines of a page as one reads them: left column before right, both after what spans."""
    words = _words(glyphs)
    gutter = _find_gutter(words)
    stretches = [words] if gutter is None else _stretches(words, gutter)
    return tuple(
        line
        for column, stretch in enumerate(filter(None, stretches))
        for line in _lines(stretch, column)
    )


# --- words ---------------------------------------------------------------------------------


def _words(glyphs: Sequence[Glyph]) -> list[_Word]:
    """Glyphs that touch on one baseline, in the order in which they were drawn."""
    words: list[_Word] = []
    current: list[Glyph] = []
    for glyph in glyphs:
        if current and (glyph.char.isspace() or not _goes_on(current[-1], glyph)):
            words.append(_word(current))
            current = []
        if not glyph.char.isspace():
            current.append(glyph)
    if current:
        words.append(_word(current))
    return [word for word in words if word.text]


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    em = max(last.size, glyph.size)
    gap = glyph.x0 - last.x1
    is_accent = last.char in _ACCENTS or unicodedata.combining(glyph.char) > 0
    if glyph.x0 == last.x0:  # PDFium gives each letter of a ligature the whole ligature's box
        return glyph.y == last.y
    return (
        abs(glyph.y - last.y) <= _SAME_BASELINE_EM / 3 * em
        and (-0.3 * em <= gap or (is_accent and -em <= gap))
        and gap <= _WORD_GAP_EM * em
    )


def _word(glyphs: Sequence[Glyph]) -> _Word:
    return _Word(
        text=_readable("".join(glyph.char for glyph in glyphs)),
        x0=min(glyph.x0 for glyph in glyphs),
        x1=max(glyph.x1 for glyph in glyphs),
        y=glyphs[0].y,
        size=max(glyph.size for glyph in glyphs),
        bold=sum(glyph.bold for glyph in glyphs) * 2 > len(glyphs),
        italic=sum(glyph.italic for glyph in glyphs) * 2 > len(glyphs),
    )


def _readable(text: str) -> str:
    """Ligatures parted, accents put onto their letters. No NFKC: it would turn 10² into 102."""
    text = text.translate(_LIGATURES)
    if any(accent in text for accent in _ACCENTS):
        letters: list[str] = []
        for char in text:
            if letters and letters[-1] in _ACCENTS and char.isalpha():
                letters[-1] = ("i" if char == "ı" else char) + _ACCENTS[letters[-1]]
            else:
                letters.append(char)
        text = "".join(letters)
    return unicodedata.normalize("NFC", text)


# --- columns -------------------------------------------------------------------------------


def _find_gutter(words: Sequence[_Word]) -> _Gutter | None:
    """The white strip between two columns of prose; None on a page with one column."""
    rows = _rows_across(words)
    if len(rows) < _FEWEST_ROWS:
        return None
    left, right = min(w.x0 for w in words), max(w.x1 for w in words)
    # Columns of prose are equally wide, those of a table need not be.
    low, high = (int(left + share * (right - left)) for share in (0.44, 0.56))
    covered = [0] * (high - low + 1)
    for row in rows:
        for word in row:
            for x in range(max(low, round(word.x0)), min(high, round(word.x1)) + 1):
                covered[x - low] += 1
    strip = _widest_strip(covered)
    if strip is None:
        return None
    gutter = _Gutter(float(low + strip[0]), float(low + strip[1]))
    if gutter.width < _NARROWEST_GUTTER:
        return None
    return gutter if _parts_prose(rows, gutter) else None


def _rows_across(words: Sequence[_Word]) -> list[list[_Word]]:
    """Words of about one height over the whole page, left to right."""
    rows: list[list[_Word]] = []
    for word in sorted(words, key=lambda w: -w.y):
        if rows and rows[-1][0].y - word.y < 0.3 * word.size:
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda w: w.x0) for row in rows]


def _widest_strip(covered: Sequence[int]) -> tuple[int, int] | None:
    """The widest run of x that hardly any row covers: its first and last index."""
    if not covered:
        return None
    bar = min(covered) + (max(covered) - min(covered)) // 4  # some lines span, and cross
    best: tuple[int, int] | None = None
    start: int | None = None
    for x, count in enumerate([*covered, bar + 1]):
        if count <= bar:
            start = x if start is None else start
        elif start is not None:
            if best is None or x - 1 - start > best[1] - best[0]:
                best = (start, x - 1)
            start = None
    return best


def _parts_prose(rows: Sequence[Sequence[_Word]], gutter: _Gutter) -> bool:
    """Whether enough rows stand on both sides, are full to the edge, and few cross."""
    left_ends: list[float] = []
    right_ends: list[float] = []
    crossing = 0
    for row in rows:
        if any(w.x0 < gutter.middle < w.x1 for w in row):
            crossing += 1
            continue
        left_ends += (
            [max(w.x1 for w in row if w.x1 <= gutter.middle)]
            if (row[0].x1 <= gutter.middle)
            else []
        )
        right_ends += [row[-1].x1] if row[-1].x0 >= gutter.middle else []
    beside = min(len(left_ends), len(right_ends))
    if beside < _FEWEST_ROWS or crossing > _MOST_CROSSING * max(len(left_ends), len(right_ends)):
        return False
    left = min(w.x0 for row in rows for w in row)
    right = max(right_ends)
    left_fill = (statistics.median(left_ends) - left) / (gutter.x0 - left)
    right_fill = (statistics.median(right_ends) - gutter.x1) / max(1.0, right - gutter.x1)
    return left_fill >= _LEAST_FILL and right_fill >= _LEAST_FILL


def _stretches(words: Sequence[_Word], gutter: _Gutter) -> list[list[_Word]]:
    """The page cut into what is read downwards in one go, in reading order."""
    spanning = _spanning(words, gutter)
    bands: list[tuple[float, float]] = []  # top and bottom of what spans
    for word in sorted(spanning, key=lambda w: -w.y):
        top, bottom = word.y + word.size, word.y - 0.3 * word.size
        if bands and bands[-1][1] <= top:
            bands[-1] = (bands[-1][0], min(bottom, bands[-1][1]))
        else:
            bands.append((top, bottom))
    rest = set(words) - spanning
    stretches: list[list[_Word]] = []
    for top, bottom in bands:
        above = {w for w in rest if w.y >= (top + bottom) / 2}
        rest -= above
        stretches += _two_columns(above, gutter)
        stretches.append([w for w in spanning if bottom <= w.y <= top])
    return stretches + _two_columns(rest, gutter)


def _spanning(words: Sequence[_Word], gutter: _Gutter) -> set[_Word]:
    """Words of lines that run over the gutter: titles, wide tables, captions and formulas."""
    spanning: set[_Word] = set()
    reach = 1.5 * gutter.width  # a formula may stick out into the gutter
    for row in _rows(words):
        piece: list[_Word] = []
        end = 0.0
        for word in sorted(row.words, key=lambda w: w.x0):
            # A wide line may have the gap between two of its words in the gutter.
            if piece and word.x0 - end > 0.7 * gutter.width:
                spanning |= _if_over(piece, gutter, reach)
                piece = []
            end = max(end, word.x1) if piece else word.x1
            piece.append(word)
        spanning |= _if_over(piece, gutter, reach)
    return spanning


def _if_over(piece: Sequence[_Word], gutter: _Gutter, reach: float) -> set[_Word]:
    x0, x1 = min(w.x0 for w in piece), max(w.x1 for w in piece)
    return set(piece) if x0 < gutter.x0 - reach and x1 > gutter.x1 + reach else set()


def _two_columns(words: Iterable[_Word], gutter: _Gutter) -> list[list[_Word]]:
    sides: tuple[list[_Word], list[_Word]] = ([], [])
    for word in words:
        sides[word.middle > gutter.middle].append(word)
    return [*sides]


# --- lines ---------------------------------------------------------------------------------


def _lines(words: Sequence[_Word], column: int) -> list[Line]:
    return [_line(row, column) for row in sorted(_rows(words), key=lambda row: -row.y)]


def _rows(words: Sequence[_Word]) -> list[_Row]:
    """Words of one baseline with the scripts that hang on them, in no order."""
    rows: list[_Row] = []
    # Large words first, so that scripts find the line they belong to.
    for word in sorted(words, key=lambda w: (-round(w.size, 1), -w.y, w.x0)):
        row = _row_for(word, rows)
        if row is None:
            row = _Row(word.y, word.size)
            rows.append(row)
        row.words.append(word)
    return rows


def _row_for(word: _Word, rows: Sequence[_Row]) -> _Row | None:
    """The line a word stands on, or hangs on as a script."""
    best: _Row | None = None
    for row in rows:
        rise = word.y - row.y
        if abs(rise) <= _SAME_BASELINE_EM * row.size:
            return row
        is_script = (
            word.size <= _SCRIPT_SIZE * row.size
            and -0.45 * row.size <= rise <= 0.75 * row.size
            and any(_is_beside(word, w, _SCRIPT_REACH_EM * row.size) for w in row.words)
        )
        if is_script and (best is None or abs(rise) < abs(word.y - best.y)):
            best = row
    return best


def _is_beside(word: _Word, other: _Word, reach: float) -> bool:
    return other.x0 - reach < word.x1 and word.x0 < other.x1 + reach


def _line(row: _Row, column: int) -> Line:
    words = sorted(row.words, key=lambda w: (w.x0, w.y))
    full = [w for w in words if abs(w.y - row.y) <= _SAME_BASELINE_EM * row.size] or words
    letters = sum(len(w.text) for w in full)
    return Line(
        text=_line_text(words, row),
        x0=words[0].x0,
        x1=max(w.x1 for w in words),
        y=row.y,
        size=row.size,
        bold=sum(len(w.text) for w in full if w.bold) * 2 > letters,
        italic=sum(len(w.text) for w in full if w.italic) * 2 > letters,
        column=column,
    )


def _line_text(words: Sequence[_Word], row: _Row) -> str:
    parts: list[str] = []
    script, script_text = "", ""
    end = words[0].x0
    for word in words:
        gap = word.x0 - end
        kind = _script_of(word, row)
        between = "" if gap <= _SPACE_EM * row.size else " "
        between = " | " if gap > _CELL_GAP_EM * row.size else between
        if kind and kind == script and between != " | ":
            script_text += between + word.text
        else:
            parts.append(_as_script(script, script_text))
            script, script_text = kind, word.text if kind else ""
            parts.append(between if parts[-1] or len(parts) > 1 else "")
            if not kind:
                parts.append(word.text)
        end = max(end, word.x1)
    parts.append(_as_script(script, script_text))
    text = _STRUCK.sub(lambda match: _STRUCK_SIGNS[match[1]], "".join(parts)).strip()
    return _SMALL_FRACTION.sub(_as_fraction, text)


def _as_fraction(match: re.Match[str]) -> str:
    above, below = (match["a"], match["b"]) if match["a"] else (match["d"], match["c"])
    return f"{above.strip('{}')}/{below.strip('{}')}"


def _script_of(word: _Word, row: _Row) -> str:
    if word.size > _SCRIPT_SIZE * row.size:
        return ""
    rise = (word.y - row.y) / row.size
    return "^" if rise >= _SUPERSCRIPT_EM else "_" if rise <= _SUBSCRIPT_EM else ""


def _as_script(mark: str, text: str) -> str:
    if not mark:
        return ""
    return f"{mark}{text}" if len(text) == 1 else f"{mark}{{{text}}}"
