"""Hưng Yên as it was: the demonstration data of the plan 2020–2021.

Names and totals are real, which unit did what on which day is illustrative (`assignment`).
"""

from .loading import Loaded, load
from .people import ACCOUNTS, accounts

__all__ = ["ACCOUNTS", "Loaded", "accounts", "load"]
