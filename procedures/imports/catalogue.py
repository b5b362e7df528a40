"""Lists of procedures: the catalogue's own, and the export of the national portal."""

import re
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from agencies.imports.records import Draft, RecordList, in_batches, write_drafts
from agencies.models import Role
from iso_rollout.sheets import Problem
from iso_rollout.sheets.examples import PROCEDURES_LIST
from iso_rollout.text import clean, fold, tone_key
from procedures.models import Procedure
from procedures.models.catalogue import join_levels

# The words by which "Cơ quan thực hiện" tells a level, with their accents: "sở" is not "cơ sở", "số" or "sổ".
_COMMUNE = re.compile(r"(?<!thị )\bxã\b|\b(?:phường|thị trấn|đặc khu)\b")
_DISTRICT = re.compile(r"\b(?:huyện|quận|thị xã)\b|^phòng (?!thi hành án)")
_PROVINCE = re.compile(
    r"\btỉnh\b|(?<!cơ )\bsở\b|^(?:chi cục|ban quản lý (?:các )?khu|bql|văn phòng đăng ký đất đai|trung tâm trợ giúp pháp lý)\b"
)
# A line that names a body of a ministry names no level of the province.
_MINISTRY = re.compile(
    r"^(?:bộ|cục|tổng cục|vụ|thanh tra chính phủ)\b|\bbộ (?:nn|nông nghiệp)\b|\bvùng (?:[ivx]+|\d+)\b|\bkhu vực\b"
)
# A place of reception is no authority: "Cấp tỉnh – tiếp nhận tại Trung tâm PVHCC cấp xã".
_RECEPTION = re.compile(r"(?:[-–(,]\s*)?(?:tiếp nhận|nộp hồ sơ|nhận hồ sơ)\b.*", re.IGNORECASE | re.DOTALL)
_OVER = re.compile(r"\b(?:bai bo|het hieu luc|huy bo)\b")


def levels_of(text):
    """ "Chủ tịch UBND cấp tỉnh\\nSở Tư pháp" → "province". Empty when no body of a province handles it."""
    found = set()
    for line in re.split(r"[\n;]", text):
        words = clean(_RECEPTION.sub("", line)).casefold()
        found |= {
            level for level, told in (("commune", _COMMUNE), ("district", _DISTRICT)) if told.search(words)
        }
        if _PROVINCE.search(words) and not (_MINISTRY.search(words) and "cấp tỉnh" not in words):
            found.add("province")
    return join_levels(found)


LEVEL_WORDS = {"province": "Cấp tỉnh", "district": "Cấp huyện", "commune": "Cấp xã"}


def _sheet():
    """A procedure without a code is known by field, name and levels; a decision stays as it is written."""
    changes = {"code": {"required": False}, "decision": {"type": "text"}}
    fields = tuple(replace(field, **changes.get(field.name, {})) for field in PROCEDURES_LIST.fields)
    return replace(
        PROCEDURES_LIST,
        fields=fields,
        subject=("name", "code"),
        evidence=("code", "handled_by", "issued_by", "field"),
    )


def _nameless(field, name, levels):
    return tone_key(field), tone_key(name), levels


class ProcedureList(RecordList):
    """Code, name, field, who handles it, the publishing decision."""

    name = "procedures"
    title = _("Procedures")
    sheet = _sheet()
    model = Procedure
    roles = frozenset({Role.COORDINATOR})
    columns = ("code", "name", "field", "handled_by", "decision")

    def rows(self, *, user, on, options=None, among=None):
        procedures = Procedure.objects.in_force(on) if among is None else among
        for procedure in procedures.order_by("field", "code", "id").iterator():
            levels = "; ".join(LEVEL_WORDS[level] for level in procedure.levels.split(",") if level)
            yield procedure.code, procedure.name, procedure.field, levels, procedure.decision

    def judge(self, reading, *, user, on, options):
        checked = self.start(reading, on)
        codes = {row.values["code"] for row in reading.rows if "code" in row.values}
        known = {p.code: p for p in in_batches(Procedure.objects.order_by(), "code", codes)}
        nameless = {}
        if any("code" not in row.values for row in reading.rows):
            nameless = {_nameless(p.field, p.name, p.levels): p for p in Procedure.objects.filter(code="")}
        wrong = {(e.sheet, e.cell) for e in checked.errors}
        vague, seen = 0, {}
        for row in reading.rows:
            values = row.values
            code, name = values.get("code"), values.get("name")
            if not name or (row.sheet, row.cell("code")) in wrong:
                checked.lines.append(self.line(row, None, label=name or code or "", record={}))
                continue
            key = code or _nameless(values.get("field", ""), name, levels_of(values.get("handled_by", "")))
            if not code and (first := seen.setdefault(key, row)) is not row:
                self.error(checked, "E_DUP", "“%(name)s” stands in row %(row)s already.", row, "name",
                           name=name, row=first.number)  # fmt: skip
                checked.lines.append(self.line(row, None, label=name, record={}))
                continue
            instance = (known.get(code) if code else nameless.get(key)) or Procedure(code=code or "")
            draft, cells = self._draft(row, instance, on)
            vague += not (draft.values.get("levels") or instance.levels)
            record = {
                "code": code, "name": name, "field": draft.values.get("field", instance.field),
                "levels": [level for level in (draft.values.get("levels") or instance.levels).split(",") if level],
            }  # fmt: skip
            draft.cells = cells
            checked.lines.append(self.line(row, draft, label=f"{code or ''} {name}".strip(), record=record))
        if vague:
            checked.warnings.append(
                Problem(
                    "W_NO_LEVEL", "%(count)s procedures name no body of a province, district or commune.",
                    reading.rows[0].sheet, "header", "", {"count": vague},
                )
            )  # fmt: skip
        return checked

    @staticmethod
    def _draft(row, instance, on):
        """What the row says; what it leaves empty stays as it is."""
        said = row.values
        values, cells = {"name": said["name"]}, {}
        if said.get("field"):
            values["field"] = said["field"][:200]
        if said.get("decision"):
            values["decision"] = said["decision"][:200]
        if handled_by := said.get("handled_by"):
            levels = levels_of(handled_by)
            # An export that names no body of a province does not take levels away that somebody entered.
            if levels or instance.pk is None:
                values["levels"], cells["levels"] = levels, "handled_by"
        elif instance.pk is None:
            values["levels"] = ""
        if _OVER.search(fold(said.get("status") or "")) and instance.repealed_on is None:
            values["repealed_on"], cells["repealed_on"] = on, "status"
        return Draft(instance, values), cells

    def write(self, checked, *, change_set, by, options):
        stored = write_drafts(Procedure, checked.lines, change_set=change_set)
        ended = [p for p in stored if p.repealed_on is not None]
        if ended:
            Procedure.refresh_derived(ended)
