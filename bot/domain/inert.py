"""Make text from papers and models harmless before it reaches a channel.

What comes out can mention nobody, ping nobody, and carries no link but arXiv's. Formulas and
comparisons ("p < 0.05", "a<b") stay readable.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape

_KEPT_CONTROLS = "\n\t"
# Unicode's classes miss these that show nothing: fillers, variation selectors, joiners' kin.
_BLANK = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u3164\ufe00-\ufe0f\uffa0\u2800"
    "\U000e0000-\U000e0fff]"
)
_INVISIBLE = frozenset(("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"))

_TEXT_LIMIT = 200_000  # characters; a model's answer has a few thousand


def visible(text: str) -> str:
    """The text without characters that show nothing or turn the reading direction.

    Hidden instructions are written with them, and so are links that look like others.
    """
    if text.isascii() and text.isprintable():
        return text
    # Nearly every text is all printable but for its lines: no need to look at each character.
    if not text.replace("\n", "").replace("\t", "").isprintable():
        text = "".join(filter(_shows, text))
    return _BLANK.sub("", text)


def _shows(character: str) -> bool:
    return (
        character.isprintable()
        or character in _KEPT_CONTROLS
        or unicodedata.category(character) not in _INVISIBLE
    )


_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\u0085]")
_CODE_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n`]{0,40}$\n?", re.MULTILINE)
_ELEMENTS = (
    "a|abbr|address|applet|area|article|aside|audio|b|base|big|blink|blockquote|body|br|button"
    "|canvas|caption|center|cite|code|col|colgroup|data|dd|del|details|dfn|dialog|dir|div|dl|dt"
    "|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr"
    "|html|i|iframe|image|img|input|ins|kbd|label|legend|li|link|main|map|mark|marquee|math|menu"
    "|meta|meter|nav|noscript|object|ol|optgroup|option|output|p|param|picture|pre|progress|q|s"
    "|samp|script|section|select|slot|small|source|span|strike|strong|style|sub|summary|sup|svg"
    "|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|u|ul|var|video|wbr"
)
_HIDDEN_ELEMENT = re.compile(
    r"<(?P<name>script|style)\b[^<>]{0,2000}>.*?(?:</(?P=name)\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!(?:DOCTYPE|\[CDATA\[)[^<>]{0,2000}>", re.DOTALL)
# A tag is a known element's name, or a name with attributes: "i<j and k>l" is neither.
_TAG = re.compile(
    rf"</?(?:{_ELEMENTS})(?:\s+[^<>]{{0,2000}}|\s*/)?>"
    r"|</?[a-z][\w:\-]{0,40}\s+[\w:\-]{1,40}\s*=[^<>]{0,2000}>|</[a-z][\w:\-]{0,40}\s*>",
    re.IGNORECASE,
)
_LOOSE_TAG = re.compile(
    r"</?(?:script|style|iframe|img|svg|object|embed|form|link|meta|base|video|audio)\b",
    re.IGNORECASE,  # one that never ends would swallow what a page shows behind it
)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)

# <@U1>, <@!1>, <@&1>, <#C1|name>, <!channel>, <!subteam^S1|@team>, <!date^...>, </cmd:1>, <:e:1>
_MENTION = re.compile(
    r"<(?:[@#!]|/[\w \-]{1,60}:[0-9]|a?:\w{1,40}:[0-9]|id:|t:-?[0-9])[^<>\n]{0,300}>"
)
_LABEL = re.compile(r"\|(?P<label>[^|<>]{1,200})>$")
_SLACK_LINK = re.compile(
    r"<(?P<address>(?:[a-z][a-z0-9+.\-]{1,20}:|www\.)[^<>|\s]{1,2000})(?:\|(?P<label>[^<>\n]{0,300}))?>",
    re.IGNORECASE,
)
_MARKDOWN_LINK = re.compile(
    r"(?P<image>!)?\[(?P<label>[^\[\]\n]{0,300})\]\(\s*<?(?P<address>[^()\s<>]{0,2000}"
    r"(?:\([^()\s<>]{0,300}\)[^()\s<>]{0,300})?)>?(?:\s+[\"'(][^\"')\n]{0,300}[\"')])?\s*\)"
)
_REFERENCE_LINK = re.compile(
    r"^[ \t]{0,3}\[[^\[\]\n]{1,100}\]:[ \t]*\S{1,2000}.*$\n?", re.MULTILINE
)
# Words without spaces between them stand right beside an address; hosts may be written in them.
_ADDRESS = re.compile(
    r"(?:https?://|(?<![A-Za-z0-9@])(?:[a-z][a-z0-9+.\-]{1,20}://|www\."
    r"|(?:mailto|tel|javascript|data|sms):(?=\S)))"
    r"(?:[!#-&(-;=?-~]{1,2000}|[^\s<>]{1,2000})",
    re.IGNORECASE,
)
# Without a scheme only what a chat client would turn into a link.
_BARE_DOMAIN = re.compile(
    r"(?<![A-Za-z0-9@])(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,5}"
    r"(?:com|net|org|io|ai|dev|app|co|me|ly|gg|xyz|info|biz|edu|gov|cn|de|uk|ru|jp|kr|fr|link|click"
    r"|site|online|shop|top|tk|ml|to)(?:/[!#-&(-;=?-~]{0,2000}|(?![A-Za-z0-9\-]|\.[A-Za-z0-9]))",
    re.IGNORECASE,
)
_ARXIV = re.compile(
    r"(?:https?://)?(?:(?:www|export|info)\.)?arxiv\.org(?:/[^@\s]*)?", re.IGNORECASE
)
# "pass@1" and "Recall@k" are measures, and ping nobody.
_BROADCAST = re.compile(r"[@＠﹫](?=\w|[!&])(?!(?<=[A-Za-z]@)(?:[0-9]{1,4}|[kKnN])(?![\w.]*\w))")
_TRAILING = ".,;:!?)]}*_~"


def inert(text: str) -> str:
    """The text with nothing left in it that acts; calling it twice changes nothing more.

    A link's label stays, its address goes unless it is arXiv's; `@name` becomes "name". HTML is
    taken off, the comparison signs of formulas are not. Text beyond 200,000 characters is cut.
    """
    text = _LINE_ENDS.sub("\n", text[:_TEXT_LIMIT])
    for _ in range(4):  # what was hidden inside something else shows in the next round
        before = text
        text = _once(visible(text))
        if text == before:
            break
    return _harmless_rest(text)


def _once(text: str) -> str:
    text = _ENTITY.sub(lambda match: unescape(match[0]), text)
    text = _HIDDEN_ELEMENT.sub("", text)
    text = _COMMENT.sub("", text)
    text = _MENTION.sub(_mention_label, text)
    text = _SLACK_LINK.sub(_slack_link, text)
    text = _LOOSE_TAG.sub("", _TAG.sub("", text))
    text = _MARKDOWN_LINK.sub(_markdown_link, text)
    text = _REFERENCE_LINK.sub("", text)
    text = _ADDRESS.sub(_address, text)
    text = _BARE_DOMAIN.sub(_address, text)
    return _BROADCAST.sub("", text)


def _mention_label(match: re.Match[str]) -> str:
    label = _LABEL.search(match[0])
    return label["label"].lstrip("@#") if label else ""


def _slack_link(match: re.Match[str]) -> str:
    if _ARXIV.fullmatch(match["address"]):
        return match["address"]
    return match["label"] or ""


def _markdown_link(match: re.Match[str]) -> str:
    label, address = match["label"], match["address"]
    if not re.search(r"[:/.#?\\]", address) and not match["image"]:
        return match[0]  # f[i](x) of a formula
    if match["image"] or not _ARXIV.fullmatch(address):
        return label
    return address if label in ("", address) else f"{label} ({address})"


def _address(match: re.Match[str]) -> str:
    kept = match[0].rstrip(_TRAILING)
    return match[0] if _ARXIV.fullmatch(kept) else match[0][len(kept) :]


def _harmless_rest(text: str) -> str:
    """Break up what four rounds left: nobody writes that by accident."""
    if _once(text) == text:
        return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()
    return re.sub(r"[<>@\[\]|]|://", " ", text).strip()
