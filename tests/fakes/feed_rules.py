"""What RSS 2.0, Atom and JSON Feed ask of a document, as schemas of our own.

No package registry has a validator of feeds that works without a network. These schemas say what
the specifications say of the elements we write, and refuse every other: rssboard.org's RSS 2.0
specification, RFC 4287 for Atom, jsonfeed.org for JSON Feed 1.1.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import jsonschema_rs
from lxml import etree

_DC = "http://purl.org/dc/elements/1.1/"
_ATOM = "http://www.w3.org/2005/Atom"
_ARXIV = "http://arxiv.org/schemas/atom"
_XML = "http://www.w3.org/XML/1998/namespace"
_REL = "<choice><value>self</value><value>alternate</value></choice>"
_HEAD = (
    'xmlns="http://relaxng.org/ns/structure/1.0" '
    'datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes"'
)
_TEXT = '<data type="string"><param name="minLength">1</param></data>'
_URI = '<data type="anyURI"><param name="pattern">[a-zA-Z][a-zA-Z0-9+.\\-]*:.+</param></data>'
_DATE_822 = (
    '<data type="string"><param name="pattern">'
    "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d{2} "
    "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \\d{4} \\d{2}:\\d{2}:\\d{2} [+\\-]\\d{4}"
    "</param></data>"
)
_DATE_3339 = '<data type="dateTime"><param name="pattern">.*(Z|[+\\-]\\d{2}:\\d{2})</param></data>'

_RSS = f"""
<element name="rss" {_HEAD}>
  <attribute name="version"><value>2.0</value></attribute>
  <element name="channel">
    <interleave>
      <element name="title">{_TEXT}</element>
      <element name="link">{_URI}</element>
      <element name="description">{_TEXT}</element>
      <optional><element name="language"><data type="language"/></element></optional>
      <optional><element name="copyright">{_TEXT}</element></optional>
      <optional><element name="pubDate">{_DATE_822}</element></optional>
      <optional><element name="lastBuildDate">{_DATE_822}</element></optional>
      <optional><element name="generator">{_TEXT}</element></optional>
      <optional><element name="docs">{_URI}</element></optional>
      <zeroOrMore><element name="link" ns="{_ATOM}">
        <attribute name="href">{_URI}</attribute>
        <attribute name="rel">{_REL}</attribute>
        <optional><attribute name="type"/></optional>
      </element></zeroOrMore>
      <zeroOrMore><element name="item"><interleave>
        <element name="title">{_TEXT}</element>
        <element name="link">{_URI}</element>
        <element name="description">{_TEXT}</element>
        <element name="guid">
          <attribute name="isPermaLink"><value>false</value></attribute>{_TEXT}
        </element>
        <optional><element name="pubDate">{_DATE_822}</element></optional>
        <zeroOrMore><element name="category">{_TEXT}</element></zeroOrMore>
        <zeroOrMore><element name="creator" ns="{_DC}">{_TEXT}</element></zeroOrMore>
        <element name="announce_type" ns="{_ARXIV}">{_TEXT}</element>
      </interleave></element></zeroOrMore>
    </interleave>
  </element>
</element>
"""
_PERSON = f'<element name="name">{_TEXT}</element>'
_ATOM_LINK = f"""
<element name="link">
  <attribute name="href">{_URI}</attribute>
  <optional><attribute name="rel">{_REL}</attribute></optional>
  <optional><attribute name="type"/></optional>
</element>
"""
_FEED = f"""
<element name="feed" ns="{_ATOM}" {_HEAD}>
  <optional>
    <attribute name="lang" ns="{_XML}"><data type="language"/></attribute>
  </optional>
  <interleave>
    <element name="id">{_URI}</element>
    <element name="title">{_TEXT}</element>
    <element name="updated">{_DATE_3339}</element>
    <oneOrMore><element name="author">{_PERSON}</element></oneOrMore>
    <oneOrMore>{_ATOM_LINK}</oneOrMore>
    <optional><element name="subtitle">{_TEXT}</element></optional>
    <optional><element name="rights">{_TEXT}</element></optional>
    <optional><element name="generator">{_TEXT}</element></optional>
    <zeroOrMore><element name="entry"><interleave>
      <element name="id">{_URI}</element>
      <element name="title">{_TEXT}</element>
      <element name="updated">{_DATE_3339}</element>
      <optional><element name="published">{_DATE_3339}</element></optional>
      <oneOrMore><element name="author">{_PERSON}</element></oneOrMore>
      <oneOrMore>{_ATOM_LINK}</oneOrMore>
      <zeroOrMore>
        <element name="category"><attribute name="term">{_TEXT}</attribute></element>
      </zeroOrMore>
      <element name="content">
        <attribute name="type"><value>html</value></attribute>{_TEXT}
      </element>
      <element name="announce_type" ns="{_ARXIV}">{_TEXT}</element>
    </interleave></element></zeroOrMore>
  </interleave>
</element>
"""
_JSON = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": {"type": "string", "format": "uri"},
        "feed_url": {"type": "string", "format": "uri"},
        "description": {"type": "string"},
        "language": {"type": "string", "pattern": "^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "content_html"],
                "additionalProperties": False,
                "patternProperties": {"^_[a-z]+$": {"type": "object"}},
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "url": {"type": "string", "format": "uri"},
                    "title": {"type": "string"},
                    "content_html": {"type": "string", "minLength": 1},
                    "date_published": {"type": "string", "format": "date-time"},
                    "authors": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["name"],
                            "properties": {"name": {"type": "string", "minLength": 1}},
                        },
                    },
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


def faults_of_xml(document: bytes) -> list[str]:
    """What is wrong with an RSS or Atom document; nothing where it is valid."""
    root = etree.fromstring(document)
    schema = etree.RelaxNG(etree.fromstring(_RSS if root.tag == "rss" else _FEED))
    faults = [] if schema.validate(root) else [str(error) for error in schema.error_log]
    return [*faults, *_repeated(root), *_wrong_weekdays(root)]


def faults_of_json(document: bytes) -> list[str]:
    """What is wrong with a JSON Feed."""
    feed: Any = json.loads(document)
    validator = jsonschema_rs.validator_for(_JSON, validate_formats=True)
    counted = Counter(item["id"] for item in feed["items"])
    repeated = [f"the ID {name} stands twice" for name, count in counted.items() if count > 1]
    return [*(error.message for error in validator.iter_errors(feed)), *repeated]


def _repeated(root: Any) -> Iterator[str]:
    names = [each.text for each in root.iter("guid", f"{{{_ATOM}}}id")]
    yield from (
        f"the ID {name} stands twice" for name, count in Counter(names).items() if count > 1
    )


def _wrong_weekdays(root: Any) -> Iterator[str]:
    """RFC 822 dates name their weekday, which no pattern can check."""
    for element in root.iter("pubDate", "lastBuildDate"):
        if f"{parsedate_to_datetime(element.text):%a}" != element.text[:3]:
            yield f"{element.text} is another day of the week"
