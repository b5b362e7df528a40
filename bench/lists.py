"""The lists that are measured: a register without duties, and files that say which agency handles what."""

import csv
import datetime
import io

import xlsxwriter
from django.db import connection

from agencies.history import open_change_set
from agencies.models import Agency, Kind, Level
from procedures.models import Procedure, Standard

HEAD = ("Mã cơ quan", "Mã TTHC", "Phiên bản tiêu chuẩn", "Áp dụng từ ngày", "Số văn bản")
AGENCY_HEAD = ("Mã cơ quan", "Tên cơ quan", "Cấp", "Cơ quan cấp trên")
PROCEDURES = 200
SINCE = datetime.date(2020, 1, 6)


def make_register(agencies):
    """A province of so many communes and a catalogue of 200 procedures, without a single duty. Returns the communes."""
    top = Agency(name="UBND tỉnh Đo", code="D00", kind=Kind.PROVINCIAL_COMMITTEE, level=Level.PROVINCE)
    communes = [
        Agency(name=f"UBND xã Đo {n}", code=f"D00.{n:05d}", kind=Kind.COMMUNE_COMMITTEE, level=Level.COMMUNE, parent=top)
        for n in range(1, agencies + 1)
    ]  # fmt: skip
    Agency.objects.establish_many([top, *communes], change_set=open_change_set("bench", by=None))
    Procedure.objects.bulk_create(
        Procedure(code=f"1.{n:06d}", name=f"Thủ tục đo số {n}", field="Đo", levels="commune", search_key=f"do {n}")
        for n in range(1, PROCEDURES + 1)
    )  # fmt: skip
    return communes


def standard(year):
    return Standard.objects.get(code=f"TCVN ISO 9001:{year}")


def duty_rows(rows):
    """Rows of `agency-procedures`: every day of some years, documents as offices number them."""
    for number in range(rows):
        agency, procedure = divmod(number, PROCEDURES)
        day = SINCE + datetime.timedelta(days=number % 700)
        yield (
            f"D00.{agency + 1:05d}",
            f"1.{procedure + 1:06d}",
            "TCVN ISO 9001:2015",
            day,
            f"QT-{procedure + 1:03d}",
        )


def agency_rows(rows):
    """Rows of `agencies`: a province, its districts, their communes."""
    yield "N00", "UBND tỉnh Đo Mới", "Tỉnh", None
    for number in range(1, rows):
        if number % 20 == 1:
            yield f"N00.{number:05d}", f"UBND huyện Đo {number}", "Huyện", "N00"
        else:
            yield f"N00.{number:05d}", f"UBND xã Đo {number}", "Xã", f"N00.{number - (number - 1) % 20:05d}"


def office_rows(rows):
    """As an office writes it: title block, heading in two rows, districts as group rows, names instead of codes."""
    yield ("UBND TỈNH ĐO",)
    yield ("DANH MỤC THỦ TỤC HÀNH CHÍNH ÁP DỤNG TCVN ISO 9001",)
    yield ()
    yield "STT", "Cơ quan", "Thủ tục hành chính", None, "Áp dụng ISO"
    yield None, None, "Mã TTHC", "Tên TTHC", "Phiên bản tiêu chuẩn", "Áp dụng từ ngày"
    for number in range(rows):
        agency, procedure = divmod(number, PROCEDURES)
        if procedure == 0:
            yield (f"{agency + 1}. Nhóm {agency + 1}",)
        day = SINCE + datetime.timedelta(days=number % 700)
        yield (
            number + 1, f"UBND xã Đo {agency + 1}", f"1.{procedure + 1:06d}", f"Thủ tục đo số {procedure + 1}",
            "ISO 9001:2015", day,
        )  # fmt: skip
    yield None, "Tổng cộng", rows


def as_xlsx(rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": True}) as book:
        sheet, day = book.add_worksheet("Danh sách"), book.add_format({"num_format": "dd/mm/yyyy"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, datetime.date):
                    sheet.write_datetime(
                        number, column, datetime.datetime.combine(value, datetime.time()), day
                    )
                elif value is not None:
                    sheet.write(number, column, value)
    return out.getvalue()


def as_csv(rows):
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([f"{v:%d/%m/%Y}" if isinstance(v, datetime.date) else v for v in row])
    return out.getvalue().encode("utf-8-sig")


WRITERS = {"xlsx": as_xlsx, "csv": as_csv}


def forget(*models):
    """Empty tables between two measurements, past every door: a scratch database has no history to keep."""
    tables = ", ".join(f'"{model._meta.db_table}"' for model in models)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {tables}")
        else:
            for table in tables.split(", "):
                cursor.execute(f"DELETE FROM {table}")
