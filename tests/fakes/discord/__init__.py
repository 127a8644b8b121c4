"""A fake Discord on loopback: `from tests.fakes.discord import DiscordServer`."""

from tests.fakes.discord.commands import CannotAskError
from tests.fakes.discord.interactions import Interaction, Modal
from tests.fakes.discord.person import Person
from tests.fakes.discord.server import DiscordServer
from tests.fakes.discord.shapes import Channel, Guild, Message

__all__ = [
    "CannotAskError",
    "Channel",
    "DiscordServer",
    "Guild",
    "Interaction",
    "Message",
    "Modal",
    "Person",
]
