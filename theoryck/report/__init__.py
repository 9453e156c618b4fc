"""Verdicts for people and for programs: the terminal, JSON with its schema, Markdown."""
