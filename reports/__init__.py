"""How it adds up: figures, charts and the pages that show them. Owns no fact."""
