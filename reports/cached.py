"""Where pages of figures find it; it stands in `agencies`, because the navigation's counts are kept the same way."""

from agencies.cached import cached, remembered

__all__ = ["cached", "remembered"]
