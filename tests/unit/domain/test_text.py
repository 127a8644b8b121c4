import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.text import collapse, readable, sentences, shorten


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (r"Garc\'ia-S\'anchez", "García-Sánchez"),
        (r"Psych\=eChat", "PsychēChat"),
        (r"Paulo Andr\'e Lima de Castro", "Paulo André Lima de Castro"),
        (r"Erd\H{o}s, \v{C}ech, \c{C}elik, G\"odel", "Erdős, Čech, Çelik, Gödel"),
        (r"\'{\i}\~n\^o \aa \o \ss", "íñô åøß"),
        (r"{\L}ukasz K\o benhavn", "Łukasz København"),
        (r"Ferr{\'e} and kin{é}sic", "Ferré and kinésic"),
    ],
)
def test_accents_become_letters(typed: str, shown: str) -> None:
    assert readable(typed) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (r"$\lambda$", "λ"),
        (r"$O(n^2)$", "O(n²)"),
        (r"$O(\sqrt{d})$ and $\sqrt[3]{x+1}$", "O(√d) and ³√(x+1)"),
        (r"S$^2$-MLLM, T$^\star$, CO$_2$", "S²-MLLM, T⋆, CO₂"),
        (r"$\mathrm{D}^{\mathrm{3}}$-Predictor", "D³-Predictor"),
        (r"under $μ\mathsf{P}$", "under μP"),
        (r"N \times M", "N × M"),
        (r"5.45$\times$ faster, $\approx25\times$", "5.45× faster, ≈25×"),
        (r"$10^{-7}$, $x_{t+1}$, $L_{\text{max}}$", "10⁻⁷, xₜ₊₁, L_max"),
        (r"$O(\alpha^{-1} m\log d \log \log n)$", "O(α⁻¹ m log d log log n)"),
        (r"\(\frac{d\mathbf{x}}{dt} = -\nabla V\)", "dx/dt = -∇V"),
        (r"$\frac{a+b}{2}$ and $\binom{n}{k}$", "(a+b)/2 and (n choose k)"),
        (r"$\mathbb{R}^d$ and $\tilde{O}(x)$", "ℝ^d and Õ(x)"),
        (r"$\{λ_h\}$, $J_{ij}$, $K_{1,m}$", "{λₕ}, Jᵢⱼ, K_(1,m)"),
        (r"$>$99\% of 17$/$23", ">99% of 17/23"),
        (r"firm$\unicode{x2013}$driven", "firm–driven"),
        (r"10^5 samples, n^{2} steps, 31{,}000", "10⁵ samples, n² steps, 31,000"),
        (r"the $k$-th of $n \ge d$", "the k-th of n ≥ d"),
        (r"45$^\circ$ and $10^{th}$", "45° and 10th"),
    ],
)
def test_simple_math_becomes_unicode(typed: str, shown: str) -> None:
    assert readable(typed) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (r"\textbf{Fast} and \emph{small}", "Fast and small"),
        (r"\textit{FocaLogic}: Logic", "FocaLogic: Logic"),
        (r"$\texttt{MemoryRewardBench}$", "MemoryRewardBench"),
        (r"see \url{https://a.org/x\_y}", "see https://a.org/x_y"),
        (r"\href{https://a.org}{our page}", "our page (https://a.org)"),
        (r"\href{https://a.org}{https://a.org}", "https://a.org"),
        (r"Unlike \cite{xu2024}, we", "Unlike [xu2024], we"),
        (r"better\footnote{on two days}", "better (on two days)"),
        (r"\ours{} beats \added{all of them}", "ours beats all of them"),
        (r"\textcolor{red}{warm} {\bf bold}", "warm bold"),
        (r"Fig.~2 at ~10\% of C\&A", "Fig. 2 at ~10% of C&A"),
        ("``quoted'' and 'single'", "“quoted” and 'single'"),
        ("pages 3--5 --- so -- with --flag", "pages 3–5 — so – with --flag"),
        (r"\begin{itemize}\item one\end{itemize}", "• one"),
    ],
)
def test_text_commands_leave_their_text(typed: str, shown: str) -> None:
    assert readable(typed) == shown


