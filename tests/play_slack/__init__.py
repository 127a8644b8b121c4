"""A Slack of one's own: `make play-slack` shows the bot in a browser, with nothing installed."""
