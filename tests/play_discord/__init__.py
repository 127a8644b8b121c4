"""A Discord of one's own: `make play-discord` shows the bot in a browser, with no account."""
