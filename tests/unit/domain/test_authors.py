"""Which authors a followed name means."""

from __future__ import annotations

import pytest

from bot.domain.authors import is_same_author, name_parts


def means(followed: str, author: str) -> bool:
    return is_same_author(name_parts(followed), name_parts(author))


@pytest.mark.parametrize(
    ("followed", "author"),
    [
        ("Tri Dao", "Tri Dao"),
        ("tri dao", "Tri DAO"),
        ("Tri Dao", "T. Dao"),
        ("T. Dao", "Tri Dao"),
        ("Tri Dao", "Tri M. Dao"),
        ("Tri M. Dao", "Tri Dao"),
        ("Tri M. Dao", "T. Minh Dao"),
        ("Dao, Tri", "Tri Dao"),
        ("Dao", "Tri Dao"),
        ("Garcia-Sanchez", "Ana García-Sánchez"),
        ("Ana Garcia Sanchez", "Ana García-Sánchez"),
        ("van der Maaten", "Laurens van der Maaten"),
        ("Jürgen Schmidhuber", "Jurgen Schmidhuber"),
        ("Quoc V. Le", "Quoc Le"),
        ("Conor O'Brien", "Conor O’Brien".replace("’", "'")),
        ("Martin Luther King", "Martin Luther King, Jr."),
    ],
)
def test_these_are_the_same(followed: str, author: str) -> None:
    assert means(followed, author)


@pytest.mark.parametrize(
    ("followed", "author"),
    [
        ("Tri Dao", "Thanh Dao"),
        ("Tri Dao", "Tri Dang"),
        ("Tri Dao", "Dao"),
        ("Tri Minh Dao", "Tri Nam Dao"),
        ("Dao", "Dao Nguyen"),
        ("Dao", "Tri Daoud"),
        ("S. Han", "Minghao Han"),
        ("", "Tri Dao"),
        ("Dao", ""),
    ],
)
def test_these_are_namesakes_at_most(followed: str, author: str) -> None:
    assert not means(followed, author)
