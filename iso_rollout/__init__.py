"""Bringing ISO 9001 into every state agency of a province: settings, addresses, text and sheets."""
