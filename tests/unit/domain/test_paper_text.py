import pytest

from bot.domain.paper_text import (
    SectionKind,
    TextSection,
    as_text,
    estimate_tokens,
    fit,
    kind_of,
    with_kinds,
)


def section(heading: str, words: int, *, level: int = 1, word: str = "word") -> TextSection:
    sentence = f"{word} " * 9 + "ends. "
    return TextSection(heading, kind_of(heading), (sentence * (words // 10)).strip(), level)


PAPER = (
    section("Abstract", 100, word="abstract"),
    section("1 Introduction", 400, word="intro"),
    section("2 Related Work", 600, word="related"),
    section("3 Method", 800, word="method"),
    section("4 Results", 800, word="results"),
    section("5 Conclusion", 200, word="conclusion"),
    section("Acknowledgments", 50, word="thanks"),
    section("A Appendix", 2000, word="appendix"),
)


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Abstract", SectionKind.ABSTRACT),
        ("1 Introduction", SectionKind.INTRODUCTION),
        ("I. INTRODUCTION", SectionKind.INTRODUCTION),
        ("2. Related Work", SectionKind.RELATED),
        ("Background", SectionKind.RELATED),
        ("3.1 Our Approach", SectionKind.METHOD),
        ("Experimental setup", SectionKind.RESULTS),
        ("5 Evaluations: How to Assess", SectionKind.RESULTS),
        ("V. DISCUSSION", SectionKind.CONCLUSION),
        ("Conclusions and Future Work", SectionKind.CONCLUSION),
        ("Summary and conclusions", SectionKind.CONCLUSION),
        ("ACKNOWLEDGMENTS", SectionKind.ACKNOWLEDGEMENTS),
        ("Acknowledgements", SectionKind.ACKNOWLEDGEMENTS),
        ("Appendix B: Proofs", SectionKind.APPENDIX),
        ("References", SectionKind.REFERENCES),
        ("References and Notes", SectionKind.REFERENCES),
        ("摘要", SectionKind.ABSTRACT),
        ("IV. Corrections at finite N", SectionKind.OTHER),
        ("A modelling tale", SectionKind.OTHER),
    ],
)
def test_a_heading_tells_what_its_section_is_for(heading: str, kind: SectionKind) -> None:
    assert kind_of(heading) is kind


def test_a_subsection_belongs_to_its_section() -> None:
    sections = with_kinds(
        [section("4 Experiments", 20), section("4.1 The Corpus", 20, level=2), section("5 Fin", 10)]
    )

    assert [s.kind for s in sections] == [
        SectionKind.RESULTS,
        SectionKind.RESULTS,
        SectionKind.OTHER,
    ]


def test_what_follows_the_conclusion_under_a_letter_is_an_appendix() -> None:
    sections = with_kinds(
        [
            section("A. Ordered Phase", 20, level=2),
            section("6 Conclusion", 20),
            section("A Training Details", 20),
            section("A.1 Results in full", 20, level=2),
            section("Further Results", 20),
        ]
    )

    assert [s.kind for s in sections] == [
        SectionKind.OTHER,
        SectionKind.CONCLUSION,
        SectionKind.APPENDIX,
        SectionKind.APPENDIX,
        SectionKind.APPENDIX,
    ]


def test_a_paper_within_the_budget_is_kept_whole_and_nothing_is_said() -> None:
    fitted = fit(PAPER, budget_tokens=100_000)

    assert fitted.text == as_text(PAPER)
    assert fitted.cut == ""


def test_appendix_acknowledgements_and_related_work_go_first() -> None:
    core = [s for s in PAPER if s.kind not in (SectionKind.APPENDIX, SectionKind.RELATED)]

    fitted = fit(PAPER, budget_tokens=estimate_tokens(as_text(core)) + 10)

    for heading in ("Abstract", "1 Introduction", "3 Method", "4 Results", "5 Conclusion"):
        assert f"## {heading}\n" in fitted.text
    assert "thanks" not in fitted.text
    assert "appendix" not in fitted.text
    assert "“Acknowledgments”" in fitted.cut
    assert "“A Appendix”" in fitted.cut
    assert "Related Work" in fitted.cut


@pytest.mark.parametrize("budget", [200, 500, 1000, 2000, 4000])
def test_the_budget_holds_and_the_order_stays(budget: int) -> None:
    fitted = fit(PAPER, budget_tokens=budget)

    headings = [line[3:] for line in fitted.text.splitlines() if line.startswith("## ")]
    assert fitted.tokens == estimate_tokens(fitted.text) <= budget
    assert headings == [s.heading for s in PAPER if s.heading in headings]


def test_method_and_results_share_what_abstract_and_conclusion_leave() -> None:
    fitted = fit(PAPER, budget_tokens=1500)

    assert fitted.text.count("abstract ") == PAPER[0].text.count("abstract ")
    assert fitted.text.count("conclusion ") == PAPER[5].text.count("conclusion ")
    method, results = fitted.text.count("method "), fitted.text.count("results ")
    assert min(method, results) > 90
    assert abs(method - results) <= 0.15 * (method + results)
    assert "shortened: “1 Introduction”, “3 Method”, “4 Results”" in fitted.cut


def test_a_shortened_section_keeps_whole_sentences_at_its_beginning_and_end() -> None:
    sentences = " ".join(f"Sentence number {n} says something." for n in range(2000))

    fitted = fit([TextSection("1 Method", SectionKind.METHOD, sentences)], budget_tokens=600)

    head, tail = fitted.text.split("[…]")
    assert head.startswith("## 1 Method\n\nSentence number 0 says")
    assert head.rstrip().endswith("says something.")
    assert tail.strip().startswith("Sentence number ")
    assert tail.endswith("Sentence number 1999 says something.")


def test_five_megabytes_on_one_line_are_cut_to_the_budget() -> None:
    fitted = fit(
        [TextSection("", SectionKind.FRONT, "a" * 5_000_000)],
        budget_tokens=1000,
    )

    assert 500 < fitted.tokens <= 1000
    assert fitted.cut == "To fit the model, shortened: “the opening”."


def test_a_budget_too_small_for_anything_leaves_nothing_and_says_so() -> None:
    fitted = fit(PAPER, budget_tokens=10)

    assert fitted.text == ""
    assert fitted.cut.startswith("To fit the model, left out: “Abstract”")
    assert fitted.cut.endswith("and 2 more.")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("abcd", 1), ("abcde", 2), ("量子计算", 4), ("αβγδ", 2), ("ab 量子", 3)],
)
def test_tokens_are_estimated_by_script(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens
