"""Builders of agencies and people for tests. Everything goes through the doors unless it says otherwise."""

import datetime
import itertools
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from agencies.history import open_change_set
from agencies.models import Agency, Kind, Level, Membership, Role, User

_numbers = itertools.count(1)
# A day long before every other one that the tests speak of.
LONG_AGO = datetime.date(2005, 1, 1)


def day(text):
    """A date from 2020-06-08."""
    return datetime.date.fromisoformat(text)


def today():
    return timezone.localdate()


def make_agency(name="", parent=None, kind=Kind.COMMUNE_COMMITTEE, *, by=None, on=None, **values):
    """One agency through the door. Level follows the kind, for other kinds the parent."""
    number = next(_numbers)
    fixed = {
        Kind.PROVINCIAL_COMMITTEE: Level.PROVINCE,
        Kind.DISTRICT_COMMITTEE: Level.DISTRICT,
        Kind.COMMUNE_COMMITTEE: Level.COMMUNE,
    }
    level = fixed.get(kind) or (parent.level if parent else Level.PROVINCE)
    values = {"code": f"T{number:05d}", "level": level} | values
    return Agency.objects.establish(
        name=name or f"UBND xã Số {number}", parent=parent, kind=kind, by=by, on=on, **values
    )


@dataclass
class Province:
    """A small province: every agency of it by a short word."""

    committee: Agency  # UBND tỉnh Hưng Yên, H31
    office: Agency  # Văn phòng UBND tỉnh, covered by the committee
    science: Agency  # Sở Khoa học và Công nghệ: the lead agency
    home: Agency  # Sở Nội vụ
    van_lam: Agency  # two districts …
    khoai_chau: Agency
    lac_dao: Agency  # … and their communes: three in Văn Lâm,
    lac_hong: Agency
    chi_dao: Agency
    dong_tao: Agency  # two in Khoái Châu
    binh_minh: Agency

    @property
    def all(self):
        return list(self.__dict__.values())

    @property
    def communes(self):
        return [self.lac_dao, self.lac_hong, self.chi_dao, self.dong_tao, self.binh_minh]


def make_province(prefix="H31", name="Hưng Yên"):
    """A province with a covered office, two departments, two districts and five communes."""

    def agency(name, code, kind, level, parent=None, **values):
        return Agency(name=name, code=f"{prefix}{code}", kind=kind, level=level, parent=parent, **values)

    top = agency(f"UBND tỉnh {name}", "", Kind.PROVINCIAL_COMMITTEE, Level.PROVINCE)
    districts = [
        agency(f"UBND huyện {n}", c, Kind.DISTRICT_COMMITTEE, Level.DISTRICT, top)
        for n, c in (("Văn Lâm", ".20"), ("Khoái Châu", ".21"))
    ]
    made = [
        top,
        agency("Văn phòng UBND tỉnh", ".VP", Kind.DEPARTMENT, Level.PROVINCE, top, covered_by=top),
        agency("Sở Khoa học và Công nghệ", ".05", Kind.DEPARTMENT, Level.PROVINCE, top),
        agency("Sở Nội vụ", ".01", Kind.DEPARTMENT, Level.PROVINCE, top),
        *districts,
        *(
            agency(f"UBND xã {n}", f"{d.code[len(prefix) :]}.{i}", Kind.COMMUNE_COMMITTEE, Level.COMMUNE, d)
            for i, (n, d) in enumerate(
                [
                    ("Lạc Đạo", districts[0]),
                    ("Lạc Hồng", districts[0]),
                    ("Chỉ Đạo", districts[0]),
                    ("Đông Tảo", districts[1]),
                    ("Bình Minh", districts[1]),
                ],
                1,
            )
        ),
    ]
    change_set = open_change_set(f"Enter {name}", by=None)
    return Province(*Agency.objects.establish_many(made, change_set=change_set))


def make_user(role=None, agency=None, *, starts_on=None, ends_on=None, **values):
    """A person; with a role, holding it at the agency. Password: matkhau-dai."""
    number = next(_numbers)
    values = {
        "username": f"canbo{number}",
        "full_name": f"Cán bộ {number}",
        "email": f"canbo{number}@example.gov.vn",
    } | values
    user = User(**values)
    user.set_password("matkhau-dai")
    user.save()
    if role is not None:
        grant(user, role, agency, starts_on=starts_on, ends_on=ends_on)
    return user


def grant(user, role, agency, *, starts_on=None, ends_on=None):
    """One more role for a person."""
    user.__dict__.pop("_grants", None)
    return Membership.objects.create(
        user=user, role=Role(role), agency=agency, starts_on=starts_on, ends_on=ends_on
    )


def workbook(*rows, sheets=None, merges=(), hidden_rows=()):
    """The bytes of an .xlsx with one sheet of rows, or `sheets`: {name: rows}. Dates stay dates, None is empty."""
    import io

    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day_format = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, lines in (sheets or {"Danh sách": rows}).items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                for column, value in enumerate(line):
                    if isinstance(value, datetime.date):
                        sheet.write_datetime(
                            number, column, datetime.datetime.combine(value, datetime.time()), day_format
                        )
                    elif value is not None:
                        sheet.write(number, column, value)
            for area, text in merges:
                sheet.merge_range(area, text)
            for number in hidden_rows:
                sheet.set_row(number, None, None, {"hidden": True})
    return out.getvalue()


def constraint_names(app_label):
    """The names of all constraints that the models of an app declare."""
    return {c.name for model in apps.get_app_config(app_label).get_models() for c in model._meta.constraints}


@contextmanager
def database_refuses(name):
    """Inside, a statement must break the named constraint, and no other."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
        # What PostgreSQL puts off until the end of the transaction.
        connection.check_constraints()
    # SQLite names the columns of a unique constraint, not the constraint.
    unique_on_sqlite = connection.vendor == "sqlite" and "UNIQUE constraint failed" in str(caught.value)
    assert name in str(caught.value) or unique_on_sqlite


def admin_values(page):
    """What a browser would send back from a page of the administration, untouched."""
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is None or value is False or bound.field.disabled:
                continue
            if isinstance(value, list):
                values[bound.html_name] = value
            elif value is True:
                values[bound.html_name] = "on"
            else:
                values[bound.html_name] = bound.field.widget.format_value(value) or ""
    return values


@contextmanager
def scratch_database(folder):
    """A migrated database of its own for real processes: the environment that leads to it.

    Of the kind of the test run: a file in the folder, or a created PostgreSQL database.
    """
    drop = None
    if connection.vendor == "sqlite":
        url = f"sqlite:///{folder / 'scratch.sqlite3'}"
    else:
        settings = connection.settings_dict
        name = f"scratch_{os.getpid()}"
        drop = f'DROP DATABASE IF EXISTS "{name}"'
        _outside_transactions(drop, f'CREATE DATABASE "{name}"')
        password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
        host = f"{settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}"
        url = f"postgres://{settings['USER']}{password}@{host}/{name}"
    environment = os.environ | {"DATABASE_URL": url, "DEBUG": "true"}
    try:
        run_manage("migrate", "-v0", environment=environment)
        yield environment
    finally:
        if drop:
            _outside_transactions(drop)


def run_manage(*command, environment, check=True):
    """One command of manage.py as a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=django_settings.BASE_DIR,
        env=environment,
        check=check,
        capture_output=True,
        text=True,
    )


def _outside_transactions(*statements):
    """On a connection of its own: no database is created inside a transaction."""
    own = connection.copy()
    try:
        with own._nodb_cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        own.close()
