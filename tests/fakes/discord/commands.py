"""Application commands: what Discord takes for one, and how a person fills one in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.fakes.discord.refusals import Fault, invalid_form

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER = range(1, 11)
ATTACHMENT = 11
CHAT_INPUT, ON_USER, ON_MESSAGE = 1, 2, 3
_NAME = re.compile(r"^[-_'\w]{1,32}$")
_MOST_COMMANDS = 100
_MOST = 25
_MOST_CHARACTERS = 8_000
_Path = tuple[str | int, ...]


def check_commands(commands: Sequence[Mapping[str, Any]]) -> None:
    """Raises RefusedError when Discord would not register them."""
    faults = [
        fault for number, each in enumerate(commands) for fault in _command_faults(each, (number,))
    ]
    slash = [each for each in commands if each.get("type", CHAT_INPUT) == CHAT_INPUT]
    if len(slash) > _MOST_COMMANDS:
        sentence = f"Must be {_MOST_COMMANDS} or fewer in length."
        faults.append(((), "BASE_TYPE_MAX_LENGTH", sentence))
    if faults:
        raise invalid_form(faults)


def _command_faults(command: Mapping[str, Any], path: _Path) -> Iterator[Fault]:
    name = command.get("name") or ""
    if command.get("type", CHAT_INPUT) == CHAT_INPUT:
        yield from _entry_faults(command, path)
    elif not 1 <= len(name) <= 32:
        yield ((*path, "name"), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
    if _characters(command) > _MOST_CHARACTERS:
        sentence = f"Command exceeds maximum size ({_MOST_CHARACTERS})"
        yield (path, "APPLICATION_COMMAND_TOO_LARGE", sentence)


def _entry_faults(entry: Mapping[str, Any], path: _Path) -> Iterator[Fault]:
    name = entry.get("name") or ""
    if not _NAME.match(name) or name != name.lower():
        yield ((*path, "name"), "STRING_TYPE_REGEX", "String value did not match validation regex.")
    if not 1 <= len(entry.get("description") or "") <= 100:
        sentence = "Must be between 1 and 100 in length."
        yield ((*path, "description"), "BASE_TYPE_BAD_LENGTH", sentence)
    options = entry.get("options") or []
    if len(options) > _MOST:
        yield ((*path, "options"), "BASE_TYPE_MAX_LENGTH", f"Must be {_MOST} or fewer in length.")
    names = [each.get("name") for each in options]
    if len(set(names)) != len(names):
        name_of = "APPLICATION_COMMANDS_OPTION_NAME_INVALID"
        yield ((*path, "options"), name_of, "Option name already exists")
    optional_seen = False
    for number, option in enumerate(options):
        where = (*path, "options", number)
        yield from _entry_faults(option, where)
        yield from _choice_faults(option, where)
        if option.get("required") and optional_seen:
            sentence = "Required options must be placed before non-required options"
            yield (where, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", sentence)
        optional_seen = optional_seen or not option.get("required", False)


def _choice_faults(option: Mapping[str, Any], path: _Path) -> Iterator[Fault]:
    choices = option.get("choices") or []
    if len(choices) > _MOST:
        yield ((*path, "choices"), "BASE_TYPE_MAX_LENGTH", f"Must be {_MOST} or fewer in length.")
    if choices and option.get("autocomplete"):
        sentence = "Autocomplete and choices cannot both be used"
        yield (path, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", sentence)
    yield from check_choices(choices, path)


def check_choices(choices: Sequence[Mapping[str, Any]], path: _Path) -> Iterator[Fault]:
    """What is wrong with choices, offered in advance or by autocomplete."""
    for number, choice in enumerate(choices):
        for key in ("name", "value"):
            value = choice.get(key)
            if isinstance(value, str) and not 1 <= len(value) <= 100:
                where = (*path, "choices", number, key)
                sentence = "Must be between 1 and 100 in length."
                yield (where, "BASE_TYPE_BAD_LENGTH", sentence)


def _characters(entry: Mapping[str, Any]) -> int:
    own = len(entry.get("name") or "") + len(entry.get("description") or "")
    choices = sum(
        len(str(choice.get("name") or "")) + len(str(choice.get("value") or ""))
        for choice in entry.get("choices") or ()
    )
    return own + choices + sum(_characters(each) for each in entry.get("options") or ())


class CannotAskError(AssertionError):
    """What Discord's client would not have let a person do."""


def leaf_of(
    command: Mapping[str, Any], words: Sequence[str]
) -> tuple[list[str], Mapping[str, Any]]:
    """The group and subcommand that `words` name, and that entry. Raises CannotAskError."""
    entry, path = command, list[str]()
    for word in words:
        inner = [each for each in entry.get("options") or () if each["type"] in (SUBCOMMAND, GROUP)]
        for each in inner:
            if each["name"] == word:
                entry = each
                path.append(word)
                break
        else:
            known = ", ".join(each["name"] for each in inner)
            raise CannotAskError(f"/{command['name']} has no {word!r}; it has {known}")
    if any(each["type"] in (SUBCOMMAND, GROUP) for each in entry.get("options") or ()):
        raise CannotAskError(f"/{command['name']} {' '.join(path)} needs a subcommand")
    return path, entry


def filled(
    entry: Mapping[str, Any], given: Mapping[str, Any], *, focused: str | None = None
) -> list[dict[str, Any]]:
    """Options as an interaction carries them.

    Raises CannotAskError when Discord's client would not send them; while one option is being
    typed (`focused`), others may be missing.
    """
    known = {each["name"]: each for each in entry.get("options") or ()}
    if strangers := given.keys() - known.keys():
        raise CannotAskError(f"{entry['name']} has no {sorted(strangers)}; it has {sorted(known)}")
    wanted = {name for name, each in known.items() if each.get("required")}
    if focused is None and (lacking := wanted - given.keys()):
        raise CannotAskError(f"{entry['name']} needs {sorted(lacking)}")
    options = []
    for name, each in known.items():
        if name not in given:
            continue
        option = {"type": each["type"], "name": name, "value": given[name]}
        if name == focused:
            if not each.get("autocomplete"):
                raise CannotAskError(f"{name} has no autocomplete")
            options.append({**option, "focused": True})
        else:
            options.append({**option, "value": _value(each, given[name])})
    return options


def _value(option: Mapping[str, Any], value: Any) -> Any:
    kind, name = option["type"], option["name"]
    kinds: dict[int, type | tuple[type, ...]] = {
        STRING: str,
        INTEGER: int,
        BOOLEAN: bool,
        NUMBER: (int, float),
    }
    if kind in kinds:
        is_flag = isinstance(value, bool)
        if not isinstance(value, kinds[kind]) or (is_flag and kind != BOOLEAN):
            raise CannotAskError(f"{name} is not to be {value!r}")
        _check_bounds(option, value)
        choices = option.get("choices")
        if choices and value not in [choice["value"] for choice in choices]:
            raise CannotAskError(f"{name} is one of {[choice['value'] for choice in choices]}")
        return value
    return str(getattr(value, "id", value))


def _check_bounds(option: Mapping[str, Any], value: Any) -> None:
    name = option["name"]
    size = len(value) if isinstance(value, str) else value
    least = option.get("min_length" if isinstance(value, str) else "min_value")
    most = option.get("max_length" if isinstance(value, str) else "max_value")
    if (least is not None and size < least) or (most is not None and size > most):
        raise CannotAskError(f"{name} is to be between {least} and {most}, not {value!r}")
    if isinstance(value, str) and not value:
        raise CannotAskError(f"{name} is empty")
