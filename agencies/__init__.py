"""Who: the tree of agencies, the people and their roles, and who changed what."""
