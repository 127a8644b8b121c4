"""Feeds in arXiv's form, written here: what each oddity becomes."""

from contextlib import suppress
from datetime import date
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.arxiv import feed_xml
from adapters.arxiv.feed_xml import parse_feed
from bot.domain.papers import AnnounceType
from bot.errors import PermanentError, TransientError

NAMESPACES = (
    'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def item(
    *,
    guid: str = "oai:arXiv.org:2601.11553v1",
    title: str = "A Title",
    announce_type: str = "new",
    abstract: str = "An abstract.",
    creator: str = "Ada Lovelace",
    categories: tuple[str, ...] = ("cs.DC", "cs.AI"),
    more: str = "",
) -> str:
    named = "".join(f"<category>{category}</category>" for category in categories)
    return (
        f"<item><title>{escape(title)}</title>"
        f"<description>{escape(f'arXiv:2601.11553v1 Announce Type: new {chr(10)}Abstract: ')}"
        f"{escape(abstract)}</description>"
        f'<guid isPermaLink="false">{guid}</guid>{named}'
        f"<arxiv:announce_type>{announce_type}</arxiv:announce_type>"
        f"<dc:creator>{escape(creator)}</dc:creator>{more}</item>"
    )


def feed(*items: str, title: str = "cs.DC updates", day: str | None = None) -> bytes:
    day = "Wed, 21 Jan 2026 00:00:00 -0500" if day is None else day
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<rss {NAMESPACES} version=\"2.0\"><channel>"
        f"<title>{title}</title><description>cs.DC updates on the arXiv.org e-print archive."
        f"</description><pubDate>{day}</pubDate>{''.join(items)}</channel></rss>"
    ).encode()


def test_an_item_becomes_an_announcement() -> None:
    data = feed(
        item(
            guid="oai:arXiv.org:2205.06398v2",
            announce_type="cross",
            more="<arxiv:DOI>10.1093/btac431</arxiv:DOI><dc:rights>http://x.org/by/4.0/</dc:rights>"
            "<arxiv:journal_reference>Bioinformatics 38 (2022)</arxiv:journal_reference>",
        )
    )

    reading = parse_feed(data)

    (announcement,) = reading.announcements
    assert reading.announced_on == announcement.announced_on == date(2026, 1, 21)
    assert announcement.announce_type is AnnounceType.CROSS
    assert announcement.paper.versioned_id == "2205.06398v2"
    assert announcement.paper.categories == ("cs.DC", "cs.AI")
    assert announcement.paper.abstract == "An abstract."
    assert announcement.paper.doi == "10.1093/btac431"
    assert announcement.paper.journal_ref == "Bioinformatics 38 (2022)"
    assert announcement.paper.license_url == "http://x.org/by/4.0/"


@pytest.mark.parametrize(
    ("said", "read"),
    [("new", AnnounceType.NEW), ("cross", AnnounceType.CROSS), ("replace", AnnounceType.REPLACE),
     ("replace-cross", AnnounceType.REPLACE_CROSS), ("absonly", AnnounceType.REPLACE)],
)  # fmt: skip
def test_all_announce_types_are_known(said: str, read: AnnounceType) -> None:
    assert parse_feed(feed(item(announce_type=said))).announcements[0].announce_type is read


def test_paragraphs_of_an_abstract_stay_apart_and_none_is_lost() -> None:
    abstract = "First line\nwrapped here.\n  Second paragraph.\n\nThird &amp; $O(n^2)$ one."

    paper = parse_feed(feed(item(abstract=abstract))).announcements[0].paper

    assert paper.abstract == ("First line wrapped here.\n\nSecond paragraph.\n\nThird & O(n²) one.")


def test_titles_and_authors_are_readable() -> None:
    data = feed(item(title=r"\textbf{Fast} $\lambda$-Psych\=eChat", creator=r"J. Garc\'ia, K. Roe"))

    paper = parse_feed(data).announcements[0].paper

    assert paper.title == "Fast λ-PsychēChat"
    assert paper.authors == ("J. García", "K. Roe")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Anamta Khan, Ratna Kandala,  Deepti", ("Anamta Khan", "Ratna Kandala", "Deepti")),
        ("J. Doe (MIT, Cambridge), K. Roe (1 and 2)", ("J. Doe", "K. Roe")),
        ("A (Univ. X (Dept. Y, Z), Town), B", ("A", "B")),
        ("A ((1) ETH, Zurich, (2) EPFL), B ((1) and (2))", ("A", "B")),
        ("Ana Lima and Bo Li", ("Ana Lima", "Bo Li")),
        ("Ana Lima, Bo Li, and Cy Orr", ("Ana Lima", "Bo Li", "Cy Orr")),
        ("X. Yu, for the ATLAS Collaboration", ("X. Yu", "ATLAS Collaboration")),
        ("LIGO Collaboration: X. Yu", ("LIGO Collaboration", "X. Yu")),
        ("Sammy Davis, Jr., Alexandra Sand", ("Sammy Davis, Jr.", "Alexandra Sand")),
        ("Alexander Anders, Fortuna Andy", ("Alexander Anders", "Fortuna Andy")),
        ("Never Closed (MIT, Next One", ("Never Closed MIT", "Next One")),
        ("", ()),
        (" , ,", ()),
    ],
)
def test_authors_are_split_at_the_right_commas(line: str, names: tuple[str, ...]) -> None:
    assert parse_feed(feed(item(creator=line))).announcements[0].paper.authors == names


