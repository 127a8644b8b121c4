"""LaTeX as it stands in titles, names and abstracts, turned into Unicode.

This reads the LaTeX people type into arXiv's submission form: accents, a few text commands and
short formulas. Whatever it does not know it leaves readable; it never raises and never drops
words. Symbol names come from pylatexenc's tables; its parser is not used because it gives up on
broken input and takes most of a second for one day's feed.
"""

from __future__ import annotations

import re

from bot.domain.latex_symbols import (
    ACCENTS,
    ADDRESSES,
    DECLARATIONS,
    ENVIRONMENTS,
    FRACTIONS,
    LETTERS,
    MATH_ACCENTS,
    OWN_SYMBOLS,
    SHOWN_AS_TYPED,
    SPACES,
    TWO_ARGUMENTS,
    WIDE_ACCENTS,
    accented,
    in_brackets_if_composite,
    lowered,
    raised,
    symbol,
    takes_one_argument,
    with_one_argument,
)

# Both begin with one set of characters: that lets `re` skip plain text quickly.
_TEXT_TOKEN = re.compile(
    r"[\\${}~^_`'-]"
    r"(?:(?<=\\)(?:[A-Za-z]+|.|\Z)|(?<=\$)\$?|(?<=[{}~^_])|(?<=`)`|(?<=')'|(?<=-)-{1,2})",
    re.DOTALL,
)
_MATH_TOKEN = re.compile(r"[\\{}~^_$&](?:(?<!\\)|(?:[A-Za-z]+|.|\Z))", re.DOTALL)
_SINGLE = re.compile(r"\\(?:[A-Za-z]+|.)|[^\s{}\\]", re.DOTALL)

_MAX_DEPTH = 30  # deeper nesting is shown as it stands
_MAX_PROSE_WORDS = 3  # in a formula; more of them stand between two prices
_MAX_FORMULA = 1500  # characters between two dollar signs

_PLAIN_EXPONENT = re.compile(r"[+\-−]?\d+")
_SET_LIKE = re.compile(r"\w.*[,:;=|\"]", re.DOTALL)
_TEXT_COMMAND = re.compile(r"\\[A-Za-z]+\s*(?:\{[^{}]*\})?")
_PROSE_WORD = re.compile(r"(?<![^\s(,])[A-Za-z]{2,}(?![^\s.,;:)])")


def unlatex(text: str) -> str:
    """`text` with its LaTeX turned into Unicode; text without LaTeX comes back as it is."""
    reader = _Reader(text)
    return reader.text_between(0, len(text), 0)


def _is_formula(content: str, after: str) -> bool:
    """Whether the text between two dollar signs is math rather than two prices."""
    bare = content.strip()
    if not bare or "\n\n" in content:
        return False
    prose = len(_PROSE_WORD.findall(_TEXT_COMMAND.sub("", bare)))
    if prose > _MAX_PROSE_WORDS or (prose and bare[0].isdigit()):
        return False
    if any(mark in bare for mark in "\\^_{"):
        return True
    if content[0].isspace() or content[-1].isspace():
        return content[0].isspace() and content[-1].isspace() and prose == 0
    return not after.isdigit() or not any(character.isalnum() for character in bare)


def _sets_text(command: str) -> bool:
    """Whether a command within a formula holds running text."""
    return command.startswith(("text", "mbox", "hbox", "emph"))


