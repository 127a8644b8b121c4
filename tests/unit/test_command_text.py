import shlex
from datetime import UTC, datetime, time
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.command_text import format_changes, help_text, parse_command, parse_words
from bot.domain.commands import (
    Ask,
    Command,
    Edit,
    EndFeedLink,
    Export,
    FeedLink,
    Forget,
    Help,
    Import,
    ListSubscriptions,
    Now,
    Pause,
    Preview,
    Resume,
    Search,
    Settings,
    Similar,
    Status,
    Subscribe,
    SubscriptionChanges,
    Summarize,
    Thumb,
    Unsubscribe,
    Why,
)
from bot.domain.interests import Formula, InterestChanges, Interests, Term, TermKind
from bot.domain.papers import ArxivId
from bot.domain.subscriptions import Destination, Schedule, Subscription
from bot.domain.thumbs import Vote
from bot.domain.verbs import VERBS, as_typed
from bot.errors import UserError

PAPER = ArxivId("2601.13824")
HERE = Destination("terminal", "local", "main")
FULL_LINE = (
    'subscribe cs.CL cs.LG kw:"speculative decoding",LLM^2,quantiz* -survey @"Tri Dao" '
    "min:2.5 top:10 at:09:00 on:weekdays tz:Europe/Berlin lang:zh thread:on empty:off"
)
FULL_CHANGES = SubscriptionChanges(
    interests=InterestChanges(
        categories=("cs.CL", "cs.LG"),
        terms=(
            Term("speculative decoding"),
            Term("LLM", 2.0),
            Term("quantiz", kind=TermKind.PREFIX),
        ),
        excluded=(Term("survey"),),
        authors=("Tri Dao",),
        min_score=2.5,
        max_papers=10,
    ),
    at=time(9),
    weekdays=frozenset(range(5)),
    timezone="Europe/Berlin",
    language="zh",
    threads=True,
    announce_empty=False,
)


def only(**interests: object) -> SubscriptionChanges:
    return SubscriptionChanges(interests=InterestChanges(**interests))  # type: ignore[arg-type] # each test names real fields


# --- the grammar ---------------------------------------------------------------------------


def test_a_subscription_is_read_with_everything_that_was_said() -> None:
    assert parse_command(FULL_LINE) == Subscribe(FULL_CHANGES)


