"""The official report: what it says (`content`), and the same content as Word, workbook and page."""
