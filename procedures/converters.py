"""Parts of addresses; importing this makes them known to Django."""

from django.urls import register_converter


class CodeConverter:
    """A plan's code: anything but a slash and control characters, which no database keeps in a text."""

    regex = r"[^/\x00-\x1f]+"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


register_converter(CodeConverter, "code")
