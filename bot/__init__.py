"""Papercourier: each day's arXiv papers that matter, brought to a channel."""
