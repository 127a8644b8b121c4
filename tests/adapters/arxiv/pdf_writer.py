"""PDFs written by hand, sound and hostile ones."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

BODY_SIZE = 10.0
LINE_DISTANCE = 12.0


@dataclass(frozen=True, slots=True)
class Show:
    """A piece of text at a place, in points from the lower left corner."""

    x: float
    y: float
    text: str
    size: float = BODY_SIZE
    font: str = "F1"  # F1 Times, F2 Times Bold
    before: str = ""  # operators: "1 g" for white, "3 Tr" for invisible


def page_of(shows: Sequence[Show]) -> bytes:
    """The content stream that shows these, in this order."""
    return "\n".join(
        f"q {s.before} BT /{s.font} {s.size} Tf 1 0 0 1 {s.x} {s.y} Tm ({_escaped(s.text)}) Tj ET Q"
        for s in shows
    ).encode("latin-1")


def column(x: float, top: float, lines: Sequence[str]) -> list[Show]:
    """Lines of running text below each other."""
    return [Show(x, top - n * LINE_DISTANCE, line) for n, line in enumerate(lines)]


def pdf(pages: Sequence[bytes], *, filters: str = "", count: int | None = None) -> bytes:
    """A PDF with one page for each content stream."""
    first = 5
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count or len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Bold >>",
    ]
    for n, content in enumerate(pages):
        objects.append(_page(first + 2 * n + 1))
        objects.append(_stream(content, filters))
    return assemble(objects)


def assemble(objects: Sequence[bytes], *, trailer: str = "") -> bytes:
    """A file of these objects, numbered from 1; the first is the catalogue."""
    content = bytearray(b"%PDF-1.5\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(content)
    content += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    content += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    content += f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\n".encode()
    return bytes(content + f"startxref\n{start}\n%%EOF\n".encode())


def encrypted() -> bytes:
    """A PDF that asks for a password nobody knows."""
    key = "00" * 31 + "01"
    rights = f"<< /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >>"
    return assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [] /Count 0 >>",
        ],
        trailer=f"/Encrypt {rights} /ID [<{'00' * 16}> <{'00' * 16}>]",
    )


def bomb() -> bytes:
    """A page of a few kilobytes that unpacks to four gigabytes."""
    packer = zlib.compressobj(9)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    # A block after a full flush depends on nothing before it, so it can be repeated.
    once = head + block * 4096 + packer.flush()
    return pdf([zlib.compress(once, 9)], filters="/Filter [/FlateDecode /FlateDecode]")


def endless() -> bytes:
    """A page whose drawings draw drawings: ten to the power of twelve words."""
    depth, first = 12, 6
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
            b"/Resources << /XObject << /X 6 0 R >> >> >>"
        ),
        _stream(b"/X Do", ""),
    ]
    for n in range(depth):
        inner = "/X Do " * 10 if n < depth - 1 else "BT /F1 10 Tf 72 700 Td (word) Tj ET"
        resources = f"/Font << /F1 3 0 R >> /XObject << /X {first + n + 1} 0 R >>"
        form = f"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << {resources} >>"
        objects.append(_stream(inner.encode(), form))
    return assemble(objects)


def _page(contents: int) -> bytes:
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {contents} 0 R "
        "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
    ).encode()


def _stream(content: bytes, entries: str) -> bytes:
    head = f"<< /Length {len(content)} {entries} >>\nstream\n".encode()
    return head + content + b"\nendstream"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
