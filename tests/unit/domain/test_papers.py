"""arXiv IDs, papers and how they are announced."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.papers import Announcement, AnnounceType, ArxivId, Paper, merge
from bot.errors import UserError

DAY = date(2026, 1, 21)


def announced(
    number: int = 1,
    *,
    kind: AnnounceType = AnnounceType.NEW,
    version: int = 1,
    categories: tuple[str, ...] = ("cs.CL", "cs.AI"),
) -> Announcement:
    paper = Paper(
        arxiv_id=f"2601.{number:05}",
        version=version,
        title="A title",
        abstract="An abstract.",
        authors=("Ada Lovelace",),
        categories=categories,
    )
    return Announcement(paper, kind, DAY)


# --- IDs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "version"),
    [
        ("2601.13824", "2601.13824", None),
        ("2601.13824v2", "2601.13824", 2),
        ("0704.0001", "0704.0001", None),
        ("hep-th/9901001", "hep-th/9901001", None),
        ("hep-th/9901001v3", "hep-th/9901001", 3),
        ("arXiv:2601.13824v1", "2601.13824", 1),
        ("ARXIV: 2601.13824", "2601.13824", None),
        ("https://arxiv.org/abs/2601.13824", "2601.13824", None),
        ("http://www.arxiv.org/abs/2601.13824v12", "2601.13824", 12),
        ("arxiv.org/pdf/2601.13824v1.pdf", "2601.13824", 1),
        ("https://arxiv.org/pdf/2601.13824.pdf?download=1", "2601.13824", None),
        ("https://arxiv.org/html/2601.13824v1#S3", "2601.13824", 1),
        ("https://export.arxiv.org/abs/hep-th/9901001", "hep-th/9901001", None),
        ("https://arxiv.org/abs/2601.13824/", "2601.13824", None),
        ("https://doi.org/10.48550/arXiv.2601.13824", "2601.13824", None),
        ("doi:10.48550/arXiv.2601.13824", "2601.13824", None),
        ("oai:arXiv.org:2601.13824v1", "2601.13824", 1),
        ("<https://arxiv.org/abs/2601.13824>", "2601.13824", None),
        ("  2601.13824\n", "2601.13824", None),
    ],
)
def test_an_id_is_read_from_all_the_forms_people_paste(
    text: str, value: str, version: int | None
) -> None:
    assert ArxivId.parse(text) == ArxivId(value, version)


@pytest.mark.parametrize(
    "text", ["math.GT/0309136", "math/0309136", "arxiv.org/abs/math.GT/0309136"]
)
def test_a_subject_class_does_not_make_another_paper(text: str) -> None:
    assert ArxivId.parse(text) == ArxivId("math/0309136")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "2601.138",
        "2601.138245",
        "2613.00001",
        "0000.0000",
        "2601.13824v0",
        "2601.13824 and more",
        "https://example.org/abs/2601.13824",
        "https://arxiv.org/list/cs.CL/new",
        "doi:10.1000/182",
        "hep-th/99010011",
        "٢٦٠١.١٣٨٢٤",
        "2601.١٣٨٢٤",
        "x" * 500,
        "a." * 100_000,  # takes minutes where time grows with the square of a text's length
    ],
)
def test_what_is_no_id_is_one_sentence_that_shows_how_to_write_it(text: str) -> None:
    with pytest.raises(UserError, match=r"is not an arXiv ID: write it like 2601\.13824") as caught:
        ArxivId.parse(text)

    assert len(str(caught.value)) < 200


@settings(max_examples=100)
@given(st.text(max_size=60) | st.from_regex(r"(arxiv:)?\d{4}\.\d{4,6}(v\d{1,4})?", fullmatch=True))
def test_any_text_is_an_id_or_a_user_error(text: str) -> None:
    try:
        found = ArxivId.parse(text)
    except UserError:
        return

    assert ArxivId.parse(str(found)) == found


@settings(max_examples=50)
@given(
    st.integers(7, 99),
    st.integers(1, 12),
    st.integers(0, 99_999),
    st.none() | st.integers(1, 999),
)
def test_every_id_arxiv_may_give_is_read_back(
    year: int, month: int, number: int, version: int | None
) -> None:
    wanted = ArxivId(f"{year:02}{month:02}.{number:05}", version)

    assert ArxivId.parse(f"https://arxiv.org/abs/{wanted}") == wanted


def test_links_name_the_version_where_the_text_depends_on_it() -> None:
    paper = announced(version=2).paper

    assert paper.abs_url == "https://arxiv.org/abs/2601.00001"
    assert paper.pdf_url == "https://arxiv.org/pdf/2601.00001v2"
    assert paper.html_url == "https://arxiv.org/html/2601.00001v2"


# --- announcements -------------------------------------------------------------------------


def test_new_in_one_feed_and_cross_in_another_is_new_whatever_the_order() -> None:
    as_cross, as_new = announced(kind=AnnounceType.CROSS), announced(kind=AnnounceType.NEW)

    assert merge((as_cross, as_new)) == (as_new,)
    assert merge((as_new, as_cross)) == (as_new,)


def test_a_replacement_wins_over_the_same_replacement_as_a_cross_list() -> None:
    as_cross = announced(kind=AnnounceType.REPLACE_CROSS, version=2)
    as_replacement = announced(kind=AnnounceType.REPLACE, version=2)

    assert merge((as_cross, as_replacement)) == (as_replacement,)


def test_the_later_of_two_versions_stays() -> None:
    first, second = announced(version=1), announced(version=2, kind=AnnounceType.REPLACE)

    assert merge((first, second)) == (second,)
    assert merge((second, first)) == (second,)


def test_papers_stay_in_the_order_they_first_came_in() -> None:
    merged = merge(
        (
            announced(3, kind=AnnounceType.CROSS),
            announced(1),
            announced(3, kind=AnnounceType.NEW),
            announced(2),
        )
    )

    assert [a.paper.arxiv_id for a in merged] == ["2601.00003", "2601.00001", "2601.00002"]


@settings(max_examples=100)
@given(
    st.lists(
        st.builds(
            announced,
            st.integers(1, 4),
            kind=st.sampled_from(AnnounceType),
            version=st.integers(1, 3),
        ),
        max_size=12,
    )
)
def test_merging_loses_no_paper_and_twice_is_as_good_as_once(found: list[Announcement]) -> None:
    merged = merge(tuple(found))

    assert {a.paper.arxiv_id for a in merged} == {a.paper.arxiv_id for a in found}
    assert merge(merged) == merged
    assert set(merge(tuple(reversed(found)))) == set(merged)


@pytest.mark.parametrize(
    ("kind", "asked", "seen"),
    [
        (AnnounceType.NEW, ("cs.CL",), AnnounceType.NEW),
        (AnnounceType.NEW, ("cs.AI",), AnnounceType.CROSS),
        (AnnounceType.NEW, ("cs.AI", "cs.CL"), AnnounceType.NEW),
        (AnnounceType.CROSS, ("cs.AI",), AnnounceType.CROSS),
        (AnnounceType.CROSS, ("cs.CL",), AnnounceType.CROSS),
        (AnnounceType.REPLACE, ("cs.AI",), AnnounceType.REPLACE_CROSS),
        (AnnounceType.REPLACE, ("cs.CL",), AnnounceType.REPLACE),
        (AnnounceType.REPLACE_CROSS, ("cs.AI",), AnnounceType.REPLACE_CROSS),
    ],
)
def test_a_narrower_reader_sees_a_cross_list_where_the_combined_feed_says_new(
    kind: AnnounceType, asked: tuple[str, ...], seen: AnnounceType
) -> None:
    """The paper's primary category is cs.CL; it is cross-listed to cs.AI."""
    assert announced(kind=kind).type_for(asked) is seen


def test_revisions_and_cross_lists_are_told_apart() -> None:
    assert [k.value for k in AnnounceType if k.is_revision] == ["replace", "replace-cross"]
    assert [k.value for k in AnnounceType if k.is_cross_list] == ["cross", "replace-cross"]
