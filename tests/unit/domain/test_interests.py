"""The filter grammar: what people type, what it means, and how it is written back."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.interests import (
    Formula,
    InterestChanges,
    Interests,
    Term,
    TermKind,
    format_filters,
    format_term,
    parse_filters,
    parse_term,
    sentence,
    split_words,
)
from bot.errors import UserError

PREFIX, REGEX = TermKind.PREFIX, TermKind.REGEX


def filters(text: str) -> InterestChanges:
    changes, left_over = parse_filters(split_words(text))
    assert left_over == ()
    return changes


def read_back(text: str) -> Interests:
    return filters(text).apply(Interests(()))


def test_the_documented_example_means_what_it_says() -> None:
    typed = 'cs.CL cs.LG kw:"speculative decoding",LLM^2,quantiz* -survey @"Tri Dao" min:2.5 top:10'

    changes = filters(typed)

    assert changes == InterestChanges(
        categories=("cs.CL", "cs.LG"),
        terms=(
            Term("speculative decoding"),
            Term("LLM", weight=2.0),
            Term("quantiz", kind=PREFIX),
        ),
        excluded=(Term("survey"),),
        authors=("Tri Dao",),
        min_score=2.5,
        max_papers=10,
    )


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ("kw:“kv cache”,moe", "terms", (Term("kv cache"), Term("moe"))),
        ("kw:„kv cache“", "terms", (Term("kv cache"),)),
        ("kw:a kw:b", "terms", (Term("a"), Term("b"))),
        ("kw: a, b", "terms", (Term("a"), Term("b"))),
        ("KEYWORDS=a,b", "terms", (Term("a"), Term("b"))),
        ('kw:"a, b"', "terms", (Term("a, b"),)),
        ("kw:LLM,LLM", "terms", (Term("LLM"), Term("LLM"))),
        ("kw:C++,A/B", "terms", (Term("C++"), Term("A/B"))),
        ("kw:none", "terms", ()),
        ('kw:"none"', "terms", (Term("none"),)),
        ('kw:"kv cach*"', "terms", (Term("kv cach", kind=PREFIX),)),
        ('kw:"kv cach"*^.5', "terms", (Term("kv cach", weight=0.5, kind=PREFIX),)),
        (
            r"kw:/mixture[- ]of (a, b)\/c/^1.5,x",
            "terms",
            (Term("mixture[- ]of (a, b)/c", weight=1.5, kind=REGEX), Term("x")),
        ),
        ("kw:/state{1,2}/", "terms", (Term("state{1,2}", kind=REGEX),)),
        ('about:"cheap inference, for long texts"', "about", ("cheap inference, for long texts",)),
        ('about:"one  thing","another"', "about", ("one thing", "another")),
        ("about:“one thing” about:another", "about", ("one thing", "another")),
        ('about:"one", "one"', "about", ("one",)),
        ("about:off", "about", ()),
        ("about:none", "about", ()),
        ('about:"off"', "about", ("off",)),
        ('-survey –"position paper"', "excluded", (Term("survey"), Term("position paper"))),
        ("not:survey,review", "excluded", (Term("survey"), Term("review"))),
        ("-/sur(vey|face)/", "excluded", (Term("sur(vey|face)", kind=REGEX),)),
        ('author:"Tri Dao",Song', "authors", ("Tri Dao", "Song")),
        ("cs.cl,cs.LG", "categories", ("cs.CL", "cs.LG")),
        ("cs.CL+cs.LG cs.CL", "categories", ("cs.CL", "cs.LG")),
        ("cat:stat.ML hep-th", "categories", ("stat.ML", "hep-th")),
        ("min:2,5", "min_score", 2.5),
        ("min:0", "min_score", 0.0),
        ("days=14", "days_back", 14),
        ("formula:SEED", "formula", Formula.SEED),
        ("cross:on", "cross_lists", True),
        ("cross-lists:no", "cross_lists", False),
        ("revisions:off", "revisions", False),
    ],
)
def test_a_filter_may_be_typed_in_these_ways(typed: str, field: str, value: object) -> None:
    changes = filters(typed)

    assert getattr(changes, field) == value
    said = [each.name for each in fields(changes) if getattr(changes, each.name) is not None]
    assert said == [field]


@pytest.mark.parametrize(
    "typed",
    ["3", "at:09:00", "tz:Europe/Berlin", "on:weekdays", "thread:off", "2601.13824", "weekly"],
)
def test_words_that_are_no_filters_are_left_to_others(typed: str) -> None:
    assert parse_filters(split_words(f"kw:a {typed}")) == (
        InterestChanges(terms=(Term("a"),)),
        (typed,),
    )


def test_links_and_quotes_come_through_as_they_are_meant() -> None:
    words = split_words('why https://arxiv.org/abs/2601.1 "two words" lang:"zh"')

    _, left_over = parse_filters(words)

    assert left_over == ("why", "https://arxiv.org/abs/2601.1", "two words", "lang:zh")


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ('kw:"kv cache', 'add a " where it ends'),
        ("kwd:LLM", "did you mean kw:?"),
        ("languge:zh", "did you mean lang:?"),
        ("zzz:1", "the filters are kw, not, author"),
        ("kw:", "write it like kw:"),
        ("kw:,", "write it like kw:"),
        ("kw:LLM^-2", "write -LLM"),
        ("kw:LLM^11", "from 0.1 to 10"),
        ("kw:LLM^nan", "from 0.1 to 10"),
        ("kw:-survey", "a word of its own, -survey"),
        ("kw:a*b", "only at the end"),
        ("kw:a*", "at least two letters"),
        ("kw:?!", "write a word"),
        ("kw:/(/", "mend it, or write plain words"),
        (r"kw:/(a)\1/", "mend it, or write plain words"),
        ("kw:/a*/", "make a part of it required"),
        (r"kw:/\b/", "make a part of it required"),
        (r"kw:/a\C/", "write . for any character"),
        ("kw:/abc", "end it with /"),
        ("kw:/abc/x", "part them by a comma"),
        ("kw:" + "a" * 101, "write a shorter term"),
        ("kw:" + ",".join(f"w{n}" for n in range(201)), "keep to 200"),
        ("kw:" + ",".join(f"/w{n}/" for n in range(21)), "keep to 20"),
        ("cs.CLL", "did you mean cs.CL?"),
        ("min:-1", "from 0 to 100"),
        ("min:inf", "from 0 to 100"),
        ("top:0", "from 1 to 50"),
        ("top:2.5", "from 1 to 50"),
        ("days:31", "from 1 to 30"),
        ("cross:maybe", "cross:on or cross:off"),
        ("formula:tfidf", "formula:seed or formula:terms"),
        ("about:", 'like about:"making long-context inference cheap"'),
        ('about:"1, 2, 3"', 'like about:"making long-context inference cheap"'),
        ('about:"' + "ab " * 101 + '"', "say it in 300 at most"),
        ('about:"a","b","c","d"', "keep to 3"),
        ("--days=3", "like days:7"),
        ("<@U12345>", 'author:"Tri Dao"'),
        ("@42", '@"Tri Dao"'),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_mend(typed: str, mend: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_filters(split_words(typed))

    assert mend in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_sentence_without_quotes_keeps_its_commas_where_a_shell_took_the_quotes_off() -> None:
    changes, left_over = parse_filters(["about:cheap, fast inference"])

    assert (changes.about, left_over) == (("cheap, fast inference",), ())


def test_a_filter_that_is_given_replaces_the_default() -> None:
    base = Interests(("cs.CL",), terms=(Term("a"),), min_score=2.0, cross_lists=True)

    changed = filters("kw:b cross:off").apply(base)

    assert changed == replace(base, terms=(Term("b"),), cross_lists=False)


def test_the_sentence_says_everything_that_decides() -> None:
    interests = read_back(
        'cs.CL cs.LG kw:"speculative decoding",LLM^2,quantiz*,/a.b/ -survey @"Tri Dao" min:2.5 '
        'top:5 cross:on revisions:on formula:seed about:"cheap inference","fast, too"'
    )

    assert sentence(interests) == (
        "cs.CL, cs.LG · speculative decoding, LLM (×2), quantiz*, /a.b/ · without survey · "
        "following Tri Dao · about “cheap inference”, “fast, too” · score at least 2.5 · "
        "at most 5 · with cross-lists · with revisions · formula seed"
    )


# --- properties ----------------------------------------------------------------------------

typed_text = st.text(
    alphabet=st.one_of(
        st.sampled_from('kw:="“”^*/\\,-@()[]{}|. \n0123456789abcsLM'), st.characters()
    ),
    max_size=60,
)
plain_words = st.text(
    alphabet=st.characters(exclude_characters='"“”„‟«»*', exclude_categories=("Cs", "Cc", "Z")),
    min_size=1,
    max_size=20,
).filter(lambda text: any(char.isalnum() for char in text))
phrases = st.lists(plain_words, min_size=1, max_size=3).map(" ".join)
weights = st.integers(10, 1000).map(lambda hundredths: hundredths / 100)
patterns = st.sampled_from(
    ["a+b", r"state[- ]space", r"x/y", r"\d+ bit", 'say "no"', r"a\\/b", ","]
)
terms = st.one_of(
    st.builds(Term, phrases, weights),
    st.builds(Term, phrases.map(lambda text: text + "ab"), weights, st.just(PREFIX)),
    st.builds(Term, patterns, weights, st.just(REGEX)),
)
names = st.text(alphabet="abcdéÜøž .-'", min_size=1, max_size=20).filter(
    lambda name: any(map(str.isalpha, name)) and " ".join(name.split()) == name
)
all_interests = st.builds(
    Interests,
    categories=st.lists(st.sampled_from(["cs.CL", "cs.LG", "hep-th", "math"]), unique=True).map(
        tuple
    ),
    terms=st.lists(terms, max_size=5).map(tuple),
    excluded=st.lists(terms, max_size=3).map(tuple),
    authors=st.lists(names, max_size=3).map(tuple),
    formula=st.sampled_from(Formula),
    min_score=st.integers(0, 10_000).map(lambda hundredths: hundredths / 100),
    max_papers=st.integers(1, 50),
    days_back=st.integers(1, 30),
    cross_lists=st.booleans(),
    revisions=st.booleans(),
    about=st.lists(
        phrases.filter(lambda text: any(map(str.isalpha, text))), max_size=3, unique=True
    ).map(lambda said: tuple(" ".join(each.split()) for each in said)),
)


@given(typed_text)
@settings(max_examples=100)
def test_whatever_is_typed_only_user_errors_come_out(typed: str) -> None:
    for prefix in ("", "kw:", "-", '@"'):
        try:
            changes, left_over = parse_filters(split_words(prefix + typed))
        except UserError:
            pass
        else:
            assert isinstance(changes, InterestChanges)
            assert all(isinstance(word, str) for word in left_over)


@given(terms)
@settings(max_examples=100)
def test_a_written_term_is_read_back_as_it_was(term: Term) -> None:
    normal = parse_term(format_term(term))

    assert normal == replace(term, text=normal.text)
    assert parse_term(format_term(normal)) == normal


@given(all_interests)
@settings(max_examples=100)
def test_written_filters_are_read_back_as_they_were(interests: Interests) -> None:
    written = format_filters(interests)

    changes, left_over = parse_filters(split_words(written))

    assert left_over == ()
    assert changes.apply(Interests(interests.categories)) == interests


@given(typed_text)
@settings(max_examples=100)
def test_splitting_words_twice_changes_nothing(typed: str) -> None:
    try:
        words = split_words(typed)
    except UserError:
        return

    assert split_words(" ".join(words)) == words
