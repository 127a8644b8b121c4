"""`papercourier erase`: a place is forgotten when asked for, and only then."""

from pathlib import Path

from tests.fakes.command_line import papercourier


def test_a_place_is_forgotten_once_said_to(tmp_path: Path) -> None:
    papercourier("subscribe", "cs.CL", home=tmp_path)

    unsure = papercourier("erase", "terminal:local", home=tmp_path, stdin="n\n")
    kept = papercourier("list", home=tmp_path)
    sure = papercourier("erase", "terminal:local", "--yes", home=tmp_path)
    again = papercourier("erase", "terminal:local", "--yes", home=tmp_path)

    assert (unsure.returncode, sure.returncode, again.returncode) == (1, 0, 0)
    assert "#1 cs.CL" in kept.stdout
    assert "Forgotten: " in sure.stdout
    assert "Nothing is known of terminal:local." in again.stdout
    assert "no subscription yet" in papercourier("list", home=tmp_path).stdout


def test_what_is_no_place_is_refused_with_an_example(tmp_path: Path) -> None:
    ended = papercourier("erase", "slack", home=tmp_path)  # before anybody is asked

    assert ended.returncode == 2
    assert "Name a workspace like slack:T0123" in ended.stderr
