"""Which figures of a summary are those of its paper: the table the number check is held to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.numbers import FigureKind, PaperFigures, check_figures, figures

PAPER = r"""
We train Llama-3.1-8B and GPT-4 baselines on 12,345 samples from three datasets (CIFAR-10, MMLU)
for 72 hours on 8 H100 GPUs. Accuracy rises from 31.02% to 34.37% (a gain of 3.35 percentage
points), a 2.31x speedup over vLLM at batch size 16. Latency drops by 18.6% to 42.5 ms per token;
memory falls from 80 GB to 1,500 MB. The learning rate is $3 \times 10^{-4}$ with weight decay 0.01,
and the error is $-0.42 \pm 0.05$. The corpus has 1.2 million documents and 1.5T tokens, six layers
and a vocabulary of 32,768. Between 5 and 7% of requests time out. The top-5 F1 score is 0.875 at
p < 0.05. Inference uses 4-bit weights and costs \$12.50. Throughput is three times higher; cost
shrinks tenfold. The ratio improves by a factor of 4. Training takes 1500 ms per step and 2.5 hours
per epoch.
Table 3: Latency (ms)  GPU A 17.25  GPU B 99
"""

TRUE = [
    # as the paper has it
    ("Accuracy reaches 34.37%.", "en"),
    ("a gain of 3.35 points", "en"),
    ("2.31x faster", "en"),
    ("three datasets, six layers", "en"),
    ("trained on 8 H100 GPUs", "en"),
    ("weight decay 0.01", "en"),
    ("32,768 tokens of vocabulary", "en"),
    ("p < 0.05", "en"),
    # percent
    ("34.37 percent", "en"),
    ("34.37 per cent", "en"),
    ("34,37 %", "de"),
    ("34,37 Prozent", "de"),
    ("准确率达到34.37％", "zh"),
    ("百分之34.37", "zh"),
    ("34.37パーセント", "ja"),
    ("提升3.35个百分点", "zh"),
    ("an F1 of 87.5%", "en"),
    ("an accuracy of 0.3437", "en"),
    # rounded
    ("about 34.4%", "en"),
    ("34%", "en"),
    ("a 2.3× speed-up", "en"),
    ("18.6% → 19%", "en"),
    ("roughly 12,000 samples", "en"),
    ("约1.2万个样本", "zh"),
    # times
    ("a 2.31-fold speedup", "en"),
    ("2.31 times faster", "en"),
    ("速度提升2.31倍", "zh"),
    ("2,31-mal schneller", "de"),
    ("2,31 fois plus rapide", "fr"),
    ("3× higher throughput", "en"),
    ("10x cheaper", "en"),
    ("a tenfold reduction", "en"),
    ("a 4x better ratio", "en"),
    # thousands and scales
    ("12345 samples", "en"),
    ("12\u202f345 échantillons", "fr"),
    ("12.345 Beispiele", "de"),
    ("12'345 samples", "en"),
    ("12.3k samples", "en"),
    ("1.2M documents", "en"),
    ("1,200k documents", "en"),
    ("1,200,000 documents", "en"),
    ("120万篇文档", "zh"),
    ("1,2 Millionen Dokumente", "de"),
    ("1.5 trillion tokens", "en"),
    # ranges, plus-minus, powers
    ("5-7% of requests", "en"),
    ("5–7 % of requests", "en"),
    ("5% to 7%", "en"),
    ("an error of −0.42 ± 0.05", "en"),
    ("a learning rate of 3e-4", "en"),
    ("a learning rate of 3×10⁻⁴", "en"),
    ("learning rate 0.0003", "en"),
    # words and counters
    ("3 datasets", "en"),
    ("三个数据集", "zh"),
    ("drei Datensätze", "de"),
    ("6 layers", "en"),
    # units that convert exactly, and a table's bare cells
    ("0.0425 s per token", "en"),
    ("1.5 s per step", "en"),
    ("1.5 seconds per step", "en"),
    ("1.5 GB of memory", "en"),
    ("150 minutes per epoch", "en"),
    ("3 days of training", "en"),
    ("17.25 ms on GPU A", "en"),
    ("99 ms on GPU B", "en"),
    ("costs $12.50", "en"),
    ("4-bit weights", "en"),
    # signs told in words
    ("−18.6% latency", "en"),
    ("latency is reduced by 18.6%", "en"),
    # names are words
    ("Llama 3.1 8B beats GPT-4", "en"),
    ("CIFAR10 and Llama-3.1-8B", "en"),
    ("the top-5 F1 on H100s", "en"),
    # emphasis and TeX
    ("**34.37%** and $2.31\\times$", "en"),
    ("$34.4\\%$", "en"),
]

FALSE = [
    # unit changed
    ("42.5 s per token", "en"),
    ("42.5 minutes", "en"),
    ("a speedup of 34.37x", "en"),
    ("2.31% faster", "en"),
    ("80 MB of memory", "en"),
    ("80 TB", "en"),
    ("72 minutes of training", "en"),
    ("72%", "en"),
    ("18.6倍", "zh"),
    ("2.31秒", "zh"),
    ("1.5 MB", "en"),
    ("1.2 billion documents", "en"),
    ("12,345k samples", "en"),
    ("1.2亿篇文档", "zh"),
    # invented
    ("Accuracy reaches 37.34%.", "en"),
    ("a 3.12x speedup", "en"),
    ("seven layers", "en"),
    ("9 datasets", "en"),
    ("九个数据集", "zh"),
    ("13,245 samples", "en"),
    ("a learning rate of 3e-5", "en"),
    ("p < 0.01 at 0.02", "en"),
    ("6-9% of requests", "en"),
    ("GPT-5", "en"),
    ("Llama-3.1-70B", "en"),
    ("CIFAR-100", "en"),
    ("A100 GPUs", "en"),
    # rounded the wrong way, or more digits than there are
    ("34.3%", "en"),
    ("34.5%", "en"),
    ("2.4x", "en"),
    ("18.63%", "en"),
    ("1.3M documents", "en"),
    ("about 13,000 samples", "en"),
    # a sign turned
    ("−3.35 points of accuracy", "en"),
    ("34,47 %", "de"),
]

NO_FIGURES = [
    "See Section 3.2, Table 4, Fig. 12 and Eq. (7).",
    "as shown in [12], [3, 5] and [1-4]",
    "1. First\n2. Second\n3) Third",
    "It is twice as fast and needs half the memory.",
    "published on 2026-01-21, 21 January 2026 and 2026年1月21日",
    "since 2024, as Smith et al. (2020) and others (Jones, 2019) say",
    "https://arxiv.org/abs/2601.13824 and arXiv:2601.13824v2",
    "the 1st and the 10th",
    "O(n^2) and x_1 and R^2",
    "第3节和图2",
    "one of the methods, a zero-shot one",
    "two thirds of them",
]


@pytest.mark.parametrize(("text", "language"), TRUE)
def test_a_true_figure_is_found(text: str, language: str) -> None:
    checked = check_figures(text, PAPER, language=language)

    assert checked
    assert [check.figure.text for check in checked if not check.is_found] == []


@pytest.mark.parametrize(("text", "language"), FALSE)
def test_a_false_figure_is_not_found(text: str, language: str) -> None:
    checked = check_figures(text, PAPER, language=language)

    assert [check for check in checked if not check.is_found]


@pytest.mark.parametrize("text", NO_FIGURES)
def test_what_is_no_quantity_is_not_checked(text: str) -> None:
    assert check_figures(text, PAPER) == ()


def test_each_figure_is_checked_by_itself() -> None:
    checked = check_figures("Accuracy is 34.4%, up from 29.9%, with 2.3x and 5 ms.", PAPER)

    assert [(check.figure.text, check.is_found) for check in checked] == [
        ("34.4%", True),
        ("29.9%", False),
        ("2.3x", True),
        ("5 ms", False),
    ]


def test_counts_of_the_summarys_own_points_are_no_claims() -> None:
    assert check_figures("The paper makes two contributions.", PAPER) == ()


def test_a_figure_knows_its_place_value_unit_and_last_digit() -> None:
    text = "It gains **34.40 %** in $1{,}500$ ms"

    percent, milliseconds = figures(text)

    assert text[percent.start : percent.end] == percent.text == "34.40 %"
    assert (percent.value, percent.quantum, percent.unit.dimension) == (34.4, 0.01, "%")
    assert text[milliseconds.start : milliseconds.end] == "1{,}500$ ms"
    assert milliseconds.value * milliseconds.unit.factor == 1.5e9


def test_names_with_digits_are_words_and_not_numbers() -> None:
    kinds = {figure.text: figure.kind for figure in figures("GPT-4 on 8xH100 beats 7B in 3D")}

    assert kinds == {
        "GPT-4": FigureKind.NAME,
        "8": FigureKind.NUMERAL,
        "H100": FigureKind.NAME,
        "7B": FigureKind.NUMERAL,
        "3D": FigureKind.NAME,
    }


def test_a_paper_that_is_one_endless_line_is_read_to_a_limit() -> None:
    paper = PaperFigures("7," * 200_000 + " 34.37%")

    assert paper.says("34.37")


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_and_every_place_holds_its_figure(text: str) -> None:
    for figure in figures(text):
        assert text[figure.start : figure.end] == figure.text != ""


@given(
    whole=st.integers(10, 9_999),
    decimals=st.integers(0, 99),
    unit=st.sampled_from(["%", " ms", "x", ""]),
)
@settings(max_examples=100, deadline=None)
def test_a_number_of_the_paper_is_found_in_the_papers_own_words(
    whole: int, decimals: int, unit: str
) -> None:
    shown = f"{whole:,}.{decimals:02d}{unit}"

    (check,) = check_figures(f"It reaches {shown} now.", f"Our method has {shown} in all.")

    assert check.is_found
