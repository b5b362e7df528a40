"""Guard: what kind of file this is, by its content, and whether its container may be opened at all.

Runs in the parsing child. Looks at directories and sizes only; nothing is unpacked before it is allowed.
Source of the limits: the import contract, items 1 and 2.
"""

import re
import struct
import zipfile

from .problems import Refused

MAX_BYTES = 20 * 2**20
MAX_UNPACKED = 200 * 10**6
MAX_MEMBER = 10 * 10**6  # a larger member must not be packed more tightly than MAX_RATIO
MAX_RATIO = 200
MAX_MEMBERS = 1_000
MAX_DIRECTORY = 2**20  # bytes of the zip's own directory: a thousand ordinary entries need a tenth of it
MAX_ROWS = 250_000
MAX_COLUMNS = 50

# What operating systems and open programs leave in a folder beside the workbooks.
_LEFT_BEHIND = re.compile(
    r"(?:^|/)(?:__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$|~\$|\.~lock)", re.IGNORECASE
)

SAVE_AS = "Save it as an Excel workbook (.xlsx) and try again."
_KNOWN = (
    (b"%PDF", "a PDF document"), (b"MZ", "a program"), (b"\x7fELF", "a program"), (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"Rar!", "an archive"), (b"7z\xbc\xaf", "an archive"),
    (b"\x1f\x8b", "an archive"), (b"{\\rtf", "a text document"),
)  # fmt: skip


def refuse_type(what):
    return Refused(
        "E_FILE_TYPE",
        "This is %(problem)s; files of this kind are not read. %(advice)s",
        problem=what,
        advice=SAVE_AS,
    )


def refuse_corrupt():
    return Refused(
        "E_FILE_CORRUPT", "The file is damaged or was not uploaded completely. Open it, save it, try again."
    )


