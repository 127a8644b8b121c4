"""What LaTeX commands stand for: accents, letters, symbols and the shapes of commands.

Symbol names come from pylatexenc's tables; the lists here say how a command is read.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from pylatexenc.latex2text import get_default_latex_context_db
from pylatexenc.macrospec import LatexContextDb


def words(text: str) -> frozenset[str]:
    """The words of `text`, for tables that are easier to read as lines."""
    return frozenset(text.split())


ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328",
    "r": "\u030a", "b": "\u0331", "d": "\u0323", "t": "\u0361",
}  # fmt: skip
MATH_ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
    "acute": "\u0301", "grave": "\u0300", "breve": "\u0306", "check": "\u030c",
    "mathring": "\u030a",
}  # fmt: skip
WIDE_ACCENTS = words("overline widehat widetilde")
DOTLESS = {"ı": "i", "ȷ": "j"}
LETTERS = words("ss o O l L ae AE oe OE aa AA i j dh DH th TH dj DJ ng NG")
ENVIRONMENTS = words("begin end")
ADDRESSES = words("url path nolinkurl")
TWO_ARGUMENTS = words("frac dfrac tfrac nicefrac sfrac") | words(
    "binom href hyperlink textcolor colorbox"
)
WRAPPERS = words(
    "textbf textit emph text textsc textsf texttt textrm textmd textup textsl textnormal underline"
    " uline mathrm mathbf mathcal mathscr mathfrak mathsf mathit mathtt boldsymbol bm mbox hbox"
    " operatorname ensuremath mathbin mathrel mathop mathord smash fbox"
    " uppercase lowercase footnotesize"
)
# The formula `seed` looks for keywords in the text as arXiv sends it, and finds "RL" in \underline;
# arXiv's own pages show this command as typed too. Taking it out would change those scores.
SHOWN_AS_TYPED = words("underline")
DECLARATIONS = words(
    "bf it em tt rm sc sl sf cal bfseries itshape ttfamily scshape tiny small footnotesize large"
    " Large displaystyle textstyle scriptstyle left right middle big Big bigg Bigg bigl bigr Bigl"
    " Bigr biggl biggr Biggl Biggr limits nolimits noindent centering protect xspace newline"
    " par relax nonumber phantom vphantom hphantom"
)
_BLACKBOARD = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "P": "ℙ", "H": "ℍ"}
SPACES = {
    ",": " ", ";": " ", ":": " ", ">": " ", " ": " ", "\n": " ", "\t": " ", "\\": " ",
    "!": "", "-": "", "/": "", "@": "",
    "quad": " ", "qquad": " ", "enspace": " ", "thinspace": " ", "space": " ",
}  # fmt: skip
OWN_SYMBOLS = {
    "|": "‖", "item": "•", "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "Diamond": "◇",
    "Box": "□", "iff": "⇔", "implies": "⇒", "TM": "™",
}  # fmt: skip
REFERENCES = words("cite citep citet citeauthor citealp ref eqref autoref cref label")
FRACTIONS = words("frac dfrac tfrac nicefrac sfrac")
_RAISED = str.maketrans("0123456789+-−=()niT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵀ")
_LOWERED = str.maketrans("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_RAISABLE = re.compile(r"[0-9+\-−=()]*[niT]?[0-9+\-−=()]*")
_LOWERABLE = re.compile(r"[0-9+\-−=()]*(?:[aehijklmnoprstuvx]|[ijkmnt]{2})?[0-9+\-−=()]*")
_RAISED_ALREADY = frozenset(
    ("*", "'", "′", "″", "†", "‡", "⋆", "★", "°", "th", "st", "nd", "rd", "∘", "TM")
)
_COMPOSITE = re.compile(r"[\s,+\-−*/=<>±·×]")
_FIRST_SURROGATE, _LAST_SURROGATE = 0xD800, 0xDFFF
_UNICODE_POINT = re.compile(r"x?([0-9A-Fa-f]{2,6})")


@lru_cache(maxsize=1)
def _symbol_table() -> LatexContextDb:
    return get_default_latex_context_db()


@lru_cache(maxsize=1024)
def symbol(name: str) -> str | None:
    r"""The character(s) `\name` stands for; None when it is no plain symbol."""
    if name in OWN_SYMBOLS:
        return OWN_SYMBOLS[name]
    spec = _symbol_table().get_macro_spec(name)
    shown = getattr(spec, "simplify_repl", None)
    return shown if isinstance(shown, str) and shown and "%" not in shown else None


def accented(base: str, mark: str) -> str:
    """`base` with a combining mark on its first letter, composed where Unicode can."""
    first = DOTLESS.get(base[:1], base[:1])
    return unicodedata.normalize("NFC", first + mark) + base[1:]


def raised(content: str) -> str:
    """A superscript: Unicode digits where there are some, else ^x or ^(a+b)."""
    if content in _RAISED_ALREADY:
        return {"∘": "°", "TM": "™"}.get(content, content)
    if _RAISABLE.fullmatch(content):
        return content.translate(_RAISED)
    return f"^({content})" if _COMPOSITE.search(content) else f"^{content}"


def lowered(content: str) -> str:
    """A subscript: Unicode digits and letters where there are some, else _x or _(a+b)."""
    if _LOWERABLE.fullmatch(content):
        return content.translate(_LOWERED)
    return f"_({content})" if _COMPOSITE.search(content) else f"_{content}"


def in_brackets_if_composite(content: str) -> str:
    """A part of a fraction or root, bracketed unless it is a single name or number."""
    return f"({content})" if _COMPOSITE.search(content) else content


def takes_one_argument(name: str) -> bool:
    r"""Whether `\name{...}` is known to show its one argument in some way."""
    return name in WRAPPERS or name in REFERENCES or name in _ONE_ARGUMENT


def with_one_argument(name: str, shown: str) -> str:
    r"""What `\name{shown}` looks like; the argument alone where nothing else is known."""
    if name in REFERENCES:
        return f"[{shown}]"
    rewrite = _ONE_ARGUMENT.get(name)
    return rewrite(shown) if rewrite else shown


def _code_point(digits: str) -> str:
    point = _UNICODE_POINT.fullmatch(digits)
    value = int(point[1], 16) if point else 0
    is_character = 0 < value <= sys.maxunicode and not _FIRST_SURROGATE <= value <= _LAST_SURROGATE
    return chr(value) if is_character else digits


_ONE_ARGUMENT: dict[str, Callable[[str], str]] = {
    "mathbb": lambda shown: _BLACKBOARD.get(shown, shown),
    "textsuperscript": raised,
    "textsubscript": lowered,
    "unicode": _code_point,
    "footnote": " ({})".format,
    "footnotetext": " ({})".format,
    "thanks": " ({})".format,
    "color": lambda _: "",
    "vspace": lambda _: "",
    "hspace": lambda _: "",
}
