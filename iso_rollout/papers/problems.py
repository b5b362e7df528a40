"""The refusal of a file."""


class Refused(Exception):
    """The file is not kept. `code` is stable; the sentence is made when it is shown, with what to do about it."""

    def __init__(self, code, reason=""):
        self.code, self.reason = code, reason
        super().__init__(code, reason)

    def __str__(self):
        from .messages import sentence

        return sentence(self.code, self.reason)