class _Reader:
    """Reads one text from left to right; positions are indexes into it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closers = _matching_braces(text)
        self._first_quote = text.find("``")

    def text_between(self, start: int, end: int, depth: int) -> str:
        """Convert running text."""
        if depth > _MAX_DEPTH:
            return self._text[start:end]
        out: list[str] = []
        dropped: set[int] = set()  # closing braces whose opening one was dropped
        position = start
        while token := _TEXT_TOKEN.search(self._text, position, end):
            out.append(self._text[position : token.start()])
            position = self._text_token(token, end, depth, out, dropped)
        out.append(self._text[position:end])
        return "".join(out)

    def math_between(self, start: int, end: int, depth: int) -> str:
        """Convert a formula."""
        if depth > _MAX_DEPTH:
            return self._text[start:end]
        out: list[str] = []
        position = start
        while token := _MATH_TOKEN.search(self._text, position, end):
            out.append(self._text[position : token.start()])
            position = self._math_token(token, end, depth, out)
        out.append(self._text[position:end])
        return "".join(out)

    def _between(self, start: int, end: int, depth: int, *, math: bool) -> str:
        return (self.math_between if math else self.text_between)(start, end, depth)

    # --- tokens --------------------------------------------------------------------------

    def _text_token(
        self, token: re.Match[str], end: int, depth: int, out: list[str], dropped: set[int]
    ) -> int:
        found, after = token[0], token.end()
        match found[0]:
            case "\\":
                return self._command(found[1:], after, end, depth, out, math=False)
            case "$":
                return self._dollar(found, token.start(), end, depth, out)
            case "{" | "}":
                out.append(self._brace(token.start(), dropped))
            case "^" | "_":
                return self._script_in_text(found, after, end, depth, out)
            case "~":
                out.append(self._tilde(token.start()))
            case "-":
                out.append(self._dash(found, token.start()))
            case _:
                out.append(self._quote(found, token.start()))
        return after

    def _math_token(self, token: re.Match[str], end: int, depth: int, out: list[str]) -> int:
        found, after = token[0], token.end()
        match found[0]:
            case "\\":
                return self._command(found[1:], after, end, depth, out, math=True)
            case "^" | "_":
                argument = self._argument(after, end)
                if argument is None:
                    out.append(found)
                    return after
                start, stop, after = argument
                content = self.math_between(start, stop, depth + 1).strip()
                out.append(raised(content) if found == "^" else lowered(content))
            case "~" | "&":
                out.append(" ")
            case "$":
                out.append("")
            case _:
                out.append("")  # braces only group
        return after

    def _dollar(self, mark: str, start: int, end: int, depth: int, out: list[str]) -> int:
        first = start + len(mark)
        last = self._text.find(mark, first, min(end, first + _MAX_FORMULA))
        while last > 0 and self._text[last - 1] == "\\" and mark == "$":
            last = self._text.find(mark, last + 1, min(end, first + _MAX_FORMULA))
        if last < 0 or not _is_formula(
            self._text[first:last], self._text[last + len(mark) : last + len(mark) + 1]
        ):
            out.append(mark)
            return first
        out.append(self.math_between(first, last, depth + 1).strip())
        return last + len(mark)

    def _brace(self, at: int, dropped: set[int]) -> str:
        if self._text[at] == "}":
            return "" if at in dropped else "}"
        closing = self._closers.get(at)
        if closing is None:
            return "{"
        inner = self._text[at + 1 : closing]
        if "\\" not in inner and _SET_LIKE.search(inner):
            return "{"  # a set or a piece of JSON, not a group
        dropped.add(closing)
        return ""

    def _script_in_text(self, mark: str, after: int, end: int, depth: int, out: list[str]) -> int:
        """10^5, R^{2} and x_{i} outside a formula; anything else with ^ or _ is plain text."""
        before = self._text[after - 2 : after - 1]
        closing = self._closers.get(after)
        if (before.isalnum() or before in (")", "]")) and closing is not None and closing < end:
            content = self.math_between(after + 1, closing, depth + 1).strip()
            out.append(raised(content) if mark == "^" else lowered(content))
            return closing + 1
        exponent = _PLAIN_EXPONENT.match(self._text, after, end) if mark == "^" else None
        if exponent and (before.isalnum() or before == ")"):
            out.append(raised(exponent[0]))
            return exponent.end()
        out.append(mark)
        return after

    def _tilde(self, at: int) -> str:
        """A tie between words is a space; "~10" and "/~name" are meant as they stand."""
        before, after = self._text[max(at - 1, 0) : at], self._text[at + 1 : at + 2]
        if not before or before.isspace() or before in "(/[" or not after:
            return "~"
        return "~" if before.isdigit() and after.isdigit() else " "

    def _dash(self, found: str, at: int) -> str:
        behind = at + len(found)
        before, after = self._text[max(at - 1, 0) : at], self._text[behind : behind + 1]
        is_option = (not before or before.isspace()) and after.isalpha()  # --verbose
        if is_option or "-" in (before, after):
            return found
        return "–" if found == "--" else "—"

    def _quote(self, found: str, at: int) -> str:
        if found == "``":
            return "“"
        if found == "''":
            return "”" if 0 <= self._first_quote < at else found
        return found

    # --- commands ------------------------------------------------------------------------

    def _command(
        self, name: str, after: int, end: int, depth: int, out: list[str], *, math: bool
    ) -> int:
        r"""Append what `\name` shows and return where reading goes on."""
        if name in ("(", "["):
            return self._bracketed_formula(name, after, end, depth, out)
        if name in DECLARATIONS:
            return self._declaration(name, after, end)
        shown = (SPACES[name], after) if name in SPACES else None
        shown = shown or self._accent(name, after, end, depth, math=math)
        shown = shown or self._with_arguments(name, after, end, depth, math=math)
        if shown is None:
            return self._symbol_or_name(name, after, end, out, math=math)
        out.append(shown[0])
        return shown[1]

    def _accent(
        self, name: str, after: int, end: int, depth: int, *, math: bool
    ) -> tuple[str, int] | None:
        """The letter with its accent, and where it ends; None when `name` is no accent here."""
        mark = MATH_ACCENTS.get(name) or ("" if math else ACCENTS.get(name, ""))
        argument = self._accent_argument(name, after, end) if mark else None
        if argument is None:
            return None
        start, stop, after = argument
        base = self._between(start, stop, depth + 1, math=math)
        is_wide = len(base.strip()) > 1 and name in WIDE_ACCENTS
        return (base if is_wide or not base[:1].isalpha() else accented(base, mark)), after

    def _bracketed_formula(
        self, name: str, after: int, end: int, depth: int, out: list[str]
    ) -> int:
        r"""\( ... \) and \[ ... \]; the mark alone stays when it is never closed."""
        closing = "\\)" if name == "(" else "\\]"
        last = self._text.find(closing, after, min(end, after + _MAX_FORMULA))
        if last < 0:
            out.append(name)
            return after
        out.append(self.math_between(after, last, depth + 1).strip())
        return last + 2

    def _declaration(self, name: str, after: int, end: int) -> int:
        if name in ("left", "right", "middle"):
            return after + 1 if self._text[after : after + 1] == "." and after < end else after
        while after < end and self._text[after] in " \t":
            after += 1
        return after

    def _with_arguments(
        self, name: str, after: int, end: int, depth: int, *, math: bool
    ) -> tuple[str, int] | None:
        """What a command with arguments shows, and where it ends; None for all others."""
        if name == "sqrt":
            return self._root(after, end, depth)
        takes_single = (math or name in FRACTIONS) and name not in ENVIRONMENTS
        first = self._argument(after, end) if takes_single else self._group(after, end)
        if first is None:
            return None
        if name in ENVIRONMENTS:
            return "", first[2]
        if name in TWO_ARGUMENTS:
            return self._two_arguments(name, first, end, depth, math=math)
        shown = self._one_argument(name, first, depth, math=math)
        return None if shown is None else (shown, first[2])

    def _one_argument(
        self, name: str, argument: tuple[int, int, int], depth: int, *, math: bool
    ) -> str | None:
        start, stop, after = argument
        if name in ADDRESSES:
            return self._text[start:stop].replace("\\", "")
        # An unknown command in front of a group is most likely a way to set that group's text.
        is_group = self._text[after - 1] == "}" and bool(self._text[start:stop].strip())
        sets_group = is_group and len(name) > 1 and symbol(name) is None
        if not (takes_one_argument(name) or sets_group):
            return None  # before its text is read: reading it twice per level would never end
        shown = self._between(start, stop, depth + 1, math=math and not _sets_text(name))
        if name in SHOWN_AS_TYPED and not math:
            return f"\\{name}{{{shown}}}"
        return with_one_argument(name, shown)

    def _two_arguments(
        self, name: str, first: tuple[int, int, int], end: int, depth: int, *, math: bool
    ) -> tuple[str, int] | None:
        second = self._argument(first[2], end)
        if second is None:
            return self._between(first[0], first[1], depth + 1, math=math), first[2]
        one = self._between(first[0], first[1], depth + 1, math=math)
        two = self._between(second[0], second[1], depth + 1, math=math)
        if name == "href":
            address = self._text[first[0] : first[1]].replace("\\", "")
            return (two if address in two or not address else f"{two} ({address})"), second[2]
        if name == "binom":
            return f"({one} choose {two})", second[2]
        if name in FRACTIONS:
            return f"{in_brackets_if_composite(one)}/{in_brackets_if_composite(two)}", second[2]
        return two, second[2]

    def _root(self, after: int, end: int, depth: int) -> tuple[str, int]:
        degree = ""
        if self._text[after : after + 1] == "[":
            closing = self._text.find("]", after, min(end, after + 10))
            if closing > 0:
                degree = raised(self._text[after + 1 : closing].strip())
                after = closing + 1
        argument = self._argument(after, end)
        if argument is None:
            return f"{degree}√", after
        content = self.math_between(argument[0], argument[1], depth + 1)
        return f"{degree}√{in_brackets_if_composite(content)}", argument[2]

    def _symbol_or_name(
        self, name: str, after: int, end: int, out: list[str], *, math: bool
    ) -> int:
        if len(name) == 1 and not name.isalnum():
            out.append(OWN_SYMBOLS.get(name, name))  # \% \$ \& \# \_ \{ \}
            return after
        shown = symbol(name)
        if shown is None:
            known = math or len(name) > 1
            out.append(name if known else f"\\{name}")
            return after
        previous = next((piece[-1] for piece in reversed(out) if piece), "")
        if math and len(shown) > 1 and shown.isalpha():  # log, max: words need room
            out.append(f" {shown}" if previous.isalnum() or previous == ")" else shown)
            return after
        out.append(shown)
        is_glued = (math and not previous.isspace()) or name in LETTERS
        if is_glued and self._text[after : after + 1] == " " and after < end:
            return after + 1
        return after

    # --- arguments -----------------------------------------------------------------------

    def _group(self, at: int, end: int) -> tuple[int, int, int] | None:
        """Bounds of the {group} at `at`, and where it ends; open groups end with the text."""
        if at >= end or self._text[at] != "{":
            return None
        closing = self._closers.get(at, end)
        return (at + 1, closing, closing + 1) if closing < end else (at + 1, end, end)

    def _argument(self, at: int, end: int) -> tuple[int, int, int] | None:
        """Bounds of the argument that follows: a group, a command or a single character."""
        while at < end and self._text[at] in " \t":
            at += 1
        if group := self._group(at, end):
            return group
        single = _SINGLE.match(self._text, at, end)
        return (single.start(), single.end(), single.end()) if single else None

    def _accent_argument(self, name: str, at: int, end: int) -> tuple[int, int, int] | None:
        """What an accent stands on; None where the command cannot be an accent."""
        following = self._text[at : at + 1]
        if name.isalpha() and not (following in "{\\" or following.isspace()):
            return None
        argument = self._argument(at, end)
        if argument is None:
            return None
        first = self._text[argument[0] : argument[0] + 1]
        return argument if first.isalpha() or first in ("\\", "{") else None


def _matching_braces(text: str) -> dict[int, int]:
    """Position of each opening brace -> position of the one that closes it."""
    closers: dict[int, int] = {}
    if "{" not in text:
        return closers
    opened: list[int] = []
    for brace in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if brace[0] == "{":
            opened.append(brace.start())
        elif brace[0] == "}" and opened:
            closers[opened.pop()] = brace.start()
    return closers
