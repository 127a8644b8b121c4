import json
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import LogLevel, Secret, Settings, UploadMode, WhoManages, load_settings
from bot.config_settings import named_sections, named_settings
from bot.config_table import json_schema, main, reference_page, settings_table
from bot.domain.interests import Formula, Interests, TermKind
from bot.domain.subscriptions import EVERY_DAY, WEEKDAYS, Schedule
from bot.errors import UserError
from tests.shared_data import ARXIV_DATA, needs_shared

ROOT = Path(__file__).resolve().parents[2]
GOLD = sorted((ARXIV_DATA / "gold").glob("*.json"))
VALID: dict[str, Any] = {
    "categories": ["cs.LG", "cs.CL"],
    "keywords": ["kv cache", "LLM^2", "quantiz*"],
    "exclude_keywords": ["survey"],
    "authors": ["Tri Dao"],
    "min_score": 2,
    "max_papers": 5,
    "scoring": {"formula": "seed"},
    "schedule": {"at": "08:30", "on": ["mon", "thu"], "timezone": "Europe/Berlin"},
    "ai_summary": {"model": "small-model", "upload_mode": "file"},
    "arxiv": {"contact": "me@example.org", "extra_holidays": ["2026-12-24"]},
    "manage_subscriptions": "members",
    "log": {"level": "debug"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(
    folder: Path, content: object, environ: Mapping[str, str] | None = None, *, raw: bool = False
) -> Settings:
    path = folder / "config.json"
    text = content if raw else json.dumps(content)
    path.write_bytes(str(text).encode("utf-8"))
    return load_settings(path, {"PAPERCOURIER_HOME": str(folder), **(environ or {})})


def faults(
    folder: Path, content: object, environ: Mapping[str, str] | None = None, *, raw: bool = False
) -> list[str]:
    with pytest.raises(UserError) as caught:
        load(folder, content, environ, raw=raw)
    return str(caught.value).splitlines()


# --- what is read -----------------------------------------------------------------------------


def test_embeddings_are_off_and_have_the_address_and_key_of_the_summaries(folder: Path) -> None:
    environ = {"OPENAI_BASE_URL": "https://models.example/v1", "OPENAI_API_KEY": "sk-1"}

    settings = load(folder, {}, environ).embeddings

    assert not settings.enabled
    assert settings.base_url == "https://models.example/v1"
    assert settings.api_key_env == "OPENAI_API_KEY"
    assert settings.api_key is not None
    assert settings.api_key.reveal() == "sk-1"


def test_embeddings_may_have_an_address_and_a_key_of_their_own(folder: Path) -> None:
    given_ones = {"base_url": "http://127.0.0.1:11434/v1", "api_key_env": "VECTORS_KEY"}
    environ = {"OPENAI_API_KEY": "sk-1", "VECTORS_KEY": "sk-2"}

    settings = load(folder, {"embeddings": {"enabled": True, **given_ones}}, environ).embeddings

    assert settings.enabled
    assert settings.base_url == given_ones["base_url"]
    assert settings.api_key is not None
    assert settings.api_key.reveal() == "sk-2"


def test_every_kind_of_value_is_read(folder: Path) -> None:
    read = load(folder, VALID)

    assert read.categories == ("cs.LG", "cs.CL")
    assert [term.kind for term in read.keywords][2] is TermKind.PREFIX
    assert read.keywords[1].weight == 2
    assert read.min_score == 2.0
    assert read.default_schedule() == Schedule(time(8, 30), frozenset({0, 3}), "Europe/Berlin")
    assert read.ai_summary.upload_mode is UploadMode.FILE
    assert read.arxiv.extra_holidays == (date(2026, 12, 24),)
    assert read.manage_subscriptions is WhoManages.MEMBERS
    assert read.log.level is LogLevel.DEBUG
    assert read.notices == ()


def test_a_subscription_that_says_nothing_gets_the_interests_of_the_file(folder: Path) -> None:
    read = load(folder, VALID)

    assert read.default_interests() == Interests(
        categories=("cs.LG", "cs.CL"),
        terms=read.keywords,
        excluded=read.exclude_keywords,
        authors=("Tri Dao",),
        formula=Formula.SEED,
        min_score=2.0,
        max_papers=5,
    )


@needs_shared
@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
def test_a_configuration_of_the_seed_is_accepted_as_it_stands(path: Path, folder: Path) -> None:
    config = json.loads(path.read_text())["config"]

    read = load(folder, config)

    assert [term.text for term in read.keywords] == config["keywords"]
    assert [term.text for term in read.exclude_keywords] == config["exclude_keywords"]
    assert read.default_interests().formula is Formula.TERMS
    assert (read.min_score, read.max_papers, read.days_back) == (2.5, 30, 7)
    assert read.ai_summary.model == config["ai_summary"]["model"]
    assert read.ai_summary.max_papers_to_summarize == 15


@needs_shared
def test_each_key_that_the_seed_never_read_has_its_notice(folder: Path) -> None:
    config = json.loads(GOLD[0].read_text())["config"]

    notices = load(folder, config).notices

    for key in ("enable_deduplication", "deduplication_methods", "fetch_ratings", "display_limit"):
        assert sum(f"“{key}” changes nothing" in notice for notice in notices) == 1
    assert sum("“min_score” counts now" in notice for notice in notices) == 1
    assert sum("ai_summary_prompt.txt" in notice for notice in notices) == 1
    assert len(notices) == 6


def test_the_projects_own_configuration_loads_without_a_word() -> None:
    read = load_settings(ROOT / "config.json", {})

    assert read.notices == ()
    assert read.default_interests().formula is Formula.TERMS
    assert len(read.keywords) >= 20
    assert read.default_schedule() == Schedule(time(9, 0), WEEKDAYS, "UTC")


def test_a_prompt_file_is_found_beside_the_configuration(folder: Path) -> None:
    (folder / "prompt.txt").write_text("Summarise.")

    read = load(folder, {"ai_summary": {"prompt_file": "prompt.txt"}})

    assert read.ai_summary.prompt_file == folder / "prompt.txt"
    assert read.notices == ()


def test_days_may_be_said_as_in_the_chat(folder: Path) -> None:
    assert load(folder, {"schedule": {"on": "daily"}}).schedule.on == EVERY_DAY
    assert load(folder, {"schedule": {"on": "mon,thu"}}).schedule.on == frozenset({0, 3})


# --- where it is looked for -------------------------------------------------------------------


def test_the_current_folders_file_goes_before_the_one_at_home(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = folder / "home", folder / "here"
    for place, papers in ((home, 3), (here, 4)):
        place.mkdir()
        (place / "config.json").write_text(json.dumps({"max_papers": papers}))
    monkeypatch.chdir(here)
    environ = {"PAPERCOURIER_HOME": str(home)}

    both = load_settings(None, environ)
    (here / "config.json").unlink()
    at_home = load_settings(None, environ)
    (home / "config.json").unlink()
    nowhere = load_settings(None, environ)

    assert (both.max_papers, at_home.max_papers, nowhere.max_papers) == (4, 3, 10)
    assert (at_home.source, nowhere.source) == (home / "config.json", None)


@pytest.mark.parametrize(
    ("environ", "home"),
    [
        ({"PAPERCOURIER_HOME": "/srv/papers"}, "/srv/papers"),
        ({"XDG_DATA_HOME": "/data", "HOME": "/home/ana"}, "/data/papercourier"),
        (
            {"XDG_DATA_HOME": "relative", "HOME": "/home/ana"},
            "/home/ana/.local/share/papercourier",
        ),
    ],
)
def test_the_database_stands_at_home_unless_told_otherwise(
    environ: dict[str, str], home: str, folder: Path
) -> None:
    (folder / "config.json").write_text("{}")

    read = load_settings(folder / "config.json", environ)

    assert read.home == Path(home)
    assert read.database_url.reveal() == f"sqlite:///{home}/papercourier.db"


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(UserError, match=r"no file .*missing\.json"):
        load_settings(folder / "missing.json", {})


@pytest.mark.parametrize("make", ["folder", "bytes", "null"])
def test_a_file_that_cannot_be_read_is_one_sentence(make: str, folder: Path) -> None:
    path = folder / "config.json"
    if make == "folder":
        path.mkdir()
    elif make == "bytes":
        path.write_bytes(b'{"language": "\xff\xfe"}')
    else:
        path = folder / "a\0b"

    with pytest.raises(UserError) as caught:
        load_settings(path, {})

    assert len(str(caught.value).splitlines()) == 1


def test_a_byte_order_mark_does_no_harm(folder: Path) -> None:
    assert load(folder, '\ufeff{"max_papers": 3}', raw=True).max_papers == 3


# --- what is refused --------------------------------------------------------------------------


def test_all_faults_are_told_at_once_each_on_its_own_line(folder: Path) -> None:
    config = {
        "categories": ["cs.AI", "stat.ML", "cs.KL"],
        "max_papers": 5000,
        "keyword": ["LLM"],
        "schedule": {"at": "25:00", "timezone": "Europe/Berln"},
    }

    found = faults(folder, config, {"WEB_PORT": "http"})

    assert sorted(found) == [
        "WEB_PORT: must be a whole number, found the text “http”",
        "config.json: categories[2]: “cs.KL” is no arXiv category: did you mean cs.CL?",
        "config.json: max_papers: 5000 is more than 50",
        "config.json: schedule.at: “25:00” is no time of day: write it like “09:00”",
        (
            "config.json: schedule.timezone: “Europe/Berln” is no time zone: "
            "did you mean “Europe/Berlin”?"
        ),
        "config.json: unknown key “keyword”: did you mean “keywords”?",
    ]


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"min_score": "2.5"}, "min_score: must be a number, found the text “2.5”: remove the quo"),
        ({"threads": "true"}, "threads: must be true or false, found the text “true”: remove the"),
        ({"max_papers": True}, "max_papers: must be a whole number, found true (yes or no)"),
        ({"max_papers": 2.5}, "max_papers: must be a whole number, found the number 2.5"),
        ({"max_papers": 0}, "max_papers: 0 is less than 1"),
        ({"language": None}, "language: must be text, found null: leave the key out"),
        ({"keywords": "LLM"}, "keywords: must be a list, found the text “LLM”: put it in brackets"),
        ({"keywords": [3]}, "keywords[0]: must be text, found the number 3"),
        ({"keywords": ["/((/"]}, "keywords[0]: "),
        ({"categories": []}, "categories: is an empty list: name at least one"),
        ({"categories": ["cs.LG", "cs.LG"]}, "categories[1]: “cs.LG” stands there twice"),
        ({"scoring": {"formula": "best"}}, "scoring.formula: “best” is not “seed” or “terms”"),
        ({"scoring": "seed"}, "scoring: must be an object in braces, found “seed”"),
        ({"schedule": {"on": ["mon", "soon"]}}, "schedule.on[1]: “soon” is no choice of days"),
        ({"arxiv": {"extra_holidays": ["24.12."]}}, "arxiv.extra_holidays[0]: “24.12.” is no day"),
        ({"model": "x"}, "unknown key “model”: “model” belongs into “ai_summary”"),
        ({"ai_summary": {"language": "de"}}, "“language” belongs at the top level"),
        ({"slack": {}}, "unknown key “slack”: set the environment variable SLACK_BOT_TOKEN inst"),
        ({"ai_summary": {"base_url": "api.x.org"}}, "“api.x.org” is no web address: begin with"),
        ({"ai_summary": {"base_url": "https://me:pw@x.org"}}, "must not hold a user name or pass"),
        ({"command_name": "/arxiv"}, "command_name: “/arxiv” is no command name"),
    ],
)
def test_a_bad_value_is_told_with_its_place_and_mend(
    config: dict[str, Any], fault: str, folder: Path
) -> None:
    found = faults(folder, config)

    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1,\n}', "the comma"),
        ('{"max_papers": 3\n "days_back": 2}', "line 2, column 2: a comma is missing"),
        ('{\n  "a": [1, 2\n', "line 3, column 1: the file ends too early"),
        ('{"a": "x', "line 1, column 7: this text is never closed"),
        ("{'a': 1}", "line 1, column 2: use double quotes"),
        ("{“a”: 1}", "replace the typographic quotes"),
        ('{"a": True}', "line 1, column 7: write true, false and null in small letters"),
        ('{"a": 1, // why\n "b": 2}', "line 1, column 10: JSON has no comments"),
        ('{"a": "C:\\d"}', "stray backslash"),
        ('{"a": }', "a value is missing after the colon"),
        ('{"a": 1}}', "line 1, column 9: nothing may follow the end"),
        ("", "the file is empty: write { }"),
        ('{"min_score": NaN}', "NaN is no JSON number"),
        ("[1]", "must hold one object in braces, found a list"),
        ('{"max_papers": ' + "9" * 5000 + "}", "a number that is too long"),
        ("[" * 100_000, "config.json"),
    ],
)
def test_broken_json_is_told_with_its_place_and_mend(text: str, told: str, folder: Path) -> None:
    found = faults(folder, text, raw=True)

    assert len(found) == 1
    assert told in found[0]