def test_a_shell_that_took_the_quotes_off_says_the_same() -> None:
    assert parse_words(shlex.split(FULL_LINE)) == Subscribe(FULL_CHANGES)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("", Help()),
        ("   ", Help()),
        ("help", Help()),
        ("help unsub", Help("unsubscribe")),
        ("list", ListSubscriptions()),
        ("ls", ListSubscriptions()),
        ("LIST", ListSubscriptions()),
        ("subscribe", Subscribe(SubscriptionChanges())),
        ("sub cs.CL", Subscribe(only(categories=("cs.CL",)))),
        ("unsubscribe", Unsubscribe()),
        ("unsub #3", Unsubscribe(3)),
        ("pause 2", Pause(2)),
        ("stop", Pause()),
        ("resume", Resume()),
        ("start 1", Resume(1)),
        ("edit 2 top:5 at:8", Edit(2, SubscriptionChanges(InterestChanges(max_papers=5), time(8)))),
        ("edit #2 lang:German", Edit(2, SubscriptionChanges(language="de"))),
        ("preview", Preview()),
        ("preview 2", Preview(2)),
        ("preview 2 top:3", Preview(2, only(max_papers=3))),
        ("preview cs.CL", Preview(None, only(categories=("cs.CL",)))),
        ("preview 2 days:5", Preview(2, days=5)),
        ("preview cs.CL days:14", Preview(None, only(categories=("cs.CL",)), days=14)),
        ("like 2601.13824", Thumb(PAPER, Vote.UP)),
        ("👍 https://arxiv.org/abs/2601.13824", Thumb(PAPER, Vote.UP)),
        ("+1 2601.13824", Thumb(PAPER, Vote.UP)),
        ("dislike 2601.13824", Thumb(PAPER, Vote.DOWN)),
        ("unlike 2601.13824", Thumb(PAPER, None)),
        ("forget", Forget()),
        ("forget 2", Forget(2)),
        ("settings learning:reset", Forget()),
        ("edit 2 learning:reset", Forget(2)),
        ("settings learning:off", Settings(SubscriptionChanges(learning=False))),
        ("edit 2 learning:on", Edit(2, SubscriptionChanges(learning=True))),
        (
            "edit 2 role:123456789012345678",
            Edit(2, SubscriptionChanges(role="123456789012345678")),
        ),
        (
            "settings role:<@&123456789012345678>",
            Settings(SubscriptionChanges(role="123456789012345678")),
        ),
        ("settings role:off", Settings(SubscriptionChanges(role=""))),
        ("now 2", Now(2)),
        ("summarize 2601.13824v2", Summarize(ArxivId("2601.13824", 2))),
        ("summarise https://arxiv.org/pdf/2601.13824", Summarize(PAPER)),
        ("summary arXiv: 2601.13824", Summarize(PAPER)),
        ("2601.13824", Summarize(PAPER)),
        ("https://arxiv.org/abs/hep-th/9901001", Summarize(ArxivId("hep-th/9901001"))),
        ("ask 2601.13824 which  data?", Ask(PAPER, "which  data?")),
        ('search ti:"kv cache" AND au:Dao', Search('ti:"kv cache" AND au:Dao')),
        ('find 5" screens', Search('5" screens')),
        ("similar 2601.13824", Similar(PAPER)),
        ("why 2601.13824?", Why(PAPER)),
        ("settings", Settings()),
        ("config tz:berlin", Settings(SubscriptionChanges(timezone="Europe/Berlin"))),
        ("status", Status()),
        ("export", Export()),
        ("feed", FeedLink()),
        ("feed 2", FeedLink(2)),
        ("feed #2", FeedLink(2)),
        ("rss 2", FeedLink(2)),
        ("feed off", EndFeedLink()),
        ("feed 2 off", EndFeedLink(2)),
        ('import {"version": 1}', Import('{"version": 1}')),
    ],
)
def test_each_verb_becomes_its_command(typed: str, command: Command) -> None:
    assert parse_command(typed) == command


@pytest.mark.parametrize(
    "typed", ["at:9 on:mon,thu", "at: 9 on:mon, thu", "AT=9am on:Mon,Thursday", "time:9 on:thu,mon"]
)
def test_options_may_be_spaced_and_spelled_as_people_do(typed: str) -> None:
    changes = SubscriptionChanges(at=time(9), weekdays=frozenset({0, 3}))

    assert parse_command(f"settings {typed}") == Settings(changes)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("<https://arxiv.org/abs/2601.13824|arxiv.org/abs/26...>", Summarize(PAPER)),
        ("summarize <https://arxiv.org/abs/2601.13824>", Summarize(PAPER)),
        ("why\u00a02601.13824", Why(PAPER)),
        ("<@U0LAN0Z89> list", ListSubscriptions()),
        ("<@!80351110224678912>, list", ListSubscriptions()),
        ("/arxiv list", ListSubscriptions()),
        ("`list`", ListSubscriptions()),
        ("list\u200b", ListSubscriptions()),
        ("subscribe <http://cs.CL|cs.CL>", Subscribe(only(categories=("cs.CL",)))),
        (
            "subscribe cs.CL kw:R&amp;D",
            Subscribe(only(categories=("cs.CL",), terms=(Term("R&D"),))),
        ),
        (
            "subscribe cs.CL kw:“kv cache” –survey",
            Subscribe(
                only(categories=("cs.CL",), terms=(Term("kv cache"),), excluded=(Term("survey"),))
            ),
        ),
        ("ask 2601.13824 is a &lt; b?", Ask(PAPER, "is a < b?")),
        ("search ti:“kv cache”", Search('ti:"kv cache"')),
        ("import ```{“a”: “b &amp; c”}```", Import('{"a": "b & c"}')),
        ('import {"a": "“b”"}', Import('{"a": "“b”"}')),
    ],
)
def test_what_chat_programs_do_to_text_is_undone(typed: str, command: Command) -> None:
    assert parse_command(typed) == command


