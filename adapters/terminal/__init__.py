"""The terminal as a platform: for development, demos, cron jobs and small groups."""
