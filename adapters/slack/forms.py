"""The forms for subscribe, edit and settings, as Slack's modals; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from adapters.slack.commands import FormWish
from adapters.slack.payload import actions, button, section, write_payload
from bot.domain.interests import format_term
from bot.domain.schedule_text import WEEKDAY_NAMES
from bot.domain.subscriptions import Subscription
from bot.domain.words import quoted

CALLBACK: Final = "subscription_form"
OPEN_FORM: Final = "open_form"  # the button that opens one; its value is "edit 2"
VALUE: Final = "value"  # the action_id of every field: its block says which it is
_LONGEST_TEXT: Final = 3_000  # characters of a text field

Block = dict[str, Any]

_TITLES: Final = {
    "subscribe": ("Subscribe to papers", "Subscribe"),
    "edit": ("Edit subscription", "Save"),
    "settings": ("Channel settings", "Save"),
}
OPTIONS: Final = {
    "threads": "Put details into the digest's thread",
    "empty": "Say when a day brought nothing",
    "cross": "Papers cross-listed from other categories",
    "revisions": "New versions of known papers",
    "learning": "Learn from thumbs",
    "unfurl": "Show what pasted arXiv links are about",
}


def form_view(
    wish: FormWish, start: Subscription, *, unfurl: bool, private_metadata: str
) -> dict[str, Any]:
    """The modal, filled in with `start`: the subscription, or what a new one starts from."""
    title, submit = _TITLES[wish.kind]
    if wish.kind == "edit":
        title = f"{title} {start.number}"
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain(title),
        "submit": _plain(submit),
        "close": _plain("Cancel"),
        "private_metadata": private_metadata,
        "blocks": [
            _head(wish, start),
            *_wishes(start),
            *_schedule(start),
            _options(wish, start, unfurl),
        ],
    }


def open_form_payload(text: str, wish: FormWish) -> str:
    """A sentence and the button that opens the form, for places where none can open by itself."""
    value = f"{wish.kind} {wish.number or ''}".strip()
    opens = button("Open the form", action_id=OPEN_FORM, value=value)
    return write_payload(text, [section(text), actions(opens)])


def _head(wish: FormWish, start: Subscription) -> Block:
    channel = start.destination.channel_id
    where = "in our conversation" if channel.startswith("D") else f"in <#{channel}>"
    says = {
        "subscribe": f"New papers {where}, by what they are about and who wrote them.",
        "edit": f"What you change here goes for the next digest {where}.",
        "settings": f"What new subscriptions {where} start from; those there are stay as they are.",
    }
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": says[wish.kind]}],
    }


def _wishes(start: Subscription) -> list[Block]:
    interests = start.interests
    return [
        *_text(
            "categories",
            "Categories",
            " ".join(interests.categories),
            hint="As arXiv names them: cs.CL cs.LG stat.ML",
            is_needed=True,
        ),
        *_text(
            "keywords",
            "Keywords",
            ", ".join(map(format_term, interests.terms)),
            hint="Commas between: kv cache, LLM^2 (counts double), quantiz* (goes on). Empty: all.",
            is_long=True,
        ),
        *_text(
            "excluded",
            "Leave out papers with",
            ", ".join(map(format_term, interests.excluded)),
            hint="Commas between: survey, blockchain",
        ),
        *_text(
            "authors",
            "Follow authors",
            ", ".join(map(quoted, interests.authors)),
            hint="Commas between: Tri Dao, Percy Liang",
        ),
        *_text(
            "min",
            "Least score",
            f"{interests.min_score:g}",
            hint="preview in the channel shows which scores papers get. 0: whatever matches.",
            is_needed=True,
        ),
        *_text("top", "Most papers in a digest", f"{interests.max_papers}", is_needed=True),
    ]


def _schedule(start: Subscription) -> list[Block]:
    schedule = start.schedule
    days = [_option(WEEKDAY_NAMES[day], str(day)) for day in range(7)]
    return [
        _field(
            "at",
            "Time of day",
            {"type": "timepicker", "initial_time": f"{schedule.at:%H:%M}"},
        ),
        _field(
            "days",
            "Days",
            {
                "type": "checkboxes",
                "options": days,
                **_chosen([days[day] for day in sorted(schedule.weekdays)]),
            },
        ),
        *_text(
            "timezone",
            "Time zone",
            schedule.timezone,
            hint="A place: Europe/Berlin, or just Berlin",
            is_needed=True,
        ),
        *_text(
            "language",
            "Language of summaries",
            start.language,
            hint="A name or a code: German, zh, pt-BR",
            is_needed=True,
        ),
    ]


def _options(wish: FormWish, start: Subscription, unfurl: bool) -> Block:
    is_on = {
        "threads": start.threads,
        "empty": start.announce_empty,
        "cross": start.interests.cross_lists,
        "revisions": start.interests.revisions,
        "learning": start.learning,
        "unfurl": unfurl,
    }
    names = [name for name in OPTIONS if name != "unfurl" or wish.kind == "settings"]
    options = {name: _option(OPTIONS[name], name) for name in names}
    element = {
        "type": "checkboxes",
        "options": list(options.values()),
        **_chosen([options[name] for name in names if is_on[name]]),
    }
    return _field("options", "Besides", element, is_needed=False)


# --- pieces --------------------------------------------------------------------------------


def _text(
    block_id: str,
    label: str,
    value: str,
    *,
    hint: str = "",
    is_needed: bool = False,
    is_long: bool = False,
) -> list[Block]:
    """A text field; a note in its place where Slack would not take what stands in it."""
    if len(value) > _LONGEST_TEXT:
        note = f"*{label}*: too long for a form. They stay as they are; `edit` changes them."
        return [{"type": "context", "elements": [{"type": "mrkdwn", "text": note}]}]
    element: Block = {"type": "plain_text_input", "multiline": is_long}
    if value:
        element["initial_value"] = value
    return [_field(block_id, label, element, hint=hint, is_needed=is_needed)]


def _field(
    block_id: str, label: str, element: Block, *, hint: str = "", is_needed: bool = True
) -> Block:
    field: Block = {
        "type": "input",
        "block_id": block_id,
        "label": _plain(label),
        "element": {"action_id": VALUE, **element},
        "optional": not is_needed,
    }
    return field | ({"hint": _plain(hint)} if hint else {})


def _chosen(options: Sequence[Block]) -> Block:
    """Slack wants no empty list."""
    return {"initial_options": list(options)} if options else {}


def _option(label: str, value: str) -> Block:
    return {"text": _plain(label), "value": value}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}
