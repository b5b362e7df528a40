"""Workbooks that go out filled, are edited in an office and come back: compared three ways, cell by cell."""
