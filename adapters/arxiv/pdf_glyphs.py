"""PDF -> the visible glyphs of its pages, by PDFium. Runs in the reading worker only."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as c

from adapters.arxiv.pdf_layout import Glyph

_SMALLEST_SIZE = 2.0  # points; nobody reads less
_WHITE = 245  # of 255, in all three colours
_FAINT = 13  # of 255, opacity
_MOST_GLYPHS = 40_000  # a page; a dense page of a paper has 8,000
_LEAST_UPRIGHT = 0.98  # cosine; the arXiv stamp and the labels of axes stand on end
_BOLD = re.compile(r"bold|black|heavy|medi|cmbx|sfbx|cmssbx|-bx", re.IGNORECASE)
_ITALIC = re.compile(r"ital|obli|cmti|sfti|cmsl", re.IGNORECASE)
_BOLD_WEIGHT = 600
_SOFT_HYPHENS = "\u00ad\u0002\ufffe"  # PDFium's marks for a hyphen at the end of a line
_INVISIBLE_MODES = (c.FPDF_TEXTRENDERMODE_INVISIBLE, c.FPDF_TEXTRENDERMODE_CLIP)


# TeX's symbol fonts name some glyphs in a way of their own; PDFium then gives the bare code, which
# reads as a letter or, worse, as a figure. "≠" stands for the stroke over the sign that follows.
_TEX_SYMBOLS: dict[str, dict[str, str]] = {
    "CMEX": {chr(code): "" for code in range(0x21, 0x7F)}
    | {"X": "∑", "P": "∑", "Z": "∫", "R": "∫", "Y": "∏", "Q": "∏"},
    "CMSY": dict(zip("0123456789hi", "′∞∈∋△▽≠↦∀∃⟨⟩", strict=True)),
}


@dataclass(frozen=True, slots=True)
class _Style:
    size: float
    bold: bool
    italic: bool
    symbols: dict[str, str]


@dataclass(frozen=True, slots=True)
class PageGlyphs:
    """The visible, upright glyphs of one page in the order of drawing."""

    width: float  # points
    height: float
    glyphs: tuple[Glyph, ...]


class UnreadablePdfError(Exception):
    """PDFium cannot open it; `reason` is "encrypted" or "broken"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def open_pdf(content: bytes) -> pdfium.PdfDocument:
    """Raises UnreadablePdfError."""
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        encrypted = c.FPDF_GetLastError() == c.FPDF_ERR_PASSWORD or "assword" in str(error)
        raise UnreadablePdfError("encrypted" if encrypted else "broken") from error


def page_glyphs(document: pdfium.PdfDocument, index: int) -> PageGlyphs:
    """What a reader of page `index` (from 0) sees of its text layer.

    Left out: invisible (render mode 3 and 7), white, transparent and tiny text, text off the
    page, and text on end. White text on a dark ground goes with it; text that a picture or a
    rectangle covers is not noticed. Raises UnreadablePdfError.
    """
    try:
        page = document[index]
        text_page = page.get_textpage()
    except pdfium.PdfiumError as error:
        raise UnreadablePdfError("broken") from error
    try:
        left, bottom, right, top = page.get_cropbox()
        glyphs = tuple(
            glyph
            for glyph in _glyphs(text_page)
            if left <= (glyph.x0 + glyph.x1) / 2 <= right and bottom <= glyph.y <= top
        )
        return PageGlyphs(right - left, top - bottom, glyphs)
    finally:
        text_page.close()
        page.close()


def _glyphs(text_page: pdfium.PdfTextPage) -> Iterator[Glyph]:
    raw = text_page.raw
    styles: dict[int, _Style | None] = {}  # by text object; None for what nobody sees
    box, x, y = c.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    last: Glyph | None = None
    for index in range(min(c.FPDFText_CountChars(raw), _MOST_GLYPHS)):
        code = c.FPDFText_GetUnicode(raw, index)
        char = _char(code)
        if char.isspace() or c.FPDFText_IsGenerated(raw, index) == 1:
            if last is not None:
                yield Glyph(" ", last.x1, last.x1, last.y, last.size)
            # PDFium writes a hyphen that ends a line as a generated mark of its own.
            if char != "-":
                continue
        owner = c.FPDFText_GetTextObject(raw, index)
        key = ctypes.cast(owner, ctypes.c_void_p).value or 0
        if key not in styles:
            styles[key] = _style(raw, index, owner)
        style = styles[key]
        if style is None:
            continue
        char = style.symbols.get(char, char)
        if not char or not c.FPDFText_GetLooseCharBox(raw, index, box):
            continue
        c.FPDFText_GetCharOrigin(raw, index, x, y)
        last = Glyph(char, box.left, box.right, y.value, style.size, style.bold, style.italic)
        yield last


def _char(code: int) -> str:
    """The character, "-" for PDFium's hyphen marks, "" for what is none."""
    if code in (0, 0xFFFF):
        return ""
    char = chr(code)
    if char in _SOFT_HYPHENS:
        return "-"
    return char if char.isprintable() or char.isspace() else ""


def _style(raw: c.FPDF_TEXTPAGE, index: int, owner: c.FPDF_PAGEOBJECT) -> _Style | None:
    matrix = c.FS_MATRIX()
    if not c.FPDFText_GetMatrix(raw, index, matrix):
        return None
    length = (matrix.a**2 + matrix.b**2) ** 0.5
    if length == 0 or matrix.a / length < _LEAST_UPRIGHT:
        return None
    size = c.FPDFText_GetFontSize(raw, index) * (matrix.c**2 + matrix.d**2) ** 0.5
    if size < _SMALLEST_SIZE or not _is_seen(raw, index, owner):
        return None
    name = _font_name(raw, index)
    bold = bool(_BOLD.search(name)) or c.FPDFText_GetFontWeight(raw, index) >= _BOLD_WEIGHT
    family = name.rpartition("+")[2][:4].upper()
    return _Style(size, bold, bool(_ITALIC.search(name)), _TEX_SYMBOLS.get(family, {}))


def _is_seen(raw: c.FPDF_TEXTPAGE, index: int, owner: c.FPDF_PAGEOBJECT) -> bool:
    mode = c.FPDFTextObj_GetTextRenderMode(owner) if owner else c.FPDF_TEXTRENDERMODE_FILL
    if mode in _INVISIBLE_MODES:
        return False
    colour = [ctypes.c_uint() for _ in range(4)]
    strokes = mode in (c.FPDF_TEXTRENDERMODE_STROKE, c.FPDF_TEXTRENDERMODE_STROKE_CLIP)
    ask = c.FPDFText_GetStrokeColor if strokes else c.FPDFText_GetFillColor
    if not ask(raw, index, *colour):
        return True
    red, green, blue, alpha = (part.value for part in colour)
    return alpha >= _FAINT and min(red, green, blue) < _WHITE


def _font_name(raw: c.FPDF_TEXTPAGE, index: int) -> str:
    buffer, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    c.FPDFText_GetFontInfo(raw, index, buffer, len(buffer), flags)
    return buffer.value.decode("latin-1")
