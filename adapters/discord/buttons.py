"""The buttons under papers: whatever message they stand on, and since when."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Self

import discord
from discord import ui

from adapters.discord.actions import CUSTOM_ID, Action, Press, custom_id, read_custom_id
from bot.domain.commands import Command, Similar, Summarize, Thumb, Why
from bot.domain.thumbs import Vote

Pressed = Callable[[discord.Interaction[Any], Press], Awaitable[None]]


def command_of_press(press: Press) -> Command:
    """What a button means."""
    match press.action:
        case Action.SUMMARIZE:
            return Summarize(press.paper)
        case Action.SIMILAR:
            return Similar(press.paper)
        case Action.WHY:
            return Why(press.paper)
        case Action.LIKE:
            return Thumb(press.paper, Vote.UP)
        case Action.DISLIKE:
            return Thumb(press.paper, Vote.DOWN)


def paper_button(pressed: Pressed) -> type[ui.DynamicItem[Any]]:
    """The class by which discord.py knows our buttons again, after a restart too."""

    class PaperButton(ui.DynamicItem[ui.Button[Any]], template=CUSTOM_ID):
        def __init__(self, press: Press) -> None:
            written = custom_id(press.action, str(press.paper))
            super().__init__(ui.Button(label=press.action, custom_id=written))
            self._press = press

        @classmethod
        async def from_custom_id(
            cls,
            interaction: discord.Interaction[Any],
            item: ui.Item[Any],
            match: re.Match[str],
            /,
        ) -> Self:
            """The button that was pressed."""
            del interaction, item
            press = read_custom_id(match[0])
            if press is None:
                raise ValueError(f"no button of ours: {match[0]!r}")
            return cls(press)

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            """Somebody pressed it."""
            await pressed(interaction, self._press)

    return PaperButton