def test_a_key_that_stands_twice_is_refused_wherever_it_is(folder: Path) -> None:
    text = '{"max_papers": 1, "max_papers": 2, "log": {"level": "info", "level": "debug"}}'

    assert faults(folder, text, raw=True) == [
        "config.json: max_papers: stands there twice: remove one",
        "config.json: log.level: stands there twice: remove one",
    ]


def test_arxivs_pace_may_be_broken_only_against_this_machine(folder: Path) -> None:
    config = {"arxiv": {"request_spacing_seconds": 0.5}}
    loopback = {
        "ARXIV_FEED_URL": "http://127.0.0.1:8000/rss",
        "ARXIV_API_URL": "http://localhost:8000/api",
        "ARXIV_SITE_URL": "http://[::1]:8000",
    }

    read = load(folder, config, loopback)
    mixed = faults(folder, config, {**loopback, "ARXIV_SITE_URL": "https://arxiv.org"})

    assert read.arxiv.request_spacing_seconds == 0.5
    assert mixed == [
        (
            "config.json: arxiv.request_spacing_seconds: "
            "0.5 is less than 3, the least that arXiv allows"
        )
    ]


# --- secrets and the environment --------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "variable"),
    [
        ({"ai_summary": {"api_key": "sk-secret-value-1"}}, "OPENAI_API_KEY"),
        ({"ai_summary": {"api_key": "abc", "api_key_env": "MY_KEY"}}, "MY_KEY"),
        ({"slack_bot_token": "xoxb-secret-value-1"}, "SLACK_BOT_TOKEN"),
        ({"discord_token": "abc"}, "DISCORD_TOKEN"),
        ({"database_url": "postgresql://me:pw@host/db"}, "DATABASE_URL"),
    ],
)
def test_a_secret_in_the_file_is_refused_with_the_variable_it_belongs_into(
    config: dict[str, Any], variable: str, folder: Path
) -> None:
    found = "\n".join(faults(folder, config))

    assert "secrets do not belong here" in found
    assert f"environment variable {variable} " in found


