"""PDF: read by qpdf without unpacking its content streams; refused when it would do more than be read."""

import io
import re

import pikepdf

from .problems import Refused

TAIL = 2_048  # readers look for the end mark in the last thousand bytes; signing tools pad a little
_MARKUP = re.compile(rb"<(!doctype|html|head|body|script|svg|iframe|\?php)\b", re.IGNORECASE)
# Names that make an object worth a closer look, as qpdf writes them.
_SUSPECT = re.compile(
    rb"/(JavaScript|JS|Launch|SubmitForm|ImportData|GoToE|GoToR|Rendition|Movie|Sound|RichMedia\w*|Screen|"
    rb"FileAttachment|EmbeddedFiles?|EF|XFA|URI)\b"
)
# Ordinary links, of which a long document has thousands.
_LINK = re.compile(rb"/S\s*/URI\b|/URI\s*\((https?|mailto|tel|ftp):")
_ACTIONS = {
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound",
    "/RichMediaExecute",
}  # fmt: skip
_ANNOTATIONS = {"/RichMedia", "/Screen", "/Movie", "/Sound"}
_SCHEMES = {"", "http", "https", "mailto", "tel", "ftp"}
_DEPTH = 60


def check_pdf(data):
    """ "pdf". Raises Refused, or anything else for a damaged file."""
    _check_outside(data)
    try:
        pdf = pikepdf.open(io.BytesIO(data), suppress_warnings=True)
    except pikepdf.PasswordError:
        raise Refused("E_FILE_ENCRYPTED") from None
    except pikepdf.PdfError:
        raise Refused("E_FILE_ENCRYPTED" if _says_encrypted(data) else "E_FILE_CORRUPT") from None
    with pdf:
        # A dictionary of encryption that qpdf did not take for one: no reader will show the pages.
        if not pdf.is_encrypted and _says_encrypted(data):
            raise Refused("E_FILE_ENCRYPTED")
        if len(pdf.pages) == 0:
            raise Refused("E_FILE_CORRUPT")
        for found in pdf.objects:
            _check_object(found)
    return "pdf"


def _check_outside(data):
    """What stands before the first object and after the end mark: another file may hide there, or the end be missing."""
    if _MARKUP.search(data[:1024]):
        raise Refused("E_FILE_TYPE", "two_in_one")
    end = data.rfind(b"%%EOF")
    if end < 0 or data.rfind(b"startxref") < 0:
        raise Refused("E_FILE_ENCRYPTED" if _says_encrypted(data) else "E_FILE_CORRUPT")
    after = data[end + 5 :].strip(b"\0\t\r\n ")
    if len(after) > TAIL or b"PK\5\6" in after or b"PK\3\4" in after or _MARKUP.search(after):
        raise Refused("E_FILE_TYPE", "two_in_one")


def _says_encrypted(data):
    return re.search(rb"/Encrypt\s*(<<|\d+\s+\d+\s+R)", data) is not None


def _check_object(found):
    """One indirect object: its own text tells whether a closer look is needed."""
    if not isinstance(found, pikepdf.Object):
        return
    if isinstance(found, pikepdf.Stream):
        found = found.stream_dict
    elif not isinstance(found, (pikepdf.Dictionary, pikepdf.Array)):
        return
    if _SUSPECT.search(_LINK.sub(b"", found.unparse(resolved=True))):
        _check_inside(found, _DEPTH)


def _check_inside(found, depth):
    """A dictionary or array with what is written directly inside; indirect objects come by on their own."""
    if depth == 0:
        raise Refused("E_FILE_CORRUPT")
    if isinstance(found, pikepdf.Array):
        inner = list(found)
    else:
        _check_dictionary(found)
        inner = [value for _key, value in found.items()]
    for value in inner:
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect:
            _check_inside(value, depth - 1)


def _check_dictionary(found):
    keys = set(found.keys())
    action = str(found.get("/S", "")) if found.get("/Type") != pikepdf.Name.StructElem else ""
    if keys & {"/JS", "/JavaScript", "/XFA"} or action in _ACTIONS:
        raise Refused("E_PDF_ACTIVE")
    if str(found.get("/Subtype", "")) in _ANNOTATIONS:
        raise Refused("E_PDF_ACTIVE")
    is_file = found.get("/Type") == pikepdf.Name.EmbeddedFile or "/EmbeddedFiles" in keys or "/EF" in keys
    if is_file or str(found.get("/Subtype", "")) == "/FileAttachment":
        raise Refused("E_PDF_ACTIVE", "embedded")
    if "/URI" in keys and isinstance(found.get("/URI"), (pikepdf.String, str)):
        if _scheme(str(found.get("/URI"))) not in _SCHEMES:
            raise Refused("E_PDF_ACTIVE", "link")


def _scheme(address):
    """The scheme of a link as a lenient reader takes it: without blanks and control characters, in small letters."""
    plain = "".join(c for c in address if c > " " and c.isprintable()).lower()
    head, colon, _rest = plain.partition(":")
    return head if colon and re.fullmatch(r"[a-z][a-z0-9+.-]*", head) else ""
