"""Languages by name, and whether a text is in the one that was asked for."""

from __future__ import annotations

import re

_NAMES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
_VARIANTS = {
    "zh-hans": "Simplified Chinese",
    "zh-cn": "Simplified Chinese",
    "zh-hant": "Traditional Chinese",
    "zh-tw": "Traditional Chinese",
    "zh-hk": "Traditional Chinese",
    "pt-br": "Brazilian Portuguese",
}
# Scripts that cannot be mistaken. Japanese needs its kana: Chinese is written in kanji too.
_SCRIPTS = {
    "ar": "\u0600-\u06ff",
    "fa": "\u0600-\u06ff",
    "el": "\u0370-\u03ff",
    "he": "\u0590-\u05ff",
    "hi": "\u0900-\u097f",
    "bn": "\u0980-\u09ff",
    "ja": "\u3040-\u30ff",
    "ko": "\uac00-\ud7af",
    "ru": "\u0400-\u04ff",
    "uk": "\u0400-\u04ff",
    "th": "\u0e00-\u0e7f",
    "zh": "\u4e00-\u9fff",
}
_FEWEST = 0.05  # of all letters: much of such a summary is untranslated terms


def language_name(tag: str) -> str:
    """What a BCP 47 tag is called in a prompt: "Chinese (zh)"; an unknown tag is its own name."""
    lowered = tag.lower().replace("_", "-")
    name = _VARIANTS.get(lowered) or _NAMES.get(lowered.partition("-")[0])
    return f"{name} ({tag})" if name else tag


def wrong_language(asked: str, *, claimed: str, text: str) -> str:
    """One sentence when an answer is not in the language asked for; "" when it is.

    `claimed` is the tag the answer carries, "" where it has none. A text whose script cannot be
    that of the language asked for gives itself away whatever it claims.
    """
    wanted, got = _primary(asked), _primary(claimed)
    if got and got != wanted:
        return (
            f"The model answered in {language_name(claimed)} although {language_name(asked)} "
            "was asked for."
        )
    letters = len(re.findall(r"[^\W\d_]", text))
    script = _SCRIPTS.get(wanted)
    if script and letters and len(re.findall(f"[{script}]", text)) < _FEWEST * letters:
        return f"The model did not answer in {language_name(asked)}, which was asked for."
    return ""


def _primary(tag: str) -> str:
    """The tag's language, "" when it is no tag; models also write the language's name."""
    lowered = tag.strip().lower().replace("_", "-")
    by_name = {name.lower(): code for code, name in _NAMES.items()}
    code = by_name.get(lowered, lowered.partition("-")[0])
    return code if re.fullmatch("[a-z]{2,3}", code) else ""
