"""The small province with its people, as for the writing screens."""

from procedures.tests.conftest import place

__all__ = ["place"]
