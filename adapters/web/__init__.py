"""The web: feeds, and later pages, health and metrics."""
