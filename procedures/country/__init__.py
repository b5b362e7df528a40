"""A synthetic country: real-looking agencies, catalogue, plans, rollouts, declarations and people.

For load tests and benchmarks only. Names of places are real and repeated as in reality; who
did what, and when, is invented. It is written past the doors, set-based, and without lines of
history: two million duties would bring two million lines that nobody has made. The same size
and seed give the same country.
"""

from .build import NotEmpty, build

__all__ = ["NotEmpty", "build"]
