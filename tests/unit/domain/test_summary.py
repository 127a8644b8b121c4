"""A summary tells what was read for it and which of its numbers the paper holds."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.summary import (
    Summary,
    SummarySection,
    SummarySource,
    Usage,
    with_checked_figures,
)

SUMMARY = Summary(
    arxiv_id="2601.13824",
    version=1,
    language="en",
    model="fake-large",
    prompt="summary@1",
    source=SummarySource.PDF,
    sections=(
        SummarySection("Results", "It gains 34.4% and then 99.9% at 2.3x."),
        SummarySection("Limits", "It fails at 77 nodes."),
    ),
)
PAPER = "It gains 34.37% with a speedup of 2.31x."


def test_each_figure_is_counted_and_the_missing_ones_are_placed() -> None:
    checked = with_checked_figures(SUMMARY, PAPER)

    assert checked.numbers_line() == "numbers checked: 2 of 4"
    assert [
        checked.sections[one.section].text[one.start : one.end] for one in checked.unverified
    ] == ["99.9%", "77"]


def test_marks_stand_right_behind_what_was_not_found() -> None:
    checked = with_checked_figures(SUMMARY, PAPER)

    assert [section.text for section in checked.marked_sections("⚠")] == [
        "It gains 34.4% and then 99.9%⚠ at 2.3x.",
        "It fails at 77⚠ nodes.",
    ]


def test_a_summary_without_figures_has_no_line_about_them() -> None:
    silent = replace(SUMMARY, sections=(SummarySection("Limits", "It is slow."),))

    assert with_checked_figures(silent, PAPER).numbers_line() == ""
    assert SUMMARY.numbers_line() == ""


def test_the_source_says_what_was_read_and_what_was_cut() -> None:
    read = replace(SUMMARY, reading="PDF, 12 of 40 pages", cut="To fit the model, left out: “A”.")

    assert read.source_line() == "PDF, 12 of 40 pages. To fit the model, left out: “A”."
    assert SUMMARY.source_line() == "PDF"
    assert replace(SUMMARY, source=SummarySource.ABSTRACT).source_line() == "abstract"


def test_usage_adds_up() -> None:
    total = Usage(100, 20, 1) + Usage(50, 0, 1)

    assert total == Usage(150, 20, 2)
    assert total.total_tokens == 170
