"""arXiv's HTML (LaTeXML pages, as served at arxiv.org/html) -> the sections of a paper; pure.

Left out: references, navigation, scripts, notes of the converter, and whatever a reader of the
page does not see. The class names are LaTeXML's: ltx_document, ltx_section, ltx_bibliography...
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree, html

from bot.domain.paper_text import SectionKind, TextSection, kind_of, with_kinds

_MOST_CHARACTERS = 2_000_000
_FAILED = b"Conversion to HTML had a Fatal error"  # arXiv's notice above a page that is cut
_FEWEST_CHARACTERS = 400  # less is the notice that there is no HTML, or a failed conversion
_DEEPEST = 200  # elements within each other; LaTeXML stays below 40

_DROPPED_TAGS = frozenset(
    {
        "annotation-xml",
        "audio",
        "button",
        "canvas",
        "dialog",
        "embed",
        "footer",
        "form",
        "head",
        "header",
        "iframe",
        "input",
        "link",
        "meta",
        "nav",
        "noscript",
        "object",
        "script",
        "select",
        "style",
        "template",
        "textarea",
        "video",
    }
)
_DROPPED_CLASSES = frozenset(
    {
        "html-header-message",
        "ltx_ERROR",
        "ltx_TOC",
        "ltx_bibliography",
        "ltx_dates",
        "ltx_index",
        "ltx_note_mark",
        "ltx_note_outer_hidden",
        "ltx_page_footer",
        "ltx_page_header",
        "ltx_page_navbar",
        "ltx_pagination",
        "ltx_rdf",
        "ltx_role_affiliationtext",
        "ltx_tag_bibitem",
        "ltx_tag_note",
        "package-alerts",
        "sr-only",
        "visually-hidden",
    }
)
_HEADING = re.compile(r"h[1-6]$")
_LEVELS = {
    "ltx_section": 1,
    "ltx_appendix": 1,
    "ltx_acknowledgements": 1,
    "ltx_abstract": 1,
    "ltx_chapter": 1,
    "ltx_part": 1,
    "ltx_subsection": 2,
    "ltx_subsubsection": 3,
    "ltx_paragraph": 4,
    "ltx_subparagraph": 5,
}
_DEEPEST_SECTION = 3  # paragraphs with a heading stay within their section
_BLOCKS = frozenset(
    {
        "article",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    }
)

# A style attribute that hides its element; a class's rules stand in arXiv's own files.
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|opacity\s*:\s*(?:0?\.0\d*|0)(?![\d.])"
    r"|font-size\s*:\s*(?:0|0?\.\d+|1)(?:\.\d+)?\s*(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    r"|(?<![-\w])color\s*:\s*(?:white|transparent|#fff(?:f|fff|fffff)?(?![\da-f])"
    r"|#f[a-f\d]f[a-f\d]f[a-f\d](?![\da-f])"
    r"|rgba?\(\s*2[45]\d\s*[, ]\s*2[45]\d\s*[, ]\s*2[45]\d[^)]*\)"
    r"|rgba\([^)]*[,/]\s*0?\.?0+\s*\))"
    r"|(?<![-\w])(?:width|height|max-height|max-width)\s*:\s*0(?:px|pt|em)?\s*(?:;|!|$)"
    r"|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%"
    r"|text-indent\s*:\s*-\d{3,}|(?<![-\w])(?:left|top)\s*:\s*-\d{3,}"
    r"|--ltx-fg-color\s*:\s*#?(?:white|fff(?:fff)?)(?![\da-f])",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Open:
    heading: str
    level: int
    kind: SectionKind
    text: list[str] = field(default_factory=list)


def read_page(content: bytes) -> tuple[TextSection, ...] | None:
    """The paper's sections in order; None when the page is no paper ("No HTML for ...").

    Math is its TeX between "$" signs, a table's row a line of cells parted by " | ". The first
    section is the front matter: title and authors.
    """
    root = None if _FAILED in content else _parse(content)
    document = None if root is None else _document(root)
    if document is None:
        return None
    sections = with_kinds(_closed(_walked(document)))
    kept = tuple(s for s in sections if s.kind is not SectionKind.REFERENCES)
    body = sum(len(s.text) for s in kept if s.kind is not SectionKind.FRONT)
    return kept if body >= _FEWEST_CHARACTERS else None


def _parse(content: bytes) -> html.HtmlElement | None:
    # huge_tree stays off: libxml2 then refuses texts over 10 MB and trees 256 deep.
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        return html.document_fromstring(content, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _document(root: html.HtmlElement) -> html.HtmlElement | None:
    found = [e for e in root.iter("article", "div") if "ltx_document" in _classes(e)]
    return found[0] if found else None


def _classes(element: html.HtmlElement) -> frozenset[str]:
    return frozenset((element.get("class") or "").split())


def _is_dropped(element: html.HtmlElement) -> bool:
    if not isinstance(element.tag, str) or element.tag in _DROPPED_TAGS:
        return True
    return bool(_classes(element) & _DROPPED_CLASSES) or _is_hidden(element)


def _is_hidden(element: html.HtmlElement) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden", "").lower() == "true"
        or bool(_HIDING.search(element.get("style") or ""))
        or _is_white(element.get("color") or element.get("mathcolor") or "")
    )


def _is_white(colour: str) -> bool:
    return colour.strip().lower() in ("white", "#fff", "#ffffff", "transparent")


def _walked(document: html.HtmlElement) -> list[_Open]:
    parts = [_Open("", 1, SectionKind.FRONT)]
    room = [_MOST_CHARACTERS]
    _walk(document, parts, parts[0], room, depth=0)
    return parts


def _walk(
    element: html.HtmlElement, parts: list[_Open], own: _Open, room: list[int], *, depth: int
) -> None:
    """Add the text of `element` to `own` and the sections within it to `parts`."""
    _add(own, element.text, room)
    for child in element:
        if not _is_dropped(child) and depth < _DEEPEST and room[0] > 0:
            _visit(child, parts, own, room, depth=depth + 1)
            # Text behind an inner section belongs to the outer one, which has gone by.
        _add(own, child.tail, room)


def _visit(
    child: html.HtmlElement, parts: list[_Open], own: _Open, room: list[int], *, depth: int
) -> None:
    level = _section_level(child)
    if level is not None:
        heading = _find_heading(child)
        is_abstract = "ltx_abstract" in _classes(child)
        name = "" if heading is None else _plain(heading)
        kind = SectionKind.ABSTRACT if is_abstract else kind_of(name)
        if "ltx_appendix" in _classes(child):
            kind = SectionKind.APPENDIX
            name = name if name.lower().startswith("appendix") else f"Appendix {name}".strip()
        parts.append(_Open(name or ("Abstract" if is_abstract else ""), level, kind))
        if heading is not None:
            _empty(heading)
        _walk(child, parts, parts[-1], room, depth=depth)
    elif child.tag == "table" or "ltx_tabular" in _classes(child):
        # LaTeXML sets display formulas in tables too; those read as one line.
        is_formula = "ltx_tabular" not in _classes(child)
        _add(own, f"\n\n{_plain(child) if is_formula else _rows(child)}\n\n", room)
    elif (inline := _inline(child)) is not None:
        _add(own, inline, room)
    elif child.tag == "svg":
        for box in child.iter("foreignobject"):  # framed text; labels of drawings stay out
            _walk(box, parts, own, room, depth=depth)
    elif child.tag in _BLOCKS or "ltx_p" in _classes(child):
        _add(own, "\n\n", room)
        _walk(child, parts, own, room, depth=depth)
        _add(own, "\n\n", room)
    else:
        _walk(child, parts, own, room, depth=depth)


def _inline(element: html.HtmlElement) -> str | None:
    """Formulas, scripts and footnotes as text that cannot run into the figures beside them."""
    if element.tag == "math":
        return _tex(element)
    if element.tag in ("sup", "sub"):
        text, mark = _plain(element), "^" if element.tag == "sup" else "_"
        return (f"{mark}{text}" if len(text) == 1 else f"{mark}{{{text}}}") if text else ""
    if "ltx_note" in _classes(element):
        return f" ({text})" if (text := _plain(element)) else ""
    return " " if element.tag == "br" else None


def _add(part: _Open, text: str | None, room: list[int]) -> None:
    if text and room[0] > 0:
        part.text.append(text[: room[0]])
        room[0] -= len(text)


def _section_level(element: html.HtmlElement) -> int | None:
    levels = [level for name, level in _LEVELS.items() if name in _classes(element)]
    return levels[0] if levels and levels[0] <= _DEEPEST_SECTION else None


def _find_heading(section: html.HtmlElement) -> html.HtmlElement | None:
    for child in section:
        if isinstance(child.tag, str) and _HEADING.match(child.tag) and not _is_dropped(child):
            return child
    return None


def _empty(element: html.HtmlElement) -> None:
    """Take an element's text out of the tree, so that it is not read again."""
    tail = element.tail
    element.clear()
    element.tail = tail


def _tex(math: html.HtmlElement) -> str:
    """A formula as its TeX, from the alternative text or the annotation."""
    tex = math.get("alttext")
    if not tex:
        notes = [n for n in math.iter("annotation") if n.get("encoding") == "application/x-tex"]
        tex = "".join(notes[0].itertext()) if notes else "".join(math.itertext())
    tex = re.sub(r"\\displaystyle\s*|%\s*\n", "", tex)
    # A formula can hide text of its own, as white or as empty as any element.
    tex = re.sub(r"\\(?:color|textcolor)(?:\[[^]]*\])?\{(?:white|FFFFFF)\}(?:\{[^{}]*\})?", "", tex)
    tex = re.sub(r"\\h?phantom\{[^{}]*\}", "", tex)
    return f"${' '.join(tex.split())}$" if tex.strip() else ""


def _rows(table: html.HtmlElement) -> str:
    rows = []
    for row in table.iter():
        if not (row.tag == "tr" or "ltx_tr" in _classes(row)) or not _is_seen(row, table):
            continue
        cells = [_plain(cell) for cell in row if _is_cell(cell) and not _is_dropped(cell)]
        if any(cells):
            rows.append(" | ".join(cells))
    return "\n".join(rows)


def _is_cell(element: html.HtmlElement) -> bool:
    return element.tag in ("td", "th") or bool(_classes(element) & {"ltx_td", "ltx_th"})


