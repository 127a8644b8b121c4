"""A service that is killed again and again, and what its channels see of it."""