@pytest.mark.parametrize(
    "words",
    [
        ["search", "speculative decoding"],
        ["search", "speculative", "decoding"],
        ["", "search", "speculative", " ", "decoding"],
    ],
)
def test_free_text_may_be_one_word_of_the_shell_or_many(words: list[str]) -> None:
    assert parse_words(words) == Search("speculative decoding")


# --- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("subscibe", "“subscibe” is not a command: did you mean `subscribe`?"),
        ("usub 2", "“usub” is not a command: did you mean `unsubscribe`?"),
        ("qqqq", "“qqqq” is not a command: type `help` to see them all."),
        ("help qqqq", "“qqqq” is not a command: type `help` to see them all."),
        ("cs.CL", "“cs.CL” is not a command: for its papers type `subscribe cs.CL`."),
        ("list all", "I do not know what “all” adds: type `list` alone."),
        ("edit 2", "Say what to change: `edit 2 top:5`."),
        ("summarize", "Say which paper: `summarize 2601.13824`, or paste its link."),
        ("why 2601.13824 2601.13825", "One paper at a time: `why 2601.13824`."),
        ("settings at:9 at:10", "`at:` stands there twice: keep one of them."),
        ("settings thread:maybe", "“thread:maybe” is neither on nor off: write `thread:on`."),
    ],
)
def test_a_refusal_is_one_sentence_that_names_the_mend(typed: str, sentence: str) -> None:
    with pytest.raises(UserError) as refusal:
        parse_command(typed)

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ("pause cs.CL", "`pause 2`"),
        ("pause 0", "`pause 2`"),
        ("pause 99999999999999999999", "`pause 2`"),
        ("unsub 1 2", "`unsubscribe 2`"),
        ("edit top:5", "`edit 2 top:5`"),
        ("summarize attention", "2601.13824"),
        ("2601.13824 please", "`summarize 2601.13824`"),
        ("ask 2601.13824", "`ask 2601.13824 which data did they use?`"),
        ("ask", "`ask 2601.13824 which data did they use?`"),
        ("ask who wrote it", "2601.13824"),
        ("search", "`search speculative decoding`"),
        ('search ""', "`search speculative decoding`"),
        ("import", "`export`"),
        ("subscribe cs.CL diffusion", "`kw:`"),
        ("subscribe cs.CL at:", "at:09:00"),
        ("subscribe cs.CL on:never", "on:weekdays"),
        ("subscribe cs.CL tz:Berln", "tz:Europe/Berlin"),
        ("subscribe cs.CL lang:xx", "lang:de"),
        ('subscribe cs.CL kw:"kv cache', '"'),
    ],
)
def test_what_cannot_be_meant_is_refused_with_an_example(typed: str, mend: str) -> None:
    with pytest.raises(UserError) as refusal:
        parse_command(typed)

    assert mend in str(refusal.value)


PIECES = st.sampled_from(
    [
        *(verb.name for verb in VERBS),
        *[
            "#2",
            "cs.CL",
            "at:",
            "on:",
            "tz:",
            "lang:",
            "kw:",
            "-",
            "@",
            "^2",
            "/a(",
            '"',
            "“",
            "`",
            "<",
            ">",
            "|",
            ",",
            ":",
        ],
    ]
)
TYPED = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=6)


@settings(max_examples=100)
@given(TYPED, st.sampled_from(["", " "]))
def test_whatever_is_typed_only_user_errors_come_out(parts: list[str], glue: str) -> None:
    for words in ([glue.join(parts)], parts):
        try:
            parse_command(words[0]) if len(words) == 1 else parse_words(words)
        except UserError as error:
            assert str(error)  # noqa: PT017 - either outcome is right, any other error is not
            assert "\n" not in str(error)  # noqa: PT017 - likewise


