"""What goes wrong at the command line: one sentence, the right exit code, nothing half-written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.arxiv.sample_day import sample_feed_paths
from tests.fakes.command_line import papercourier

XML_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    '<rss version="2.0"><channel><title>&b;</title></channel></rss>'
)
SAMPLE = str(sample_feed_paths()[0])


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_broken_json_is_refused_with_line_and_column(tmp_path: Path) -> None:
    config = written(tmp_path / "config.json", '{\n  "categories": ["cs.CL",\n}')

    done = papercourier("digest", SAMPLE, "--config", config, home=tmp_path)

    assert done.returncode == 2
    assert "line 2" in done.stderr or "line 3" in done.stderr
    assert "column" in done.stderr
    assert done.stdout == ""


def test_all_faults_of_a_configuration_are_named_at_once(tmp_path: Path) -> None:
    config = written(
        tmp_path / "config.json",
        '{"categories": ["cs.KL"], "keyword": [], "max_papers": "ten", "min_score": -1}',
    )

    done = papercourier("config", "check", "--config", config, home=tmp_path)

    assert done.returncode == 2
    for fault in ("did you mean cs.CL?", "did you mean “keywords”?", "max_papers", "min_score"):
        assert fault in done.stderr


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("subscribe", "cs.KL"), "did you mean cs.CL?"),
        (("subscribe", "cs.CL", "mim:2"), "min"),
        (("summarize", "abc"), "2601.13824"),
        (("unsubscribe", "3"), "subscribe cs.CL"),
        (("edit", "1"), "edit 1 top:5"),
        (("import", "nowhere.json"), "papercourier export"),
        (("why",), "why"),
    ],
)
def test_a_wrong_command_names_its_mend(words: tuple[str, ...], mend: str, tmp_path: Path) -> None:
    done = papercourier(*words, home=tmp_path)

    assert done.returncode == 2
    assert mend in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_a_usage_error(tmp_path: Path) -> None:
    done = papercourier("subscibe", home=tmp_path)

    assert done.returncode == 2
    assert "subscibe" in done.stderr


@pytest.mark.parametrize(
    ("content", "telling"),
    [
        ("", "feed"),
        ("<html><body>Not found</body></html>", "feed"),
        ('<?xml version="1.0"?><rss><channel><item><title>Half', "cut"),
        (XML_BOMB, "entities"),
    ],
)
def test_a_file_that_is_no_whole_feed_is_named(content: str, telling: str, tmp_path: Path) -> None:
    feed = written(tmp_path / "day.xml", content)

    done = papercourier("digest", "--feed", feed, home=tmp_path)

    assert done.returncode in (1, 2)
    assert "day.xml" in done.stderr
    assert telling in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_feed_of_fifty_megabytes_is_refused(tmp_path: Path) -> None:
    feed = tmp_path / "huge.xml"
    with feed.open("wb") as file:
        file.write(b'<?xml version="1.0"?><rss version="2.0"><channel>')
        file.truncate(50_000_000)

    done = papercourier("digest", "--feed", str(feed), home=tmp_path)

    assert done.returncode == 2
    assert "MB" in done.stderr


def test_a_database_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()

    done = papercourier("list", home=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/folder.db")

    assert done.returncode in (1, 2)
    assert len(done.stderr.strip().splitlines()) == 1
    assert "folder.db" in done.stderr


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    done = papercourier("list", home=tmp_path, PAPERCOURIER_HOME=f"{tmp_path}/file/home")

    assert done.returncode == 2
    assert "PAPERCOURIER_HOME" in done.stderr


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    papercourier("list", home=tmp_path)
    database = tmp_path / "papercourier.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    done = papercourier("list", home=tmp_path)

    assert done.returncode == 2
    assert "newer" in done.stderr


def test_an_import_that_is_half_wrong_changes_nothing(tmp_path: Path) -> None:
    papercourier("subscribe", "cs.CL", "kw:LLM", home=tmp_path)
    export = papercourier("export", home=tmp_path).stdout
    broken = export.replace('"at": "09:00"', '"at": "29:00"')
    papercourier("unsubscribe", home=tmp_path)

    done = papercourier("import", "-", home=tmp_path, stdin=broken)

    assert done.returncode == 2
    assert "no subscription yet" in papercourier("list", home=tmp_path).stdout


def test_an_export_imports_into_another_place(tmp_path: Path) -> None:
    there = tmp_path / "there"
    papercourier("subscribe", "cs.CL", "kw:kv cache,LLM^2", "-survey", "min:2.5", home=tmp_path)
    export = papercourier("export", home=tmp_path).stdout

    done = papercourier("import", "-", home=there, stdin=export)

    assert done.returncode == 0, done.stderr
    assert papercourier("export", home=there).stdout == export
