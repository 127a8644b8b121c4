"""Time and work for later."""