@pytest.mark.parametrize(
    "config",
    [
        {"ai_summary": {"api_key_env": "sk-secret-value-1"}},
        {"ai_summary": {"model": "sk-secret-value-1"}},
        {"keywords": ["sk-secret-value-1"]},
        {"max_papers": "sk-secret-value-1"},
        {"sk-secret-value-1": 1},
    ],
)
def test_a_key_put_where_it_does_not_belong_is_never_repeated(
    config: dict[str, Any], folder: Path
) -> None:
    assert "secret-value" not in "\n".join(faults(folder, config))


def test_secrets_come_from_the_environment_and_never_show_themselves(folder: Path) -> None:
    environ = {
        "SLACK_BOT_TOKEN": "xoxb-1-hush",
        "DISCORD_TOKEN": "discord-hush",
        "OPENAI_API_KEY": "sk-hush",
        "DATABASE_URL": "postgresql://me:hush@host/db",
    }

    read = load(folder, {}, environ)

    assert read.slack.bot_token == Secret("xoxb-1-hush")
    assert read.discord.token == Secret("discord-hush")
    assert read.ai_summary.api_key == Secret("sk-hush")
    assert read.database_url.reveal() == "postgresql://me:hush@host/db"
    assert "hush" not in repr(read)
    assert "hush" not in f"{read.discord.token}"


