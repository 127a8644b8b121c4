"""The application, its commands, users and guilds over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.discord.calls import Call, Routes
from tests.fakes.discord.commands import CHAT_INPUT, check_commands
from tests.fakes.discord.refusals import RefusedError
from tests.fakes.discord.shapes import Guild
from tests.fakes.discord.state import World

_GLOBAL = "/applications/{application_id}/commands"
_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


@dataclass(frozen=True, slots=True)
class AppRoutes:
    """What a bot asks about itself and the guilds it is in."""

    world: World
    gateway_url: Callable[[], str]
    shards: Callable[[], int]

    def table(self) -> Routes:
        """What answers which route."""
        return {
            "GET /gateway": lambda _: {"url": self.gateway_url()},
            "GET /gateway/bot": self.gateway_bot,
            "GET /users/@me": lambda _: {**self.world.me.json(), "verified": True},
            "GET /users/{user_id}": self.user,
            "GET /users/@me/guilds": self.guilds,
            "DELETE /users/@me/guilds/{guild_id}": self.leave,
            "POST /users/@me/channels": self.direct_channel,
            "GET /oauth2/applications/@me": lambda _: self.application(),
            "GET /applications/@me": lambda _: self.application(),
            "GET /guilds/{guild_id}": lambda call: self._guild(call).json(),
            "GET /guilds/{guild_id}/channels": self.channels,
            "GET /guilds/{guild_id}/roles": self.roles,
            "GET /guilds/{guild_id}/members/{user_id}": self.member,
            "GET /guilds/{guild_id}/threads/active": self.active_threads,
            f"GET {_GLOBAL}": self.list_commands,
            f"PUT {_GLOBAL}": self.set_commands,
            f"POST {_GLOBAL}": self.add_command,
            f"DELETE {_GLOBAL}/{{command_id}}": self.delete_command,
            f"GET {_GUILD}": self.list_commands,
            f"PUT {_GUILD}": self.set_commands,
        }

    def _guild(self, call: Call) -> Guild:
        return self.world.guild(call.number("guild_id"))

    def gateway_bot(self, call: Call) -> Any:
        del call
        return {
            "url": self.gateway_url(),
            "shards": self.shards(),
            "session_start_limit": {
                "total": 1000,
                "remaining": 999,
                "reset_after": 14_400_000,
                "max_concurrency": 1,
            },
        }

    def application(self) -> dict[str, Any]:
        """The application object."""
        return {
            "id": str(self.world.me.id),
            "name": "Papercourier",
            "icon": None,
            "description": "",
            "summary": "",
            "type": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": 0,
            "owner": self.world.me.json(),
            "team": None,
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "redirect_uris": [],
            "hook": True,
            "integration_types_config": {"0": {}, "1": {}},
            "approximate_guild_count": len(self.world.guilds) - len(self.world.absent),
        }

    def user(self, call: Call) -> Any:
        user = self.world.users.get(call.number("user_id"))
        if user is None:
            raise RefusedError(10013)
        return user.json()

    def guilds(self, call: Call) -> Any:
        del call
        present = (each for each in self.world.guilds.values() if each.id not in self.world.absent)
        return [
            {
                "id": str(each.id),
                "name": each.name,
                "icon": None,
                "banner": None,
                "owner": False,
                "permissions": str(each.roles[each.id].permissions),
                "features": [],
            }
            for each in present
        ]

    def leave(self, call: Call) -> Any:
        guild = self._guild(call)
        self.world.absent.add(guild.id)
        self.world.emit("GUILD_DELETE", {"id": str(guild.id)}, guild)

    def direct_channel(self, call: Call) -> Any:
        user = self.world.users.get(int(call.json["recipient_id"]))
        if user is None:
            raise RefusedError(10013)
        return self.world.direct_channel(user).json()

    def channels(self, call: Call) -> Any:
        return [each.json() for each in self._guild(call).channels.values()]

    def roles(self, call: Call) -> Any:
        return [each.json() for each in self._guild(call).roles.values()]

    def member(self, call: Call) -> Any:
        member = self._guild(call).members.get(call.number("user_id"))
        if member is None:
            raise RefusedError(10007)
        return member.json()

    def active_threads(self, call: Call) -> Any:
        threads = self._guild(call).threads.values()
        return {"threads": [t.json() for t in threads if not t.archived], "members": []}

    # --- commands --------------------------------------------------------------------------

    def _place(self, call: Call) -> int | None:
        return call.number("guild_id") if "guild_id" in call.params else None

    def list_commands(self, call: Call) -> Any:
        return self.world.commands.get(self._place(call), [])

    def set_commands(self, call: Call) -> Any:
        check_commands(call.json)
        place = self._place(call)
        before = {_key(each): each for each in self.world.commands.get(place, ())}
        self.world.commands[place] = [self._kept(each, before, place) for each in call.json]
        return self.world.commands[place]

    def add_command(self, call: Call) -> Any:
        check_commands([call.json])
        commands = self.world.commands.setdefault(None, [])
        before = {_key(each): each for each in commands}
        kept = self._kept(call.json, before, None)
        commands[:] = [each for each in commands if _key(each) != _key(kept)] + [kept]
        return kept

    def delete_command(self, call: Call) -> Any:
        commands = self.world.commands.get(None, [])
        wanted = call.params["command_id"]
        if wanted not in {each["id"] for each in commands}:
            raise RefusedError(10063)
        commands[:] = [each for each in commands if each["id"] != wanted]

    def _kept(
        self,
        command: Mapping[str, Any],
        before: Mapping[tuple[int, str], Mapping[str, Any]],
        place: int | None,
    ) -> dict[str, Any]:
        """A command as Discord gives it back; one of the same name keeps its ID."""
        earlier = before.get(_key(command))
        members = command.get("default_member_permissions")
        kept = {
            "description": "",
            "options": [],
            "nsfw": False,
            "name_localizations": None,
            "description_localizations": None,
            "contexts": None,
            "integration_types": [0],
            "dm_permission": True,
            **command,
            "type": command.get("type", CHAT_INPUT),
            "id": earlier["id"] if earlier else str(self.world.new_id()),
            "application_id": str(self.world.me.id),
            "version": str(self.world.new_id()),
            "default_permission": True,
            "default_member_permissions": None if members is None else str(members),
        }
        return kept if place is None else {**kept, "guild_id": str(place)}


def _key(command: Mapping[str, Any]) -> tuple[int, str]:
    return command.get("type", CHAT_INPUT), command["name"]
