"""Pages on which a list comes in: home, then recognise → match → check → confirm → done, each with its address."""
