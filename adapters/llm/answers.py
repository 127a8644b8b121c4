"""What a model answered, read forgivingly: JSON as asked for, or whatever came instead.

Models wrap JSON in code fences, think aloud in front of it, break off in the middle, or write
Markdown under headings. Whatever can be read is made inert before it leaves this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.domain.inert import inert
from bot.domain.summary import SummarySection

SUMMARY_SCHEMA: dict[str, Any] = {
    "name": "summary",
    "strict": True,
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "required": ["language", "sections"],
        "properties": {
            "language": {"type": "string"},
            "sections": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["heading", "text"],
                    "properties": {"heading": {"type": "string"}, "text": {"type": "string"}},
                },
            },
        },
    },
}
ANSWER_SCHEMA: dict[str, Any] = {
    "name": "answer",
    "strict": True,
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "required": ["language", "answered", "answer", "quotes"],
        "properties": {
            "language": {"type": "string"},
            "answered": {"type": "boolean"},
            "answer": {"type": "string"},
            "quotes": {"type": "array", "items": {"type": "string"}},
        },
    },
}

_SECTIONS = 12
_HEADING_LENGTH = 120
_TEXT_LENGTH = 8_000
_QUOTES = 8
_LOOSE_HEADING = "Summary"


@dataclass(frozen=True, slots=True)
class SummaryAnswer:
    """A model's summary as it could be read."""

    sections: tuple[SummarySection, ...]  # empty where nothing could be read
    language: str = ""  # as the model names it; "" where it does not


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """A model's answer to a question as it could be read."""

    text: str  # "" where nothing could be read
    is_answered: bool
    quotes: tuple[str, ...] = ()
    language: str = ""


def read_summary(raw: str) -> SummaryAnswer:
    """The sections of a summary, inert, at most twelve."""
    text = _without_thoughts(raw)
    document = _document(text)
    if document is not None:
        pairs, language = list(_pairs(document)), _language(document)
    elif _looks_like_json(text):
        pairs, language = list(_broken_pairs(text)), _broken(text, "language")
    else:
        pairs, language = list(_markdown_pairs(text)), ""
    sections = (
        SummarySection(_heading(heading), inert(body)[:_TEXT_LENGTH]) for heading, body in pairs
    )
    return SummaryAnswer(tuple(part for part in sections if part.text)[:_SECTIONS], language)


def read_answer(raw: str) -> QuestionAnswer:
    """The answer to a question, inert; text that is no JSON is an answer without quotes."""
    text = _without_thoughts(raw)
    document = _document(text)
    if isinstance(document, dict):
        quotes = document.get("quotes")
        return QuestionAnswer(
            inert(_prose(document.get("answer")))[:_TEXT_LENGTH],
            is_answered=document.get("answered") not in (False, "false", "no"),
            quotes=tuple(map(_prose, quotes))[:_QUOTES] if isinstance(quotes, list) else (),
            language=_language(document),
        )
    if _looks_like_json(text):
        says_no = re.search(r'"answered"\s*:\s*"?false', text) is not None
        return QuestionAnswer(
            inert(_broken(text, "answer")), not says_no, language=_broken(text, "language")
        )
    return QuestionAnswer(inert(text)[:_TEXT_LENGTH], is_answered=bool(text))


def readable_so_far(raw: str) -> str:
    """What can be shown of an answer that is still being written."""
    text = _without_thoughts(raw)
    if not _looks_like_json(text):
        return inert(text)
    if answer := _broken(text, "answer"):
        return inert(answer)
    return inert("\n\n".join(f"{heading}\n{body}".strip() for heading, body in _broken_pairs(text)))


# --- finding the document -----------------------------------------------------------------------

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"\A.*</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```(?:json|markdown|md)?[ \t]*\n(?P<inside>.*?)(?:\n?```|\Z)", re.DOTALL)


def _without_thoughts(raw: str) -> str:
    """Without what the model thought aloud; some templates leave the opening tag out."""
    return _THOUGHT_END.sub("", _THOUGHT.sub("", raw)).strip()