def _is_seen(element: html.HtmlElement, top: html.HtmlElement) -> bool:
    for ancestor in [element, *element.iterancestors()]:
        if ancestor is top:
            return True
        if _is_dropped(ancestor):
            return False
    return True


def _plain(element: html.HtmlElement) -> str:
    """The visible text of an element on one line."""
    return " ".join("".join(_pieces(element, 0)).split())


def _pieces(element: html.HtmlElement, depth: int) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if not _is_dropped(child) and depth < _DEEPEST:
            inline = _inline(child)
            if inline is not None:
                yield inline
            elif child.tag != "svg":
                is_block = child.tag in _BLOCKS or child.tag in ("br", "td", "tr")
                yield " " if is_block else ""
                yield from _pieces(child, depth + 1)
                yield " " if is_block else ""
        yield child.tail or ""


def _closed(parts: list[_Open]) -> list[TextSection]:
    found = []
    for part in parts:
        text = _paragraphs("".join(part.text))
        if text or (part.heading and part.kind is not SectionKind.REFERENCES):
            found.append(TextSection(part.heading, part.kind, text, part.level))
    return found


def _paragraphs(text: str) -> str:
    """Paragraphs parted by one empty line, each on one line but for rows of tables."""
    paragraphs = []
    for block in re.split(r"\n[ \t]*\n\s*", text):
        lines = [" ".join(line.split()) for line in block.split("\n")]
        is_table = sum(" | " in line for line in lines) * 2 > len(lines)
        joined = ("\n" if is_table else " ").join(filter(None, lines))
        if joined:
            paragraphs.append(joined)
    return "\n\n".join(paragraphs)
