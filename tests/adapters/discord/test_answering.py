"""What people are told when something goes wrong that nobody foresaw."""

from __future__ import annotations

import logging

import pytest

from adapters.discord.answering import unexpected


def test_an_error_nobody_foresaw_is_a_sentence_with_a_reference_that_the_log_has(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        reply = unexpected(LookupError("the inside of it"), what="Subscribe")

    [record] = caplog.records
    assert reply.is_error
    assert vars(record)["reference"] in reply.text
    assert "inside" not in reply.text