def _document(text: str) -> dict[str, Any] | list[Any] | None:
    """The JSON that was asked for, wherever in the answer it stands."""
    fenced = _FENCE.search(text)
    for candidate in (text, fenced["inside"] if fenced else "", *_bracketed(text)):
        try:
            document = json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(document, (dict, list)) and document:
            return document
    return None


def _bracketed(text: str) -> Iterator[str]:
    for opening, closing in ("{}", "[]"):
        start, end = text.find(opening), text.rfind(closing)
        if 0 <= start < end:
            yield text[start : end + 1]


def _looks_like_json(text: str) -> bool:
    return re.match(r"(?:```(?:json)?\s*)?[{\[]\s*(?:[\"{\[\]}]|\Z)", text) is not None


# --- from the document to sections --------------------------------------------------------------


def _pairs(document: dict[str, Any] | list[Any]) -> Iterator[tuple[str, str]]:
    parts = document.get("sections", document) if isinstance(document, dict) else document
    if isinstance(parts, dict):
        yield from (
            (str(heading), _prose(body)) for heading, body in parts.items() if heading != "language"
        )
        return
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict):
            heading = part.get("heading") or part.get("title") or part.get("name") or ""
            yield str(heading), _prose(part.get("text") or part.get("content") or part.get("body"))
        else:
            yield "", _prose(part)


def _prose(value: Any) -> str:
    """Text out of whatever JSON value stands where text was asked for."""
    if isinstance(value, list):
        return "\n".join(f"- {_prose(one)}" for one in value)
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_prose(one)}" for key, one in value.items())
    return "" if value is None else str(value).strip()


def _language(document: dict[str, Any] | list[Any]) -> str:
    language = document.get("language") if isinstance(document, dict) else None
    return language.strip()[:35] if isinstance(language, str) else ""


_STRING = r"\"(?P<{name}>(?:[^\"\\]|\\.)*+)\"?"
_BROKEN_PAIR = re.compile(
    rf"\"heading\"\s*:\s*{_STRING.format(name='heading')}"
    rf"(?:\s*,\s*\"text\"\s*:\s*{_STRING.format(name='text')})?",
    re.DOTALL,
)


def _broken_pairs(text: str) -> Iterator[tuple[str, str]]:
    """What stands complete, or nearly so, in JSON that broke off or was never quite JSON."""
    for match in _BROKEN_PAIR.finditer(text):
        yield _unescaped(match["heading"]), _unescaped(match["text"] or "")


def _broken(text: str, key: str) -> str:
    match = re.search(
        rf"\"{key}\"\s*:\s*{_STRING.format(name='value')}",
        text,
        re.DOTALL,
    )
    return _unescaped(match["value"]) if match else ""


def _unescaped(inside: str) -> str:
    try:
        return str(json.loads(f'"{inside}"', strict=False)).strip()
    except ValueError:
        return inside.strip()


_MARKDOWN_HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+(?P<hashed>[^\n]+?)[ \t#]*"
    r"|(?:[0-9]{1,2}[.)、][ \t]*)?\*\*(?P<bold>[^*\n]{1,120})\*\*[ \t]*[:：]?[ \t]*)$",
    re.MULTILINE,
)


def _markdown_pairs(text: str) -> Iterator[tuple[str, str]]:
    if (fenced := _FENCE.search(text)) is not None:
        text = fenced["inside"]
    headings = list(_MARKDOWN_HEADING.finditer(text))
    if not headings:
        yield "", text
        return
    # What stands before the first heading is chat ("Sure, here is ...").
    for match, following in zip(headings, [*headings[1:], None], strict=True):
        end = following.start() if following else len(text)
        yield match["hashed"] or match["bold"], text[match.end() : end].strip()


def _heading(text: str) -> str:
    one_line = re.sub(r"\s+", " ", inert(text))
    bare = re.sub(r"^(?:[#*\s]+|[0-9]{1,2}[.)、]\s*)+|[*#:：\s]+$", "", one_line)
    return bare[:_HEADING_LENGTH] or _LOOSE_HEADING
