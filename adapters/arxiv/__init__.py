"""arXiv: its announcement feeds, its catalogue and its full texts."""
