"""Word documents (.docx): the zip's directory is judged before anything is unpacked, then what would run when opened."""

import io
import re
import zipfile

from iso_rollout.sheets import guard
from iso_rollout.sheets.problems import Refused as BookRefused

from .problems import Refused

_EXTERNAL = re.compile(rb"<Relationship\b[^>]*>", re.IGNORECASE)
_TARGET = re.compile(rb"""\bTarget\s*=\s*["']([^"']*)""", re.IGNORECASE)
# What Word fetches by itself when the document is opened; a link waits for a click, a picture only shows.
_FETCHED = (b"/attachedtemplate", b"/oleobject", b"/frame", b"/subdocument", b"/aftemplate", b"/package")
_FIELD = re.compile(rb"<w:instrText\b[^>]*>([^<]*)", re.IGNORECASE)
_SIMPLE_FIELD = re.compile(rb"""<w:fldSimple\b[^>]*w:instr\s*=\s*["']([^"']*)""", re.IGNORECASE)


def check_word(data):
    """ "docx". Raises Refused."""
    try:
        members = guard.checked_members(data)
        names = {member.orig_filename.replace("\\", "/").casefold(): member.filename for member in members}
        if "word/document.xml" not in names:
            raise Refused("E_FILE_TYPE", _other_kind(names))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_parts(archive, names)
    except BookRefused as refused:
        raise Refused("E_FILE_ENCRYPTED" if "password" in refused.message else refused.code) from None
    return "docx"


def _other_kind(names):
    for start, kind in (("xl/", "workbook"), ("ppt/", "presentation")):
        if any(name.startswith(start) for name in names):
            return kind
    return "archive"


def _check_parts(archive, names):
    """The parts in which something could hide that runs: content types, relationships, fields."""
    types = guard.read_member(archive, names.get("[content_types].xml", "[Content_Types].xml"))
    if b"macroenabled" in types.lower():
        raise Refused("E_FILE_MACRO")
    for name, member in names.items():
        if name.endswith(".rels"):
            _check_relationships(guard.read_member(archive, member))
        elif name.startswith("word/") and name.endswith(".xml"):
            _check_fields(guard.read_member(archive, member))
    if b"<w:document" not in guard.read_member(archive, names["word/document.xml"])[:20_000]:
        raise Refused("E_FILE_CORRUPT")


def _check_relationships(part):
    for relationship in _EXTERNAL.findall(part):
        lower = relationship.lower()
        if b"external" not in lower or not any(kind in lower for kind in _FETCHED):
            continue
        target = _TARGET.search(relationship)
        # A template on the author's own disk is an ordinary remainder; one on another machine is fetched.
        if target and re.match(rb"\s*(https?:|ftp:|mhtml:|file:/{2,5}[^/]|\\\\)", target[1], re.IGNORECASE):
            if not re.match(rb"\s*file:/+[a-z](:|%3a|\|)", target[1], re.IGNORECASE):
                raise Refused("E_DOC_ACTIVE")


def _check_fields(part):
    """Fields that start a program (DDE): Word may cut their words into runs, so the runs are put together."""
    runs = b"".join(_FIELD.findall(part))
    fields = [*_SIMPLE_FIELD.findall(part), runs]
    if any(re.search(rb"\bDDE(AUTO)?\b", field, re.IGNORECASE) for field in fields):
        raise Refused("E_DOC_ACTIVE")
