"""Pages about the person, the people and the history, by noun."""
