"""The composition root: opens what the outside needs and hands it to the services.

The only package of bot/ that imports adapters/.
"""

from bot.app.core import COMMAND, App, Platform, open_app
from bot.app.doctor import examine, report
from bot.app.joining import next_steps
from bot.app.manifest import slack_manifest
from bot.app.once import SampleDay, digest_once, print_digest, publish_text, sample_days, say
from bot.app.publish import Published, publish
from bot.app.service import Service, back_up, check_place, erase, open_service
from bot.app.webhooks import WEBHOOKS

__all__ = [
    "COMMAND",
    "WEBHOOKS",
    "App",
    "Platform",
    "Published",
    "SampleDay",
    "Service",
    "back_up",
    "check_place",
    "digest_once",
    "erase",
    "examine",
    "next_steps",
    "open_app",
    "open_service",
    "print_digest",
    "publish",
    "publish_text",
    "report",
    "sample_days",
    "say",
    "slack_manifest",
]