def test_the_models_key_is_read_from_the_variable_that_the_file_names(folder: Path) -> None:
    config = {"ai_summary": {"api_key_env": "DASHSCOPE_API_KEY"}}

    read = load(folder, config, {"DASHSCOPE_API_KEY": "k1", "OPENAI_API_KEY": "k2"})

    assert read.ai_summary.api_key == Secret("k1")


def test_a_secret_may_stand_in_a_file(folder: Path) -> None:
    (folder / "token").write_text("from-the-file\n")

    read = load(folder, {}, {"DISCORD_TOKEN_FILE": str(folder / "token")})

    assert read.discord.token == Secret("from-the-file")


def test_a_secrets_file_that_is_not_there_or_doubled_is_a_fault(folder: Path) -> None:
    environ = {
        "DISCORD_TOKEN_FILE": str(folder / "missing"),
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_APP_TOKEN_FILE": str(folder / "token"),
    }

    found = faults(folder, {}, environ)

    assert found[0] == "SLACK_APP_TOKEN: SLACK_APP_TOKEN_FILE is set as well: unset one of them"
    assert found[1].startswith("DISCORD_TOKEN_FILE: ")
    assert found[1].endswith("cannot be read: No such file or directory")


def test_an_empty_variable_counts_as_unset(folder: Path) -> None:
    environ = {"DISCORD_TOKEN": "", "DATABASE_URL": " ", "WEB_PORT": "", "OPENAI_API_KEY_FILE": ""}

    read = load(folder, {}, environ)

    assert read.discord.token is None
    assert read.ai_summary.api_key is None
    assert read.web.port == 8080
    assert read.database_url.reveal().startswith("sqlite:///")