def test_json_nested_beyond_reason_is_passed_on_to_be_refused() -> None:
    assert parse_command("import " + "[" * 100_000) == Import("[" * 100_000)


# --- saying it back ------------------------------------------------------------------------

TERMS = st.lists(
    st.builds(
        Term,
        st.from_regex(r"[A-Za-z]{2,8}( [A-Za-z]{2,8})?", fullmatch=True),
        st.sampled_from([0.5, 1.0, 2.0]),
        st.sampled_from([TermKind.PHRASE, TermKind.PREFIX]),
    ).filter(lambda term: term.text.lower() not in ("none", "nobody", "nothing")),
    max_size=4,
).map(tuple)
SUBSCRIPTIONS = st.builds(
    Subscription,
    number=st.just(1),
    destination=st.just(HERE),
    created_at=st.just(datetime(2026, 1, 21, tzinfo=UTC)),
    interests=st.builds(
        Interests,
        categories=st.lists(
            st.sampled_from(["cs.CL", "cs.LG", "hep-th", "stat.ML"]), min_size=1, unique=True
        ).map(tuple),
        terms=TERMS,
        excluded=TERMS,
        authors=st.sampled_from([(), ("Tri Dao",), ("Dao", "Kaiming He")]),
        formula=st.sampled_from(Formula),
        min_score=st.sampled_from([0.0, 2.5]),
        max_papers=st.integers(1, 50),
        cross_lists=st.booleans(),
    ),
    schedule=st.builds(
        Schedule,
        at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        weekdays=st.frozensets(st.integers(0, 6), min_size=1),
        timezone=st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})),
    ),
    language=st.sampled_from(["en", "de", "zh-Hant", "pt-BR"]),
    threads=st.booleans(),
    announce_empty=st.booleans(),
)


@settings(max_examples=100)
@given(SUBSCRIPTIONS)
def test_the_line_said_back_makes_the_same_subscription(subscription: Subscription) -> None:
    line = format_changes(subscription)

    command = parse_command(line)

    assert isinstance(command, Subscribe)
    bare = Subscription(1, HERE, Interests(()), subscription.created_at)
    assert command.changes.apply(bare) == subscription
    assert parse_words(shlex.split(line)) == command


# --- help ----------------------------------------------------------------------------------


def test_help_names_every_verb_as_it_is_typed_here() -> None:
    text = help_text(None, prefix="/arxiv")

    assert all(f"`/arxiv {verb.name}" in text for verb in VERBS)


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_help_on_a_verb_gives_examples_that_work(verb: str) -> None:
    examples = next(one.examples for one in VERBS if one.name == verb)

    text = help_text(verb, prefix="papercourier")

    for example in examples:
        assert f"`papercourier {example}`" in text
        assert parse_command(example) is not None
        assert example.split()[0] == verb


def test_help_on_an_unknown_verb_suggests_the_nearest() -> None:
    with pytest.raises(UserError, match="`preview`"):
        help_text("previw", prefix="/arxiv")


def test_no_word_stands_for_two_verbs() -> None:
    words = [word for verb in VERBS for word in (verb.name, *verb.synonyms)]

    assert len(set(words)) == len(words)


def test_sentences_of_ours_name_commands_as_they_are_typed_there() -> None:
    text = "Paused #1: `resume 1`, `list` or `edit 1 min:2.5`, but `min:2` and `listing` stay."

    typed = as_typed(text, prefix="/arxiv")

    assert typed == (
        "Paused #1: `/arxiv resume 1`, `/arxiv list` or `/arxiv edit 1 min:2.5`, but `min:2` and "
        "`listing` stay."
    )
    assert as_typed(typed, prefix="/arxiv") == typed
    assert as_typed(text, prefix="") == text


def test_help_without_a_prefix_becomes_help_with_one() -> None:
    for verb in VERBS:
        typed = as_typed(help_text(verb.name, prefix=""), prefix="/arxiv")

        assert f"`/arxiv {verb.usage}`" in typed
        assert all(f"`/arxiv {example}`" in typed for example in verb.examples)