def kind_of(data):
    """ "xlsx", "ods", "xls" or "csv", by content. Raises `Refused` for everything else."""
    if len(data) > MAX_BYTES:
        raise Refused("E_FILE_SIZE", "The file has more than %(limit)s MB.", limit=MAX_BYTES // 2**20)
    if not data.strip(b"\0\t\r\n "):
        raise Refused("E_FILE_CORRUPT", "The file is empty.")
    for magic, what in _KNOWN:
        if data.startswith(magic):
            raise refuse_type(what)
    if data.startswith(b"PK"):
        return check_zip(data)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls"
    if data[:2] == b"\x09\x08" or data[:4] in (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"):
        raise refuse_type("a workbook of a very old Excel")
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"schemas-microsoft-com:office:spreadsheet" in start or b"<office:document" in start:
        raise refuse_type("a table in one XML file (Excel 2003, .fods)")
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml", b"mime-version")):
        raise refuse_type("a web page with the name of a workbook")
    if is_binary(data):
        raise refuse_type("a file of an unknown kind")
    return "csv"


def is_binary(data):
    """More than one byte in twenty is a control character, and it is not UTF-16."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or unmarked_utf16(data):
        return False
    sample = data[:100_000]
    controls = len(sample) - len(sample.translate(None, bytes(set(range(32)) - {9, 10, 13, 27})))
    return controls * 20 > len(sample)


def unmarked_utf16(data):
    """Which UTF-16 a text without its mark is, None when it is none: one byte of most letters is zero, the other never."""
    pieces = {"utf-16-le": data[1:10_000:2], "utf-16-be": data[:10_000:2]}
    zeros = {encoding: piece.count(0) for encoding, piece in pieces.items()}
    encoding = max(zeros, key=zeros.get)
    is_it = 2 * zeros[encoding] > len(pieces[encoding]) and not min(zeros.values())
    return encoding if is_it else None


def check_zip(data):
    """Judge a zip by its directory; returns "xlsx" or "ods"."""
    members = checked_members(data)
    return _office_kind({_plain_name(member).casefold() for member in members}, data, members)


def workbooks_within(data):
    """[(name, bytes)] of the files of an archive of workbooks; None when the bytes are a workbook themselves.

    Judged by its directory as every container, then each file is unpacked once. Folders and what systems leave
    behind (Thumbs.db, resource forks, lock files) are passed over. Raises `Refused`.
    """
    if not data.startswith(b"PK"):
        return None
    members = checked_members(data)
    if _is_office({_plain_name(member).casefold() for member in members}):
        return None
    archive = zipfile.ZipFile(_as_file(data))
    return [
        (_plain_name(member).rpartition("/")[2], _unpacked(archive, member))
        for member in members
        if not member.is_dir() and not _LEFT_BEHIND.search(_plain_name(member))
    ]


def _is_office(names):
    return bool(
        names & {"mimetype", "[content_types].xml", "xl/workbook.xml", "xl/workbook.bin"}
        or any(name.startswith(("word/", "ppt/")) for name in names)
    )


def _unpacked(archive, member):
    """One file of an archive, at most what its directory entry promised."""
    if member.file_size > MAX_BYTES:
        raise Refused("E_FILE_SIZE", "The file has more than %(limit)s MB.", limit=MAX_BYTES // 2**20)
    try:
        return archive.read(member)
    except Exception as error:  # zlib.error, BadZipFile, struct.error: a damaged stream
        raise refuse_corrupt() from error


def _plain_name(member):
    return member.orig_filename.replace("\\", "/")


def checked_members(data):
    """The members of a zip that may be unpacked, by its directory: number, names, sizes, no macros, no password.

    Raises `Refused`.
    """
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if end < 0 or len(data) < end + 22:
        raise refuse_corrupt()
    count, size = struct.unpack("<HL", data[end + 10 : end + 16])
    if count > MAX_MEMBERS or size > MAX_DIRECTORY:
        raise _too_many(count)
    try:
        members = zipfile.ZipFile(_as_file(data)).infolist()
    except (
        zipfile.BadZipFile,
        ValueError,
        OverflowError,
        NotImplementedError,
        struct.error,
        UnicodeDecodeError,
    ):
        raise refuse_corrupt() from None
    if len(members) > MAX_MEMBERS:
        raise _too_many(len(members))
    if members and min(member.header_offset for member in members):
        # Something stands before the first entry: of a zip cut off in the middle only its last workbook would be seen.
        raise refuse_corrupt()
    names = [_plain_name(member) for member in members]
    for name in names:
        if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":" or "\0" in name:
            raise Refused(
                "E_ZIP_PATH", "The workbook holds a part with a strange path; it was not made by Excel."
            )
    if len({name.casefold() for name in names}) != len(names):
        raise refuse_corrupt()
    _check_macros(names)
    _check_sizes(members)
    if any(member.flag_bits & 1 for member in members):
        raise refuse_protected()
    return members


def _as_file(data):
    import io

    return io.BytesIO(data)


def _too_many(count):
    return Refused(
        "E_ZIP_ENTRIES", "The workbook consists of too many parts (%(count)s, at most %(limit)s).",
        count=count, limit=MAX_MEMBERS,
    )  # fmt: skip


def refuse_protected():
    return Refused("E_FILE_TYPE", (
        "The workbook is protected by a password. In Excel choose File, Info, Protect Workbook, Encrypt"
        " with Password, empty the password, save and try again."
    ))  # fmt: skip


def refuse_macros():
    return Refused(
        "E_FILE_MACRO", "The workbook holds macros. Save it as .xlsx without macros and try again."
    )


def _check_macros(names):
    for name in map(str.casefold, names):
        if (
            name.endswith("vbaproject.bin")
            or "/macrosheets/" in name
            or name.startswith(("basic/", "scripts/"))
        ):
            raise refuse_macros()


def _check_sizes(members):
    total = sum(member.file_size for member in members)
    dense = any(
        m.file_size > MAX_MEMBER and m.file_size > MAX_RATIO * max(m.compress_size, 1) for m in members
    )
    if total > MAX_UNPACKED or dense:
        raise Refused(
            "E_ZIP_BOMB", "The workbook unpacks to %(size)s MB, more than is accepted (%(limit)s MB).",
            size=round(total / 1e6), limit=MAX_UNPACKED // 10**6,
        )  # fmt: skip


def _office_kind(names, data, members):
    if "mimetype" in names and "content.xml" in names:
        return "ods"
    if "mimetype" in names and "encrypted-package" in names:
        raise refuse_protected()
    if any(name.startswith("word/") for name in names):
        raise refuse_type("a Word document")
    if any(name.startswith("ppt/") for name in names):
        raise refuse_type("a presentation")
    if "xl/workbook.bin" in names:
        raise refuse_type("a binary workbook (.xlsb)")
    if "[content_types].xml" not in names and "xl/workbook.xml" not in names:
        raise refuse_type("an archive")
    return "xlsx"


def read_member(archive, name, limit=MAX_UNPACKED):
    """One member's bytes, at most what its directory entry promised; XML with a document type is refused."""
    try:
        data = archive.read(name)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise refuse_corrupt() from None
    except Exception as error:  # zlib.error, struct.error: a damaged stream
        raise refuse_corrupt() from error
    check_document_type(data)
    return data


def check_document_type(data):
    """No DOCTYPE and no entity, in whatever encoding the XML hides it (billion laughs, quadratic blow-up)."""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]
    plain = data.replace(b"\0", b"") if wide else data
    if b"!" not in plain:  # found in a tenth of the time
        return
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise Refused(
            "E_XML_DTD", "The workbook holds a document type declaration; it was not made by Excel."
        )
