import gzip
import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.llm.extractive import ExtractiveSummarizer, telling_sentences
from bot.domain.papers import Paper
from bot.domain.summary import SummarySource
from bot.domain.text import collapse
from bot.ports import FullText
from tests.shared_data import ARXIV_DATA, needs_shared

ABSTRACT = (
    "Long prompts remain challenging for language models. "
    "Existing caches grow with every token. "
    "Memory is scarce on small devices. "
    "We propose Thrift, a cache that forgets what is not read. "
    "Thrift keeps one summary per block. "
    "Each block is chosen by its age. "
    "Experiments on four benchmarks show that Thrift outperforms full caches by 12.5% at half the "
    "memory. "
    "Our findings suggest that most of a cache is never read. "
    "Our code is available at https://example.org/thrift."
)


def paper(abstract: str) -> Paper:
    return Paper("2601.00001", 2, "Thrift", abstract, ("A. Author",), ("cs.CL",))


def full_text(text: str = "The whole paper.") -> FullText:
    return FullText(SummarySource.PDF, text)


def test_an_extract_says_what_they_do_what_came_out_and_what_it_means() -> None:
    extract = telling_sentences(ABSTRACT)

    assert "We propose Thrift" in extract
    assert "12.5%" in extract
    assert "most of a cache is never read" in extract


def test_background_and_code_links_are_left_out() -> None:
    extract = telling_sentences(ABSTRACT)

    assert "remain challenging" not in extract
    assert "example.org" not in extract


def test_sentences_stay_in_their_order_and_gaps_are_marked() -> None:
    extract = telling_sentences(ABSTRACT)

    assert extract.startswith("We propose")
    assert "not read. … Each block" in extract
    assert extract.index("We propose") < extract.index("Experiments") < extract.index("findings")
    for part in extract.split("… "):
        assert part.strip() in ABSTRACT


def test_at_most_four_sentences_are_kept() -> None:
    abstract = " ".join(f"We propose idea {number} and show that it works." for number in range(30))

    assert telling_sentences(abstract).count("We propose") == 4


async def test_a_summary_is_labelled_as_an_extract_of_the_abstract_in_its_own_language() -> None:
    summarizer = ExtractiveSummarizer()

    summary = await summarizer.summarize(paper(ABSTRACT), full_text(), language="zh")

    assert summary.is_extract
    assert (summary.arxiv_id, summary.version) == ("2601.00001", 2)
    assert (summary.language, summary.model, summary.prompt) == ("en", "extractive", "")
    assert summary.source is SummarySource.ABSTRACT
    assert [section.heading for section in summary.sections] == ["In the abstract's words"]


async def test_the_same_paper_gives_the_same_summary_whatever_text_was_read() -> None:
    one = await ExtractiveSummarizer().summarize(paper(ABSTRACT), full_text(), language="en")
    other = await ExtractiveSummarizer().summarize(paper(ABSTRACT), full_text("x"), language="de")

    assert one == other


async def test_an_empty_abstract_gives_no_section() -> None:
    summary = await ExtractiveSummarizer().summarize(paper(" \n"), full_text(), language="en")

    assert summary.sections == ()


def test_an_abstract_of_one_sentence_is_kept_whole() -> None:
    assert telling_sentences("Nothing but this.") == "Nothing but this."


def test_a_sentence_without_end_is_cut_at_a_word() -> None:
    extract = telling_sentences("word " * 5000)

    assert len(extract) <= 500
    assert extract.endswith("word…")


@settings(max_examples=100)
@given(st.text(max_size=600))
def test_no_abstract_with_any_text_gives_an_empty_extract(abstract: str) -> None:
    extract = telling_sentences(abstract)

    assert bool(extract) == bool(abstract.strip())


@needs_shared
def test_real_abstracts_give_their_own_words_and_mostly_their_figures() -> None:
    with gzip.open(ARXIV_DATA / "papers" / "2025-12-03.jsonl.gz", "rt", encoding="utf-8") as lines:
        abstracts = [json.loads(line)["abstract"] for line in lines][:150]

    extracts = [telling_sentences(abstract) for abstract in abstracts]

    for abstract, extract in zip(abstracts, extracts, strict=True):
        assert 0 < len(extract) <= 4 * 500 + 8
        assert all(part.strip() in collapse(abstract) for part in re.split("… ?", extract))
    with_percentages = [
        (abstract, extract)
        for abstract, extract in zip(abstracts, extracts, strict=True)
        if re.search(r"(outperform|improv|achiev)[^.]*\d%", abstract)
    ]
    kept = sum("%" in extract for _, extract in with_percentages)
    assert with_percentages
    assert kept >= 0.8 * len(with_percentages)
