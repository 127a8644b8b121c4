"""People as hashes."""

from itertools import product

from bot.domain.thumbs import voter_of

SALT = b"s" * 32


def test_a_person_is_the_same_each_time_and_not_to_be_read() -> None:
    ada = voter_of(platform="slack", workspace_id="T1", user_id="U-ada", salt=SALT)

    assert ada == voter_of(platform="slack", workspace_id="T1", user_id="U-ada", salt=SALT)
    assert "ada" not in ada


def test_people_of_other_platforms_workspaces_names_and_installations_are_others() -> None:
    people = product(("slack", "discord"), ("T1", "T2"), ("U1", "U2"), (SALT, b"t" * 32))

    hashes = {
        voter_of(platform=platform, workspace_id=workspace, user_id=user, salt=salt)
        for platform, workspace, user, salt in people
    }

    assert len(hashes) == 16