@pytest.mark.parametrize(
    "text",
    [
        "between $5 and $10",
        "$0.45-$78.96 per 1K",
        "over $800 per sample, $3M to $300M+",
        "snake_case, a ^ b, CHASE_DB1 and /~user",
        'the set {0,1} and {"key": 1}',
        "R&D at AT&T",
        "`code` stays",
        "Ελληνικά 中文 émigré",
    ],
)
def test_what_is_no_latex_stays_as_it_is(text: str) -> None:
    assert readable(text) == text


def test_a_command_that_hides_a_keyword_of_the_formula_seed_stays_as_typed() -> None:
    assert readable(r"a \underline{l}arge \underline{\textbf{M}}odel") == (
        r"a \underline{l}arge \underline{M}odel"
    )


@pytest.mark.parametrize(
    ("broken", "kept"),
    [
        (r"\textbf{never closed", "never closed"),
        (r"half a formula $x^2 and on", "half a formula"),
        (r"$\frac{1}{", "1"),
        ("too many }}} braces", "too many }}} braces"),
        ("{" * 5000 + "deep", "deep"),
        (r"\textbf{" * 300 + "deep", "deep"),
        ("ends with \\", "ends with \\"),
        (r"\( open", "open"),
    ],
)
def test_broken_latex_keeps_its_words(broken: str, kept: str) -> None:
    assert kept in readable(broken)


@pytest.mark.parametrize(
    "nested",
    [
        "\\alpha{" * 40 + "deep" + "}" * 40,
        "\\unknown{" * 60 + "deep" + "}" * 60,
        "\\frac{" * 60 + "deep" + "}{y}" * 60,
        "$" + "^{" * 60 + "deep" + "}" * 60 + "$",
        "\\'{" * 60 + "deep" + "}" * 60,
    ],
)
def test_nesting_costs_no_more_than_its_length(nested: str) -> None:
    shown = readable(nested)  # read twice per level, this would not end

    assert "deep" in unicodedata.normalize("NFD", shown).replace("\u0301", "")


def test_entities_escaped_twice_are_undone_once_more() -> None:
    assert readable("Q&amp;A where a &lt; b &#39;so&#39;") == "Q&A where a < b 'so'"
    assert readable("&amp;lt;") == "&lt;"


def test_hidden_characters_are_taken_out() -> None:
    assert readable("a\u202eb\u200bc\x00d\ufeffe\u00adf\U000e0041g") == "abcdefg"
    assert readable(r"$\unicode{x202e}$safe &#x202e;too") == "safe too"


def test_line_breaks_stay() -> None:
    assert readable("one\r\n  two\u2028three\nfour") == "one\n  two\nthree\nfour"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab1 \\{}$^_~'`-%&;[]()\n\"\u202eé"), max_size=60))
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    shown = readable(text)

    assert "\u202e" not in shown
    assert shown.count("é") == text.count("é")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abc XYZ.,;:!?()019é中", max_size=80))
def test_plain_text_is_never_touched(text: str) -> None:
    assert readable(text) == text


def test_white_space_collapses() -> None:
    assert collapse("  a\n\n b\t c\u00a0d ") == "a b c d"


def test_sentences_end_where_they_end() -> None:
    text = (
        "We follow Smith et al. (2020), e.g. Fig. 2 of J. Doe, i.e. the U.S. case. It gains 3.5 "
        "points vs. BERT! Is it “good?” Yes.\n\nNew paragraph without a dot\n\nEnd of case A. We "
        "stop."
    )

    assert sentences(text) == (
        "We follow Smith et al. (2020), e.g. Fig. 2 of J. Doe, i.e. the U.S. case.",
        "It gains 3.5 points vs. BERT!",
        "Is it “good?”",
        "Yes.",
        "New paragraph without a dot",
        "End of case A.",
        "We stop.",
    )


def test_chinese_sentences_need_no_space() -> None:
    assert sentences("第一句。第二句！完") == ("第一句。", "第二句！", "完")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_sentences_lose_no_word(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_shortening_cuts_between_words() -> None:
    assert shorten("Attention is all you need", 30) == "Attention is all you need"
    assert shorten("Attention is all you need", 17) == "Attention is all…"
    assert shorten("Attention, is all you need", 12) == "Attention…"
    assert shorten("Donaudampfschifffahrt", 8) == "Donauda…"
    assert shorten("anything", 0) == ""


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.integers(min_value=0, max_value=90))
def test_a_shortened_text_fits(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit
