"""views.*: modals and the Home tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fakes.slack import limits
from tests.fakes.slack.context import Context
from tests.fakes.slack.state import Json, Refusal, View, Workspace
from tests.fakes.slack.world import Trigger, World

_DEEPEST = 3  # views on top of each other


def _open(call: Context) -> Json:
    view = _given(call, "modal")
    trigger = _trigger(call)
    opened = new_view(call.world, call.workspace, trigger.interaction.user, view)
    return _show(call, trigger, opened)


def _push(call: Context) -> Json:
    view = _given(call, "modal")
    trigger = _trigger(call)
    below = trigger.view
    if below is None or not below.is_open:
        raise Refusal("invalid_trigger_id", "[ERROR] no modal to push onto")
    pushed = push_view(call.world, call.workspace, below, view)
    return _show(call, trigger, pushed)


def _show(call: Context, trigger: Trigger, view: View) -> Json:
    trigger.is_used = True
    trigger.interaction.views.append(view)
    call.world.touch()
    return {"view": view.as_json()}


def _update(call: Context) -> Json:
    new = _given(call, None)
    asked, external = call.arguments.get("view_id"), call.arguments.get("external_id")
    views = [*call.workspace.views.values(), *call.workspace.homes.values()]
    for view in views:
        if view.id == asked or (external and view.payload.get("external_id") == external):
            if call.arguments.get("hash") not in (None, "", view.hash):
                raise Refusal("hash_conflict")
            change_view(call.world, view, new)
            return {"view": view.as_json()}
    raise Refusal("not_found")


def _publish(call: Context) -> Json:
    view = _given(call, "home")
    user = call.person("user_id")
    home = call.workspace.homes.get(user)
    if home is None:
        home = new_view(call.world, call.workspace, user, view)
        call.workspace.homes[user] = home
    elif call.arguments.get("hash") not in (None, "", home.hash):
        raise Refusal("hash_conflict")
    else:
        change_view(call.world, home, view)
    call.world.touch()
    return {"view": home.as_json()}


def _given(call: Context, kind: str | None) -> Any:
    view: Any = call.arguments.get("view")
    limits.check_view(view)
    if kind is not None and view["type"] != kind:
        raise Refusal("invalid_arguments", f"[ERROR] view: must be of type {kind}")
    return view


def _trigger(call: Context) -> Trigger:
    trigger = call.world.triggers.get(call.need("trigger_id"))
    if trigger is None or trigger.interaction.team != call.workspace.id:
        raise Refusal("invalid_trigger_id")
    if call.world.monotonic() > trigger.until:
        raise Refusal("expired_trigger_id")
    if trigger.is_used:
        raise Refusal("exchanged_trigger_id")
    return trigger


def new_view(world: World, workspace: Workspace, user: str, payload: Json) -> View:
    """A view that lies on no other."""
    name = world.numbers.id("V")
    view = View(name, workspace.id, user, _named(world, payload), world.numbers.id("h"), name)
    if payload["type"] == "modal":
        workspace.views[view.id] = view
    return view


def push_view(world: World, workspace: Workspace, below: View, payload: Json) -> View:
    """A view on top of another. Raises Refusal."""
    depth, lower = 1, below
    while lower.previous is not None:
        depth, lower = depth + 1, lower.previous
    if depth >= _DEEPEST:
        raise Refusal("push_limit_reached")
    view = new_view(world, workspace, below.user, payload)
    view.previous, view.root_id = below, below.root_id
    return view


def change_view(world: World, view: View, payload: Json) -> None:
    """Show something else in a view."""
    view.payload = _named(world, payload)
    view.hash = world.numbers.id("h")
    view.errors = {}
    world.touch()


def _named(world: World, payload: Json) -> Json:
    blocks = [{"block_id": world.numbers.id("b"), **block} for block in payload["blocks"]]
    for block in blocks:
        # Whoever answers a field without a name would never find its value.
        if block["type"] == "input":
            element = {"action_id": world.numbers.id("a"), **block["element"]}
            block["element"] = element
    return {**payload, "blocks": blocks}


METHODS: dict[str, Callable[[Context], Json]] = {
    "views.open": _open,
    "views.publish": _publish,
    "views.push": _push,
    "views.update": _update,
}
