"""How fast each workspace may be called."""

from datetime import UTC, datetime, timedelta

from bot.services.workspace_paces import WorkspacePaces

NOW = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_workspace_that_was_called_waits_its_turn_and_another_does_not() -> None:
    paces = WorkspacePaces(5.0, most_per_second=50.0)

    paces.called("W1", NOW)

    assert 0.15 < paces.wait_seconds("W1", NOW) < 0.3
    assert paces.wait_seconds("W2", NOW) == 0


def test_without_a_limit_only_pauses_count() -> None:
    paces = WorkspacePaces(None, most_per_second=50.0)

    paces.called("W1", NOW)
    paces.pause("W2", seconds=60, now=NOW)

    assert paces.wait_seconds("W1", NOW) == 0
    assert paces.resting(["W1"] * 1_000, NOW) == {"W2"}
    assert paces.resting([], later(61)) == frozenset()


def test_of_a_workspace_with_much_in_hand_nothing_more_is_taken_until_half_is_gone() -> None:
    paces = WorkspacePaces(5.0, most_per_second=50.0)
    share = paces.most_at_once

    full = paces.resting(["W1"] * share, NOW)
    emptier = paces.resting(["W1"] * (share // 2 + 1), NOW)
    half = paces.resting(["W1"] * (share // 2), NOW)

    assert full == emptier == {"W1"}
    assert half == frozenset()


def test_a_short_pause_keeps_no_message_from_being_taken_in_hand() -> None:
    paces = WorkspacePaces(5.0, most_per_second=50.0)

    paces.pause("W1", seconds=1, now=NOW)

    assert paces.wait_seconds("W1", NOW) == 1
    assert paces.resting([], NOW) == frozenset()
