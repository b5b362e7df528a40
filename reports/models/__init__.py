"""What reports owns: published reports and the offices' own Word templates."""

from .published import Kind, OfficeTemplate, PublishedReport

__all__ = ["Kind", "OfficeTemplate", "PublishedReport"]
