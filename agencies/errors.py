"""What a door answers when it does not do what was asked. Each carries a sentence for the person."""


class Refused(Exception):
    """A rule forbids the change; nothing was written. `field` names the input at fault, if one is."""

    def __init__(self, message, field=None):
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self):
        return str(self.message)


class ChangedMeanwhile(Exception):
    """Somebody else saved first; nothing was written.

    `theirs` is the record as it is now, `change` the last line of its history: who, and when.
    `lines` is that history where it is more than the record's own lines.
    """

    def __init__(self, theirs, lines=None):
        super().__init__(f"{theirs} was changed meanwhile")
        self.theirs, self.lines = theirs, lines

    @property
    def change(self):
        from agencies.models import Change

        if self.lines is not None:
            lines = self.lines
        else:
            # A record that others belong to says itself whose lines tell its history.
            lines = self.theirs.lines() if hasattr(self.theirs, "lines") else Change.objects.of(self.theirs)
        return lines.select_related("change_set__made_by").first()
