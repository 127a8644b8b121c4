"""A Slack on loopback, as strict as its documentation: Web API, Socket Mode, HTTP, OAuth.

`async with SlackServer() as slack:` gives `slack.api_url` to the bot and users to the test:
`await slack.user("U1").slash("subscribe cs.CL")`. What the bot sent against Slack's rules was
answered with Slack's error and stands in `slack.violations`.
"""

from tests.fakes.slack.delivering import Delivery
from tests.fakes.slack.installing import Installed
from tests.fakes.slack.server import SlackServer
from tests.fakes.slack.state import Channel, Message, View, Workspace
from tests.fakes.slack.user import SlackUser
from tests.fakes.slack.world import Call, Interaction

__all__ = [
    "Call",
    "Channel",
    "Delivery",
    "Installed",
    "Interaction",
    "Message",
    "SlackServer",
    "SlackUser",
    "View",
    "Workspace",
]