def test_the_environment_goes_before_the_file(folder: Path) -> None:
    config = {"ai_summary": {"base_url": "https://one.example"}, "log": {"level": "error"}}
    environ = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1/", "LOG_LEVEL": "debug", "WEB_PORT": "0"}

    read = load(folder, config, environ)

    assert read.ai_summary.base_url == "http://127.0.0.1:9/v1"
    assert read.log.level is LogLevel.DEBUG
    assert read.web.port == 0


def test_an_unknown_kind_of_database_is_refused_without_its_address(folder: Path) -> None:
    found = faults(folder, {}, {"DATABASE_URL": "mysql://me:pw@host/db"})

    assert found[0].startswith("DATABASE_URL: must begin with sqlite:/// or postgresql://")
    assert "pw" not in found[0]


# --- the table --------------------------------------------------------------------------------


def rows(cls: type[Any], prefix: str = "") -> list[tuple[str, Any, Any]]:
    here = [(prefix + name, row, default) for name, row, default in named_settings(cls)]
    return here + [
        found for name, group, _ in named_sections(cls) for found in rows(group, f"{prefix}{name}.")
    ]


@pytest.mark.parametrize(("name", "row", "default"), rows(Settings), ids=lambda x: str(x)[:30])
def test_every_default_is_a_value_its_own_setting_accepts(
    name: str, row: Any, default: Any
) -> None:
    assert row.about.endswith("."), name
    if default is not None:
        assert row.kind.read(json.loads(json.dumps(row.kind.write(default)))) == default


def test_the_table_names_every_setting_and_every_variable() -> None:
    table = settings_table()

    for name, row, _ in rows(Settings):
        if row.in_file:
            assert f"| `{name}` |" in table
        if row.environment:
            assert f"`{row.environment}`" in table
    assert "`DATABASE_URL`" in table


