"""What the register costs at a province's size and at a country's, as ratios (bench/README.md)."""
