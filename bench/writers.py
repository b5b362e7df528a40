"""Two writers of workbooks with the same ready-made rows: ours, and xlsxwriter in constant memory."""

import datetime
import tempfile

import xlsxwriter

from iso_rollout.sheets.streamed import stream_xlsx

TITLES = ("Mã", "Cơ quan", "Mã TTHC", "Tên TTHC", "Tiêu chuẩn", "Từ ngày", "Mã tài liệu", "Ghi chú")
DAY = datetime.date(2020, 1, 6)


def rows(count):
    for number in range(count):
        agency, procedure = divmod(number, 200)
        yield (
            f"D00.{agency:05d}", f"UBND xã Đo {agency}", f"1.{procedure:06d}", f"Thủ tục đo số {procedure}",
            "TCVN ISO 9001:2015", DAY, f"QT-{procedure:03d}", None,
        )  # fmt: skip


def streamed(count):
    with tempfile.TemporaryFile() as out:
        for piece in stream_xlsx(TITLES, rows(count)):
            out.write(piece)


def constant_memory(count):
    with (
        tempfile.NamedTemporaryFile(suffix=".xlsx") as out,
        xlsxwriter.Workbook(out.name, {"constant_memory": True}) as book,
    ):
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        for number, row in enumerate(rows(count)):
            for column, value in enumerate(row):
                if isinstance(value, datetime.date):
                    moment = datetime.datetime.combine(value, datetime.time())
                    sheet.write_datetime(number, column, moment, day)
                elif value is not None:
                    sheet.write_string(number, column, value)


WRITERS = {"streamed": streamed, "constant_memory": constant_memory}