def test_the_feeds_day_is_arxivs_day_in_the_east_of_the_us() -> None:
    midnight_in_utc = parse_feed(feed(item(), day="Wed, 21 Jan 2026 05:04:17 +0000"))
    evening_before = parse_feed(feed(item(), day="Wed, 21 Jan 2026 04:59:00 +0000"))

    assert midnight_in_utc.announced_on == date(2026, 1, 21)
    assert evening_before.announced_on == date(2026, 1, 20)


def test_an_item_that_cannot_be_read_is_named_and_the_rest_is_kept() -> None:
    usual = "oai:arXiv.org:2601.11553v1"
    nameless = "<item><title>Odd</title><description>No form at all</description></item>"
    data = feed(
        item(announce_type="novel"),
        nameless,
        item(title=" "),
        item(categories=()),
        item(guid="oai:arXiv.org:2601.00009v1"),
    )

    reading = parse_feed(data)

    assert [a.paper.arxiv_id for a in reading.announcements] == ["2601.00009"]
    assert reading.left_out == (
        f"Item 1 of the feed ({usual}) was left out: its announce type “novel” is not known.",
        "Item 2 of the feed (Odd) was left out: it has no arXiv ID.",
        f"Item 3 of the feed ({usual}) was left out: it has no title.",
        f"Item 4 of the feed ({usual}) was left out: it has no category.",
    )


def test_an_item_whose_description_has_no_known_form_is_read_from_its_other_fields() -> None:
    odd = item().replace("arXiv:2601.11553v1 Announce Type: new \nAbstract: ", "")

    (announcement,) = parse_feed(feed(odd)).announcements

    assert announcement.paper.versioned_id == "2601.11553v1"
    assert announcement.paper.abstract == "An abstract."


def test_a_version_missing_in_the_guid_is_taken_from_the_description() -> None:
    (announcement,) = parse_feed(feed(item(guid="oai:arXiv.org:2601.11553"))).announcements

    assert announcement.paper.version == 1


def test_an_item_without_any_date_is_left_out() -> None:
    reading = parse_feed(feed(item(), day="soon"))

    assert reading.announcements == ()
    assert reading.announced_on is None
    assert "neither it nor the feed has a date" in reading.left_out[0]


def test_a_feed_without_items_is_an_empty_day() -> None:
    reading = parse_feed(feed())

    assert reading.announcements == ()
    assert reading.left_out == ()
    assert reading.announced_on == date(2026, 1, 21)


def test_an_error_feed_is_a_bad_query() -> None:
    data = feed(title="Feed error for query: http://rss.arxiv.org/rss/cs.XX").replace(
        b"cs.DC updates on the arXiv.org e-print archive.",
        b"Invalid archive 'xx'. Valid are: cs.",
    )

    with pytest.raises(
        PermanentError, match="arXiv refused the request: Invalid archive"
    ) as caught:
        parse_feed(data)

    assert caught.value.code == "bad_query"


def test_an_atom_error_feed_is_a_bad_query_too() -> None:
    data = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed error for query: x</title>'
        b"<subtitle>Bad archive.</subtitle></feed>"
    )

    with pytest.raises(PermanentError, match="refused the request: Bad archive") as caught:
        parse_feed(data)

    assert caught.value.code == "bad_query"


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.99])
def test_a_feed_cut_in_the_middle_may_be_read_again(kept: float) -> None:
    whole = feed(*[item() for _ in range(20)])

    with pytest.raises(TransientError, match="cut in the middle"):
        parse_feed(whole[: int(len(whole) * kept)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  \n",
        b"%PDF-1.7",
        b"\x00\xff\xfe",
        b"<html><body>Sorry</body></html>",
        b"<!DOCTYPE html><html><p>Rate exceeded.</html>",
        b"<opml version='2.0'/>",
        b"<rss version='2.0'></rss>",
        "Überlastet".encode("latin-1"),
    ],
)
def test_what_is_no_feed_is_refused(data: bytes) -> None:
    with pytest.raises(PermanentError) as caught:
        parse_feed(data)

    assert caught.value.code == "not_a_feed"


def test_a_bomb_of_entities_is_refused() -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
        b"<!ENTITY c '&b;&b;&b;&b;'>]><rss><channel><title>&c;</title></channel></rss>"
    )

    with pytest.raises(PermanentError, match="document type or entities") as caught:
        parse_feed(bomb)

    assert caught.value.code == "unsafe_xml"


def test_a_feed_that_points_at_a_file_is_refused() -> None:
    data = b"<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>" + feed(item())[38:]

    with pytest.raises(PermanentError) as caught:
        parse_feed(data)

    assert caught.value.code == "unsafe_xml"


def test_a_feed_beyond_all_measure_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(PermanentError, match="ask for fewer categories") as caught:
        parse_feed(b"<" * (feed_xml.MAX_FEED_BYTES + 1))

    assert caught.value.code == "too_large"


VALID = feed(item(abstract="A\n  B", title=r"$\lambda$ & co"), item(announce_type="replace"))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, len(VALID)),
    st.integers(0, 30),
    st.one_of(
        st.binary(max_size=12),
        st.sampled_from([b"<!DOCTYPE a>", b"&#0;", b"&x;", b"<![CDATA[", b"<!--", b"</item>",
                         b"<?xml version='1.1'?>", b"\xff\xfe", b"<item>", b"encoding='x'"]),
    ),
)  # fmt: skip
def test_a_damaged_feed_gives_only_the_documented_errors(at: int, cut: int, put: bytes) -> None:
    damaged = VALID[:at] + put + VALID[at + cut :]

    with suppress(PermanentError, TransientError):
        reading = parse_feed(damaged)

        assert all(a.paper.title and a.paper.categories for a in reading.announcements)
        assert len(reading.announcements) + len(reading.left_out) <= 3


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    with pytest.raises((PermanentError, TransientError)):
        parse_feed(data)
