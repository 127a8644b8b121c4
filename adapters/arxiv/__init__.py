"""arXiv: its announcements, its catalogue and the papers themselves."""
