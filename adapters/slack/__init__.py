"""Slack as a platform: `/arxiv`, digests in blocks with buttons and threads, App Home, unfurls."""
