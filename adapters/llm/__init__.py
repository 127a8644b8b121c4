"""Summaries: a language model behind an OpenAI-compatible endpoint, or extracts without one."""
