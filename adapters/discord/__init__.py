"""Discord as a platform: `/arxiv`, digests as embeds with buttons, threads and forum posts."""
