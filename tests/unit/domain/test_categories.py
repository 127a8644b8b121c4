import pytest

from bot.domain.categories import (
    ALIASES,
    CATEGORIES,
    check_category,
    is_category,
    name_of,
    same_as,
    suggest,
)
from bot.errors import UserError


def test_every_category_of_the_taxonomy_is_known() -> None:
    assert len(CATEGORIES) == 155
    assert name_of("cs.CL") == "Computation and Language"
    assert name_of("cond-mat.mtrl-sci") == "Materials Science"
    assert name_of("hep-th") == "High Energy Physics - Theory"
    assert name_of("stat") == "Statistics"
    assert name_of("alg-geom") == "alg-geom"


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [("cs.cl", "cs.CL"), (" Stat.ml ", "stat.ML"), ("Q-BIO.nc", "q-bio.NC"), ("CS", "cs"),
     ("math", "math"), ("quant-ph", "quant-ph"), ("PHYSICS.FLU-DYN", "physics.flu-dyn")],
)  # fmt: skip
def test_a_category_in_any_case_is_spelled_as_arxiv_does(typed: str, canonical: str) -> None:
    assert check_category(typed) == canonical
    assert is_category(canonical)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("cs.KL", "cs.CL"), ("cs.ML", "cs.LG"), ("cscl", "cs.CL"), ("cs/cv", "cs.CV"),
     ("stat-ml", "stat.ML"), ("nlp", "cs.CL"), ("quantph", "quant-ph"),
     ("Machine Learning", "cs.LG"), ("physics.optic", "physics.optics")],
)  # fmt: skip
def test_a_mistyped_category_is_answered_with_what_was_meant(typed: str, meant: str) -> None:
    assert not is_category(typed)

    with pytest.raises(UserError, match="is no arXiv category") as caught:
        check_category(typed)

    assert str(caught.value) == f"“{typed}” is no arXiv category: did you mean {meant}?"


@pytest.mark.parametrize("typed", ["", "xyzzy", "cs.zz", "..", "💥", "a" * 5000])
def test_a_hopeless_category_is_answered_with_the_form_of_one(typed: str) -> None:
    with pytest.raises(UserError, match=r"write one like cs\.CL") as caught:
        check_category(typed)

    assert len(str(caught.value)) < 250


def test_two_codes_of_one_category_are_known_as_one() -> None:
    assert same_as("cs.NA") == same_as("math.NA") == {"cs.NA", "math.NA"}
    assert same_as("math.MP") == {"math.MP", "math-ph"}
    assert same_as("cs.CL") == {"cs.CL"}
    assert set(ALIASES) <= set(CATEGORIES)
    assert set(ALIASES.values()) <= set(CATEGORIES)


def test_suggestions_come_by_code_and_then_by_name() -> None:
    assert suggest("cs.cl")[0] == "cs.CL"
    assert suggest("cs.c", 3) == ("cs.CC", "cs.CE", "cs.CG")
    assert suggest("mach learn") == ("cs.LG", "stat.ML")
    assert suggest("quantum")[:3] == ("math.QA", "cond-mat.quant-gas", "quant-ph")
    assert suggest("zzz") == ()
    assert len(suggest("", 25)) == 25
