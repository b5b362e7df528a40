"""The grid of an agency's procedures: what it shows, and what pasting, marking and copying would make of it.

Nothing here writes: each module works out edits (`procedures.models.duty_edits`), a page shows them, the door writes them.
"""
