"""In the child: what kind of document some bytes are, or why they are none.

`main` reads stdin and writes {"kind": "pdf"} or {"refused": [code, reason]} as JSON. No Django here.
"""

import json
import os
import sys

from iso_rollout import child

from .kinds import CPU_SECONDS, MEMORY
from .problems import Refused

_KNOWN = (
    (b"MZ", "program"), (b"\x7fELF", "program"), (b"#!", "program"), (b"\xca\xfe\xba\xbe", "program"),
    (b"\xfe\xed\xfa", "program"), (b"Rar!", "archive"), (b"7z\xbc\xaf", "archive"), (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"), (b"\xfd7zXZ", "archive"), (b"MSCF", "archive"), (b"GIF8", "picture"), (b"BM", "picture"),
    (b"II*\0", "picture"), (b"MM\0*", "picture"), (b"\0\0\1\0", "picture"), (b"{\\rtf", "old_word"),
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def look(data):
    """The name of the kind. Raises Refused; any other exception means that the file is damaged."""
    if data.startswith(b"PK"):
        from .word import check_word

        return check_word(data)
    if data.startswith(b"\xff\xd8\xff"):
        from .pictures import check_picture

        return check_picture(data, "JPEG")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        from .pictures import check_picture

        return check_picture(data, "PNG")
    if data.startswith(_OLE):
        # A Word document with a password is wrapped in the old container.
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise Refused("E_FILE_ENCRYPTED") if encrypted else Refused("E_FILE_TYPE", "old_word")
    if data[:1024].lstrip(b"\xef\xbb\xbf\0\t\r\n ").startswith(b"%PDF-"):
        from .pdf import check_pdf

        return check_pdf(data)
    for magic, what in _KNOWN:
        if data.startswith(magic):
            raise Refused("E_FILE_TYPE", what)
    if data[4:8] == b"ftyp" or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        raise Refused("E_FILE_TYPE", "picture")
    start = data[:1024].lstrip(b"\xef\xbb\xbf\t\r\n ").lower()
    if start.startswith(
        (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"mime-version")
    ):
        raise Refused("E_FILE_TYPE", "page")
    raise Refused("E_FILE_TYPE")


def main():
    child.limit(memory=MEMORY, cpu_seconds=CPU_SECONDS)
    try:
        answer = {"kind": look(sys.stdin.buffer.read())}
    except Refused as refused:
        answer = {"refused": refused.args}
    except MemoryError:
        os._exit(child.TOO_MUCH_MEMORY)
    except Exception:  # no damage may look like anything else than damage
        answer = {"refused": ["E_FILE_CORRUPT", ""]}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)
