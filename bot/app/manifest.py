"""Slack's app manifest, for the command line."""

from __future__ import annotations

import json

from adapters.slack.manifest import manifest


def slack_manifest(*, command_name: str, http_url: str | None) -> str:
    """The manifest as JSON: for Socket Mode, or for HTTP at `http_url`. Raises UserError."""
    return json.dumps(manifest(command_name=command_name, http_url=http_url), indent=2)
