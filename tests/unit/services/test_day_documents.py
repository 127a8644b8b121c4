"""A published day survives being written and read."""

import json

import pytest

from bot.services.day_documents import read_day, write_day
from tests.fakes.digests import HOSTILE_TEXTS, digest_titled
from tests.fakes.publications import NEWEST, PUBLICATION, a_day


@pytest.mark.parametrize("number", range(len(PUBLICATION.days)))
def test_a_day_comes_back_as_it_was(number: int) -> None:
    day = PUBLICATION.days[number]

    assert read_day(write_day(day)) == day


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_whatever_papers_say_comes_back_as_it_was(text: str) -> None:
    day = a_day(NEWEST, digest_titled(text).entries)

    assert read_day(write_day(day)) == day


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "[]",
            "null",
            "{}",
            '{"papercourier": 1}',
            '{"papercourier": 2, "date": "2026-01-21"}',
        ),
        json.dumps(json.loads(write_day(PUBLICATION.days[0])) | {"papers": [{}]}),
        json.dumps(json.loads(write_day(PUBLICATION.days[0])) | {"date": "yesterday"}),
        "[" * 100_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_day(text)
