"""What the fake model says: deterministic, and made from the paper that stands in its prompt."""

from __future__ import annotations

import json
import re
from enum import Enum, auto

HEADINGS = ("Contributions", "Method and set-up", "Main results", "Conclusions and limits")
HEADINGS_ZH = ("贡献", "方法与设置", "主要结果", "结论与局限")


class Shape(Enum):
    """In which way an answer is strange."""

    GOOD = auto()
    EMPTY = auto()
    BROKEN_JSON = auto()  # nothing can be read from it
    CUT_JSON = auto()  # hit its length limit in the third section
    THOUGHT_ONLY = auto()  # spent its length on thinking
    FENCED = auto()
    THINKING_ALOUD = auto()
    MARKDOWN = auto()
    WRONG_LANGUAGE = auto()
    BLOCKED = auto()


_FIXED = {
    Shape.EMPTY: ("", "stop"),
    Shape.BLOCKED: ("", "content_filter"),
    Shape.THOUGHT_ONLY: ("<think>Let me see what this paper", "length"),
    Shape.BROKEN_JSON: ('{"secti', "stop"),
}


def answer_content(prompt: str, shape: Shape) -> tuple[str, str]:
    """The answer to `prompt` and its finish reason."""
    if shape in _FIXED:
        return _FIXED[shape]
    document = _answer(prompt) if '"quotes"' in prompt else _summary(prompt, shape)
    whole = json.dumps(document, ensure_ascii=False)
    if shape is Shape.CUT_JSON:
        return whole[: whole.rindex('"text"') + 40], "length"
    if shape is Shape.FENCED:
        return f"Sure! Here it is:\n\n```json\n{whole}\n```\nAnything else?", "stop"
    if shape is Shape.THINKING_ALOUD:
        return f'<think>Is {{"sections": []}} right? No.</think>\n{whole}', "stop"
    if shape is Shape.MARKDOWN:
        parts = _summary(prompt, shape)["sections"]
        return "\n\n".join(f"## {part['heading']}\n\n{part['text']}" for part in parts), "stop"
    return whole, "stop"


def paper_in(prompt: str) -> str:
    """The fenced text of a prompt, or the whole of it where there is no fence."""
    fenced = re.search(r"^(PAPER-\w+)\n(?P<inside>.*?)\n\1$", prompt, re.DOTALL | re.MULTILINE)
    return fenced["inside"] if fenced else prompt


def _summary(prompt: str, shape: Shape) -> dict[str, list[dict[str, str]]]:
    language = _asked_language(prompt)
    headings = HEADINGS
    lead = ""
    if language.startswith("zh") and shape is not Shape.WRONG_LANGUAGE:
        headings, lead = HEADINGS_ZH, "本文指出："
    telling = _telling_sentences(paper_in(prompt))
    sections = [
        {"heading": heading, "text": lead + telling[number % len(telling)]}
        for number, heading in enumerate(headings)
    ]
    tag = "fr" if shape is Shape.WRONG_LANGUAGE else language
    return {"language": tag, "sections": sections}  # type: ignore[dict-item]


def _answer(prompt: str) -> dict[str, object]:
    question = re.search(r"^(QUESTION-\w+)\n(?P<inside>.*?)\n\1$", prompt, re.DOTALL | re.MULTILINE)
    words = set(re.findall(r"\w{4,}", question["inside"].lower() if question else ""))
    best = max(
        _sentences(paper_in(prompt)),
        key=lambda sentence: len(words & set(re.findall(r"\w{4,}", sentence.lower()))),
    )
    is_answered = bool(words & set(re.findall(r"\w{4,}", best.lower())))
    return {
        "language": _asked_language(prompt),
        "answered": is_answered,
        "answer": best if is_answered else "",
        "quotes": [best] if is_answered else [],
    }


def _telling_sentences(paper: str) -> list[str]:
    sentences = _sentences(paper)
    telling = [sentence for sentence in sentences if re.search("[0-9]", sentence)]
    return telling or [sentences[0] or "Nothing."]


def _sentences(paper: str) -> list[str]:
    prose = re.sub(r"^(?:#|Title:).*$", "", paper, flags=re.MULTILINE)
    return [sentence.strip() for sentence in re.split(r"(?<=[.!?])\s+", prose)]


def _asked_language(prompt: str) -> str:
    match = re.search(r"in [A-Z][\w ]* \((?P<tag>[\w-]+)\)", prompt)
    return match["tag"] if match else "en"
