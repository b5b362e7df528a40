"""Letters that carry figures to people who do not open the register every day."""
