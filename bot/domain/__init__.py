"""What the bot knows: frozen data and plain functions. No I/O, no async, no clock."""