def test_the_schema_lets_through_what_is_read_and_closes_every_group() -> None:
    schema = json_schema()

    assert set(VALID) <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    assert schema["properties"]["ai_summary"]["additionalProperties"] is False
    assert schema["properties"]["max_papers"]["maximum"] == 50
    assert schema["properties"]["fetch_ratings"]["deprecated"] is True
    assert "slack" not in schema["properties"]


def test_the_reference_in_the_docs_is_what_the_code_says() -> None:
    reference = ROOT / "docs" / "reference"

    assert (reference / "configuration.md").read_text("utf-8") == reference_page()
    assert json.loads((reference / "config.schema.json").read_text("utf-8")) == json_schema()


def test_the_table_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()

    assert main(["nonsense"]) == 2
    assert capsys.readouterr().out == ""


# --- whatever comes ---------------------------------------------------------------------------

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["cs.LG", "09:00", "sk-abcdefghijkl", "\ud800", "/(/", "http://[", "Europe"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
KEYS = [name for name, _, _ in named_settings(Settings)] + ["$schema", "fetch_ratings"]
GROUPS = {
    name: [key for key, _, _ in named_settings(cls)] for name, cls, _ in named_sections(Settings)
}
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(KEYS, JSON_VALUES),
        **{
            name: JSON_VALUES | st.fixed_dictionaries({}, optional=dict.fromkeys(keys, JSON_VALUES))
            for name, keys in GROUPS.items()
        },
    },
)
VARIABLES = [row.environment for _, row, _ in rows(Settings) if row.environment]


def refusal(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> str:
    """What was wrong; empty where the text is a configuration."""
    path = folder / "config.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load_settings(path, {"PAPERCOURIER_HOME": str(folder), **(environ or {})})
    except UserError as error:
        return str(error)
    return ""


def can_be_shown(told: str) -> bool:
    told.encode("utf-8")  # raises on half a surrogate pair
    return all(0 < len(line) < 400 for line in told.splitlines())


@settings(max_examples=100, deadline=None)
@given(content=JSON_VALUES | CONFIGS)
def test_any_json_is_read_or_refused_in_words(
    content: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert can_be_shown(refusal(tmp_path_factory.getbasetemp(), json.dumps(content)))


@settings(max_examples=100, deadline=None)
@given(
    place=st.integers(0, len(json.dumps(VALID))),
    cut=st.integers(0, 4),
    put=st.text(max_size=4) | st.sampled_from(['"', ",", "{", "]", "null", "1e999", "\\u0000"]),
)
def test_a_damaged_configuration_is_read_or_refused_in_words(
    place: int, cut: int, put: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = json.dumps(VALID)

    damaged = text[:place] + put + text[place + cut :]

    assert can_be_shown(refusal(tmp_path_factory.getbasetemp(), damaged))


@settings(max_examples=100, deadline=None)
@given(
    environ=st.dictionaries(
        st.sampled_from([*VARIABLES, "DATABASE_URL", "OPENAI_API_KEY", "DISCORD_TOKEN_FILE"]),
        st.text(st.characters(exclude_characters="\0"), max_size=40)
        | st.sampled_from(["x" * 600, "http://[::1", "9" * 5000, "/", "info"]),
    )
)
def test_any_environment_is_read_or_refused_in_words(
    environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert can_be_shown(refusal(tmp_path_factory.getbasetemp(), "{}", environ))


def test_a_prompt_file_with_a_name_too_long_for_the_disk_is_only_missing(folder: Path) -> None:
    read = load(folder, {"ai_summary": {"prompt_file": "x" * 400}})

    assert len(read.notices) == 1


def test_shards_are_numbers_with_commas_between(tmp_path: Path) -> None:
    environ = {"PAPERCOURIER_HOME": str(tmp_path), "DISCORD_SHARD_COUNT": "4"}

    settings = load_settings(None, {**environ, "DISCORD_SHARD_IDS": "0, 3"})

    assert settings.discord.shard_ids == (0, 3)
    assert settings.discord.shard_count == 4
    with pytest.raises(UserError, match="DISCORD_SHARD_IDS"):
        load_settings(None, {**environ, "DISCORD_SHARD_IDS": "0,first"})
