"""The verbs people type, and the help on each: one table for every platform."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from bot.errors import UserError


@dataclass(frozen=True, slots=True)
class Verb:
    """One command as people type it."""

    name: str
    usage: str
    purpose: str
    examples: tuple[str, ...]
    synonyms: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


def find_verb(word: str) -> Verb | None:
    """The verb of this name or synonym, in any case."""
    return _NAMES.get(_folded(word))


def unknown_verb(word: str) -> UserError:
    """The error for a word that is no verb, naming the nearest."""
    typed = _folded(word)
    near = get_close_matches(typed, [verb.name for verb in VERBS], n=1) or get_close_matches(
        typed, _NAMES, n=1, cutoff=0.75
    )
    mend = f"did you mean `{_NAMES[near[0]].name}`?" if near else "type `help` to see them all."
    return UserError(f"“{' '.join(word.split())[:40]}” is not a command: {mend}")


def help_text(verb: str | None, *, prefix: str) -> str:
    """All commands, or one with examples; `prefix` is what people type before the verb.

    Without one they stand as in all sentences of ours, for `as_typed` to put it there.
    Raises UserError for an unknown verb.
    """
    if verb is None:
        lines = [f"{_command(prefix, one.usage)}: {one.purpose}" for one in VERBS]
        more = f"{_command(prefix, 'help subscribe')} says more about one of them."
        return "\n".join([*lines, more])
    known = find_verb(verb)
    if known is None:
        raise unknown_verb(verb)
    examples = " or ".join(_command(prefix, example) for example in known.examples)
    lines = [f"{_command(prefix, known.usage)}: {known.purpose}", *known.details]
    return "\n".join([*lines, f"For example {examples}"])


def as_typed(text: str, *, prefix: str) -> str:
    """Sentences of ours with `prefix` before each command among them: `resume`, `help list`.

    What the desk and the services say holds on every platform, so there commands begin with
    their verb; each platform's renderer says what people type there before it.
    """
    return _QUOTED.sub(lambda quoted: _command(prefix, quoted[1]), text) if prefix else text


def _command(prefix: str, command: str) -> str:
    return f"`{prefix} {command}`" if prefix else f"`{command}`"


def _folded(word: str) -> str:
    return word.casefold().rstrip(":,")


_FILTER_DETAILS: Final = (
    "Categories as arXiv names them: `cs.CL stat.ML`.",
    'Keywords: `kw:"kv cache",LLM^2,quantiz*` (^2 counts double, * lets a word go on).',
    "A regular expression stands between slashes: `kw:/mixture[- ]of[- ]experts?/`.",
    '`-survey` leaves papers out, `@"Tri Dao"` follows an author.',
    '`about:"cheap long-context inference"` finds papers by meaning, where that is set up.',
    "`min:2.5` is the score a paper needs, `top:10` the most papers in a digest.",
    "`days:7` is how many days a catch-up reaches back.",
    "`cross:on` adds cross-lists, `revisions:on` new versions; `formula:seed` counts plainly.",
    "`at:09:00`, `on:weekdays` (or `mon,thu`, `daily`) and `tz:Europe/Berlin` say when.",
    "`lang:de` is the summaries' language; `thread:off` keeps digests out of threads.",
    "`empty:on` says in the channel that a day brought nothing.",
    "`learning:off` keeps thumbs out of the ranking.",
    "`role:123456789012345678` notifies a Discord role of each digest; `role:off` nobody.",
)

VERBS: Final = (
    Verb(
        "subscribe",
        "subscribe [categories] [filters]",
        "bring new papers here, or change the subscription of the same categories.",
        (
            'subscribe cs.CL cs.LG kw:"speculative decoding",LLM^2 -survey top:10 at:09:00',
            'subscribe stat.ML @"Tri Dao" on:mon tz:Europe/Berlin lang:de',
        ),
        ("sub", "follow", "add"),
        _FILTER_DETAILS,
    ),
    Verb(
        "list",
        "list",
        "show the subscriptions here with their numbers.",
        ("list",),
        ("ls", "subscriptions", "show"),
    ),
    Verb(
        "edit",
        "edit <n> [filters]",
        "change what you name of a subscription and keep the rest.",
        ("edit 2 top:5 kw:diffusion,DiT^2", "edit 1 at:18:30 on:daily"),
        ("change", "update", "modify"),
        _FILTER_DETAILS,
    ),
    Verb(
        "unsubscribe",
        "unsubscribe [n]",
        "end a subscription.",
        ("unsubscribe 2",),
        ("unsub", "remove", "delete", "rm"),
    ),
    Verb(
        "pause",
        "pause [n]",
        "send no digests until `resume`.",
        ("pause", "pause 2"),
        ("stop", "mute"),
    ),
    Verb(
        "resume",
        "resume [n]",
        "send digests again.",
        ("resume", "resume 2"),
        ("start", "unpause", "unmute", "continue"),
    ),
    Verb(
        "preview",
        "preview [n] [filters] [days:1..14]",
        "show what digests would hold, without posting them.",
        ("preview", "preview 2 days:5", "preview cs.CL kw:LLM min:2"),
        ("try", "test"),
        (
            "`days:5` looks at the last five announcement days: how many papers would come a day,",
            "what just missed, and a better `min:`.",
        ),
    ),
    Verb(
        "now",
        "now [n]",
        "post the digest now instead of waiting for its time.",
        ("now", "now 2"),
        ("run", "digest"),
    ),
    Verb(
        "summarize",
        "summarize <id or link>",
        "summarise one paper.",
        ("summarize 2601.13824", "summarize https://arxiv.org/abs/2601.13824"),
        ("summarise", "summary", "sum", "tldr"),
    ),
    Verb(
        "ask",
        "ask <id> <question>",
        "answer a question from a paper's text.",
        ("ask 2601.13824 which data did they use?",),
        ("question",),
    ),
    Verb(
        "search",
        "search <query>",
        "find papers on arXiv, in plain words or arXiv's own query syntax.",
        ("search speculative decoding", "search au:Dao AND ti:attention"),
        ("find", "query"),
    ),
    Verb(
        "similar",
        "similar <id>",
        "find papers like this one.",
        ("similar 2601.13824",),
        ("related",),
    ),
    Verb(
        "why",
        "why <id>",
        "say why a paper was shown here, or why not.",
        ("why 2601.13824",),
        ("explain",),
    ),
    Verb(
        "like",
        "like <id>",
        "bring more papers like this one here.",
        ("like 2601.13824",),
        ("up", "thumbsup", "+1", "👍", ":thumbsup:", ":+1:"),
        ("Thumbs move this channel's rankings; `forget` takes all of them back.",),
    ),
    Verb(
        "dislike",
        "dislike <id>",
        "bring fewer papers like this one here.",
        ("dislike 2601.13824",),
        ("down", "thumbsdown", "-1", "👎", ":thumbsdown:", ":-1:"),
    ),
    Verb(
        "unlike",
        "unlike <id>",
        "take back your thumb on a paper.",
        ("unlike 2601.13824",),
        ("undislike", "unvote"),
    ),
    Verb(
        "forget",
        "forget [n]",
        "forget what was learned from thumbs here, or for one subscription.",
        ("forget", "forget 2"),
        ("reset",),
    ),
    Verb(
        "settings",
        "settings [filters]",
        "show or change what new subscriptions here start from.",
        ("settings", "settings tz:Europe/Berlin lang:de top:5"),
        ("config", "setting", "configure", "defaults"),
        (
            *_FILTER_DETAILS,
            "`unfurl:on` shows what links to arXiv pasted here are about (on Slack).",
        ),
    ),
    Verb(
        "status",
        "status",
        "say how things stand, and why it is silent.",
        ("status",),
        ("health",),
    ),
    Verb(
        "feed",
        "feed [n] [off]",
        "give the secret address of a subscription's feed, for any feed reader.",
        ("feed", "feed 2", "feed 2 off"),
        ("rss", "atom"),
        ("Whoever has the address can read that feed; `feed 2 off` ends it for good.",),
    ),
    Verb(
        "export",
        "export",
        "hand over the subscriptions here as JSON.",
        ("export",),
        ("backup",),
    ),
    Verb(
        "import",
        "import <json>",
        "take over subscriptions from an export.",
        ('import {"version": 1, "subscriptions": []}',),
        ("restore",),
    ),
    Verb(
        "help",
        "help [command]",
        "explain the commands, or one of them.",
        ("help", "help subscribe"),
        ("?", "-h", "--help", "commands"),
    ),
)
_NAMES: Final[Mapping[str, Verb]] = MappingProxyType(
    {name: verb for verb in VERBS for name in (verb.name, *verb.synonyms)}
)
_QUOTED: Final = re.compile(
    rf"`((?:{'|'.join(re.escape(verb.name) for verb in VERBS)})(?![\w:-])[^`\n]*)`"
)
