"""Workbooks .xls (BIFF5, BIFF8): values by calamine; formulas, fonts and hidden rows from the records.

The compound file around the records is read here too: a few chains of sectors. Runs in the parsing child.
Sources: [MS-CFB] and [MS-XLS].
"""

import io
import re
import struct

from python_calamine import CalamineError, CalamineWorkbook

from iso_rollout.text.legacy import is_legacy_font

from .formulas import CACHED, ERROR, OUTSIDE
from .guard import refuse_corrupt, refuse_macros, refuse_protected, refuse_type
from .parsed import ParsedSheet, value_rows

END_OF_CHAIN = 0xFFFFFFFE
# Record types.
FORMULA, EOF, BOUNDSHEET, DATEMODE, FILEPASS, FONT, XF = 0x06, 0x0A, 0x85, 0x22, 0x2F, 0x31, 0xE0
FORMAT, SUPBOOK, EXTERNSHEET, ROW, COLINFO = 0x41E, 0x1AE, 0x17, 0x208, 0x7D
LABEL, LABELSST, RSTRING, NUMBER, RK, MULRK = 0x204, 0xFD, 0xD6, 0x203, 0x27E, 0xBD


def parse_xls(data):
    """The workbook's visible sheets as `ParsedSheet`, the hidden ones by name only."""
    streams = read_compound_file(data)
    if any(name.casefold() in ("_vba_project_cur", "_vba_project", "macros") for name in streams):
        raise refuse_macros()
    if "EncryptedPackage" in streams:
        raise refuse_protected()
    records = streams.get("Workbook") or streams.get("Book")
    if not records:
        raise refuse_type("a Word document" if "WordDocument" in streams else "a file of an unknown kind")
    book = _Book(records)
    try:
        values = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in book.sheets:
            if sheet.is_visible:
                cells = values.get_sheet_by_name(sheet.name)
                sheet.merges = [
                    (a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in cells.merged_cell_ranges or ()
                ]
                sheet.fill(value_rows(cells))
    except (CalamineError, ValueError, OSError):
        raise refuse_corrupt() from None
    return book.sheets


def read_compound_file(data):
    """{name: bytes} of the streams of an OLE compound file; storages come with empty bytes.

    Damaged chains end early instead of going round in circles: calamine judges what is left.
    """
    try:
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        fat_count, directory_start, _, mini_cutoff, mini_start = struct.unpack_from("<LL4xLL", data, 44)[:1] + (
            struct.unpack_from("<L", data, 48)[0], 0, *struct.unpack_from("<LL", data, 56)
        )  # fmt: skip
        if shift not in (9, 12) or mini_shift > shift:
            raise refuse_corrupt()
        size = 1 << shift

        def sector(number):
            return data[(number + 1) << shift : (number + 2) << shift]

        fat_sectors = list(struct.unpack_from("<109L", data, 76))
        next_difat = struct.unpack_from("<L", data, 68)[0]
        for _ in range(len(data) // size):
            if next_difat >= END_OF_CHAIN or len(sector(next_difat)) < size:
                break
            *more, next_difat = struct.unpack(f"<{size // 4}L", sector(next_difat))
            fat_sectors += more
        fat = []
        for number in fat_sectors[:fat_count]:
            piece = sector(number)
            fat += struct.unpack(f"<{len(piece) // 4}L", piece[: len(piece) // 4 * 4])

        def chain(start, table, read):
            pieces, number, seen = [], start, 0
            while number < len(table) and seen <= len(table):
                pieces.append(read(number))
                number, seen = table[number], seen + 1
            return b"".join(pieces)

        entries = chain(directory_start, fat, sector)
        mini_fat_bytes = chain(mini_start, fat, sector)
        mini_fat = struct.unpack(
            f"<{len(mini_fat_bytes) // 4}L", mini_fat_bytes[: len(mini_fat_bytes) // 4 * 4]
        )
        streams, mini_stream = {}, b""
        for place in range(0, len(entries) - 127, 128):
            name_length, kind = struct.unpack_from("<HB", entries, place + 64)
            start, length = struct.unpack_from("<LL", entries, place + 116)
            name = entries[place : place + max(name_length - 2, 0)].decode("utf-16-le", "replace")
            if kind == 5:
                mini_stream = chain(start, fat, sector)
            elif kind == 1:
                streams[name] = b""
            elif kind == 2 and length < mini_cutoff:
                step = 1 << mini_shift
                pieces = [mini_stream[at : at + step] for at in range(0, len(mini_stream), step)]
                streams[name] = chain(start, mini_fat[: len(pieces)], pieces.__getitem__)[:length]
            elif kind == 2:
                streams[name] = chain(start, fat, sector)[:length]
        return streams
    except struct.error:
        raise refuse_corrupt() from None


class _Book:
    """What the records say beside the values."""

    def __init__(self, records):
        self.records = records
        self.sheets, self.fonts, self.xf_fonts, self.formats, self.xf_formats = [], [], [], {}, []
        self.epoch_1904, self.is_biff8 = False, True
        self.books, self.outside_books = (
            [],
            set(),
        )  # whether a book is this one; numbers of references that leave it
        try:
            places = self._read_globals()
            for sheet, place in zip(self.sheets, places, strict=True):
                if sheet.is_visible:
                    self._read_sheet(sheet, place)
        except (struct.error, IndexError):
            raise refuse_corrupt() from None

    def _walk(self, place):
        """(type, body) of each record up to the end of its substream; substreams inside (charts) are skipped."""
        depth = 0
        while place + 4 <= len(self.records):
            kind, length = struct.unpack_from("<HH", self.records, place)
            body = self.records[place + 4 : place + 4 + length]
            place += 4 + length
            if kind == 0x809:
                depth += 1
                self.is_biff8 = struct.unpack_from("<H", body)[0] >= 0x600
            elif kind == EOF:
                depth -= 1
                if depth <= 0:
                    return
            elif depth == 1:
                yield kind, body

    def _read_globals(self):
        places = []
        for kind, body in self._walk(0):
            if kind == FILEPASS:
                raise refuse_protected()
            if kind == BOUNDSHEET:
                place, hidden, sheet_kind = struct.unpack_from("<LBB", body)
                if sheet_kind == 1:
                    raise refuse_macros()
                if sheet_kind == 0:
                    self.sheets.append(
                        ParsedSheet(self._text(body, 6, wide_length=False), is_visible=not hidden & 3)
                    )
                    places.append(place)
            elif kind == SUPBOOK:
                self.books.append(body[2:4] in (b"\x01\x04", b"\x01\x3a"))  # itself, or add-in functions
            elif kind == EXTERNSHEET and self.is_biff8:
                for number in range(struct.unpack_from("<H", body)[0]):
                    book = struct.unpack_from("<H", body, 2 + 6 * number)[0]
                    if book < len(self.books) and not self.books[book]:
                        self.outside_books.add(number)
            elif kind == DATEMODE:
                self.epoch_1904 = body[:1] == b"\1"
            elif kind == FONT:
                self.fonts.append(self._text(body, 14, wide_length=False))
            elif kind == FORMAT:
                self.formats[struct.unpack_from("<H", body)[0]] = self._text(
                    body, 2, wide_length=self.is_biff8
                )
            elif kind == XF:
                font, number_format = struct.unpack_from("<HH", body)
                # There is no font number 4: later ones count one higher than they stand.
                self.xf_fonts.append(font - (font > 4))
                self.xf_formats.append(number_format)
        for sheet in self.sheets:
            sheet.epoch_1904 = self.epoch_1904
        return places

    def _text(self, body, start, *, wide_length):
        length = struct.unpack_from("<H" if wide_length else "<B", body, start)[0]
        start += 2 if wide_length else 1
        if not self.is_biff8:
            return body[start : start + length].decode("cp1252", "replace")
        is_wide = body[start] & 1
        raw = body[start + 1 : start + 1 + length * (1 + is_wide)]
        return raw.decode("utf-16-le" if is_wide else "latin-1", "replace")

    def _read_sheet(self, sheet, place):
        for kind, body in self._walk(place):
            if kind == ROW:
                row, flags = struct.unpack_from("<H10xL", body)
                if flags & 0x20:
                    sheet.hidden_rows.add(row + 1)
            elif kind == COLINFO:
                first, last, _, _, flags = struct.unpack_from("<5H", body)
                if flags & 1:
                    sheet.hidden_columns.update(range(first + 1, min(last, 255) + 2))
            elif kind == MULRK:
                row, first = struct.unpack_from("<2H", body)
                for column in range((len(body) - 6) // 6):
                    style = struct.unpack_from("<H", body, 4 + 6 * column)[0]
                    self._note_style(sheet, (row + 1, first + column + 1), style, is_text=False)
            elif kind in (LABEL, LABELSST, RSTRING, NUMBER, RK, FORMULA):
                row, column, style = struct.unpack_from("<3H", body)
                cell = (row + 1, column + 1)
                self._note_style(sheet, cell, style, is_text=kind not in (NUMBER, RK))
                if kind == FORMULA:
                    sheet.formulas[cell] = self._formula_state(body)

    def _note_style(self, sheet, cell, style, *, is_text):
        if style >= len(self.xf_fonts):
            return
        font = self.xf_fonts[style]
        if is_text and font < len(self.fonts) and is_legacy_font(self.fonts[font]):
            sheet.fonts[cell] = self.fonts[font]
        code = self.formats.get(self.xf_formats[style], "").strip('"')
        if not is_text and len(code) > 1 and not code.strip("0"):
            sheet.formats[cell] = code

    def _formula_state(self, body):
        """.xls stores tokens, not text: a look at the bytes of HYPERLINK and of references into other books."""
        result, tokens = body[6:14], body[22:]
        references = {struct.unpack("<H", found)[0] for found in _REFERENCE.findall(tokens)}
        if _HYPERLINK.search(tokens) or references & self.outside_books:
            return (OUTSIDE, "")
        if result[6:8] == b"\xff\xff" and result[0] == 2:
            return (ERROR, "")
        # An empty text is what a formula may give; .xls has no formula that was never calculated.
        return (CACHED, "")


_HYPERLINK = re.compile(rb"[\x22\x42\x62][\x01\x02]\x67\x01", re.DOTALL)  # function 359, one or two arguments
_REFERENCE = re.compile(
    rb"[\x39-\x3d\x59-\x5d\x79-\x7d](..)", re.DOTALL
)  # name, cell or area of a sheet by number
