"""What only a real browser can tell: accessibility, widths, keyboard, print, two people at once."""
