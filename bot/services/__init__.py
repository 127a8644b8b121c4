"""What the bot does: one verb a module, talking to ports only."""
