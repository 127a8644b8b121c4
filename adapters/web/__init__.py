"""The web: pages and feeds, as files and live; health and metrics."""
