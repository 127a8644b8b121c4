"""Discord's limits on messages, each answered with error 50035 as Discord nests it.

(docs.discord.com: Message, Embed limits; the total of 6,000 and 2,000 for bots are not in the
OpenAPI file.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.fakes.discord.components import component_faults
from tests.fakes.discord.refusals import Fault, RefusedError, invalid_form
from tests.fakes.discord.shapes import COMPONENTS_V2

CONTENT = 2_000
EMBEDS = 10
EMBED_TOTAL = 6_000
FIELDS = 25
_EMBED_TEXTS = (
    (("title",), 256),
    (("description",), 4_096),
    (("footer", "text"), 2_048),
    (("author", "name"), 256),
)
_EMBED_LINKS = (("url",), ("image", "url"), ("thumbnail", "url"), ("author", "url"))
_SCHEMES = ("http://", "https://")
_NONCE = 25


def check_message(body: Mapping[str, Any], *, is_edit: bool = False) -> None:
    """Raises RefusedError when Discord would not take this body of a message."""
    if faults := list(_faults(body)):
        raise invalid_form(faults)
    if not is_edit and not _has_something(body):
        raise RefusedError(50006)


def too_long(path: tuple[str | int, ...], limit: int) -> Fault:
    """The fault of a text over its limit."""
    return (path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


def missing(path: tuple[str | int, ...]) -> Fault:
    """The fault of something that has to be there."""
    return (path, "BASE_TYPE_REQUIRED", "This field is required")


def bad_length(path: tuple[str | int, ...], least: int, most: int) -> Fault:
    """The fault of a text or list outside its bounds."""
    sentence = f"Must be between {least} and {most} in length."
    return (path, "BASE_TYPE_BAD_LENGTH", sentence)


def _has_something(body: Mapping[str, Any]) -> bool:
    content = (body.get("content") or "").strip()
    embeds = [each for each in body.get("embeds") or () if _says_something(each)]
    rest = (body.get(key) for key in ("components", "attachments", "sticker_ids", "poll"))
    return bool(content or embeds or any(rest))


def _says_something(embed: Mapping[str, Any]) -> bool:
    keys = ("title", "description", "fields", "image", "thumbnail", "author", "footer")
    return any(embed.get(key) for key in keys)


def _faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    content = body.get("content") or ""
    if len(content) > CONTENT:
        yield too_long(("content",), CONTENT)
    if isinstance(nonce := body.get("nonce"), str) and len(nonce) > _NONCE:
        yield too_long(("nonce",), _NONCE)
    embeds = body.get("embeds") or []
    if len(embeds) > EMBEDS:
        yield too_long(("embeds",), EMBEDS)
    for number, embed in enumerate(embeds):
        yield from _embed_faults(embed, ("embeds", number))
    if sum(_embed_length(each) for each in embeds) > EMBED_TOTAL:
        sentence = f"Embed size exceeds maximum size of {EMBED_TOTAL}"
        yield (("embeds",), "MAX_EMBED_SIZE_EXCEEDED", sentence)
    is_v2 = bool((body.get("flags") or 0) & COMPONENTS_V2)
    for key in ("content", "embeds"):
        if is_v2 and body.get(key):
            sentence = "The 'content' and 'embeds' fields cannot be used with components V2"
            yield ((key,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", sentence)
    yield from component_faults(body.get("components") or [], is_v2=is_v2)
    yield from _mention_faults(body.get("allowed_mentions") or {})


def _embed_faults(embed: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Fault]:
    for keys, limit in _EMBED_TEXTS:
        if len(_of(embed, keys) or "") > limit:
            yield too_long((*path, *keys), limit)
    for keys in (("footer", "text"), ("author", "name")):
        if keys[0] in embed and not (_of(embed, keys) or "").strip():
            yield missing((*path, *keys))
    for keys in _EMBED_LINKS:
        link = _of(embed, keys)
        if link and not link.startswith((*_SCHEMES, "attachment://")):
            scheme = link.partition(":")[0]
            sentence = (
                f"Scheme \"{scheme}\" is not supported. Scheme must be one of ('http', 'https')."
            )
            yield ((*path, *keys), "URL_TYPE_INVALID_SCHEME", sentence)
    yield from _field_faults(embed.get("fields") or [], path)


def _field_faults(
    fields: Sequence[Mapping[str, Any]], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    if len(fields) > FIELDS:
        yield too_long((*path, "fields"), FIELDS)
    for number, one in enumerate(fields):
        for key, limit in (("name", 256), ("value", 1_024)):
            text = one.get(key) or ""
            if len(text) > limit:
                yield too_long((*path, "fields", number, key), limit)
            if not text.strip():
                yield missing((*path, "fields", number, key))


def _embed_length(embed: Mapping[str, Any]) -> int:
    total = sum(len((_of(embed, keys) or "").strip()) for keys, _ in _EMBED_TEXTS)
    return total + sum(
        len((one.get(key) or "").strip())
        for one in embed.get("fields") or ()
        for key in ("name", "value")
    )


def _of(embed: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    value: Any = embed
    for key in keys:
        value = (value or {}).get(key)
    return value if isinstance(value, str) else None


def _mention_faults(allowed: Mapping[str, Any]) -> Iterator[Fault]:
    for kind in ("users", "roles"):
        listed = allowed.get(kind) or []
        if len(listed) > 100:
            yield too_long(("allowed_mentions", kind), 100)
        if listed and kind in (allowed.get("parse") or ()):
            name = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
            sentence = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            yield (("allowed_mentions",), name, sentence)
