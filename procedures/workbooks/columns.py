"""The sheets of a workbook that goes out, and their columns. The words are those of an office, in every language."""

from dataclasses import dataclass
from functools import cached_property

from iso_rollout.sheets import Field
from iso_rollout.text import fold
from procedures.lifecycle import Stage

KEY, AGENCY, CODE, PARENT = "key", "agency", "code", "parent"
DAY, STANDARD, TEXT, DECISION = "date", "standard", "text", "decision"


@dataclass(frozen=True)
class Column:
    """One column. `is_open`: people fill it in; the others say which record a row is about."""

    name: str
    title: str
    type: str = TEXT
    width: int = 12
    is_open: bool = False
    max_length: int = 255
    told: str = ""  # what the cell asks for, shown when it is chosen

    @cached_property
    def field(self):
        """How a filled cell is read."""
        date_field = "declared_on" if self.name == "number" else ""
        return Field(self.name, self.title, self.type, max_length=self.max_length, date_field=date_field)

    @cached_property
    def heading(self):
        return fold(self.title)

    @property
    def is_day(self):
        return self.type == DAY


@dataclass(frozen=True)
class Layout:
    """One sheet: `letter` begins the keys of its rows ("R12": rollout 12), `about` names what a row is about."""

    name: str
    letter: str
    title: str
    columns: tuple
    about: tuple  # the locked columns that tell rows of one agency apart

    @cached_property
    def open_columns(self):
        return tuple(column for column in self.columns if column.is_open)

    @cached_property
    def by_name(self):
        return {column.name: column for column in self.columns}

    @cached_property
    def by_heading(self):
        return {column.heading: column for column in self.columns}


_DAY = "Ngày dạng dd/mm/yyyy, ví dụ 31/12/2021, không sau hôm nay. Để trống nếu chưa đạt."


def _reached(stage, title):
    return Column(stage.value, title, DAY, 11, is_open=True, told=_DAY)


_WHO = (
    Column(AGENCY, "Cơ quan", width=28),
    Column(CODE, "Mã cơ quan", width=14),
    Column(PARENT, "Cơ quan cấp trên", width=22),
)
_KEY = Column(KEY, "Mã dòng (không sửa)", width=20)

PROGRESS = Layout(
    "Tiến độ",
    "R",
    "Tiến độ xây dựng, áp dụng HTQLCL theo TCVN ISO 9001",
    (
        *_WHO,
        Column("plan", "Kế hoạch", width=12),
        Column("form", "Hình thức", width=11),
        Column("year", "Năm", width=6),
        Column("due_on", "Hạn", DAY, 11),
        _reached(Stage.PLANNED, "Có kế hoạch"),
        _reached(Stage.STEERING, "Thành lập Ban Chỉ đạo"),
        _reached(Stage.SURVEYED, "Khảo sát"),
        _reached(Stage.TRAINED, "Đào tạo"),
        _reached(Stage.DOCUMENTED, "Xây dựng tài liệu"),
        _reached(Stage.PROMULGATED, "Ban hành"),
        _reached(Stage.OPERATING, "Áp dụng"),
        _reached(Stage.AUDITED, "Đánh giá nội bộ"),
        _reached(Stage.REVIEWED, "Xem xét của lãnh đạo"),
        _reached(Stage.CONFIRMED, "Xác nhận hiệu lực"),
        Column("declared_on", "Ngày công bố", DAY, 11, is_open=True, told=_DAY),
        Column("number", "Số quyết định công bố", DECISION, 16, is_open=True, max_length=80,
               told="Số, ký hiệu quyết định công bố, ví dụ 12/QĐ-UBND."),
        Column("standard", "Tiêu chuẩn công bố", STANDARD, 19, is_open=True, told="Chọn trong danh sách."),
        Column("signer", "Người ký công bố", width=18, is_open=True, max_length=150, told="Họ và tên người ký."),
        _reached(Stage.NOTIFIED, "Thông báo, niêm yết"),
        _KEY,
    ),
    ("plan", "form", "year"),
)  # fmt: skip
DUTIES = Layout(
    "Thủ tục",
    "P",
    "Thủ tục hành chính thuộc thẩm quyền và việc áp dụng ISO",
    (
        *_WHO,
        Column("procedure", "Mã thủ tục", width=12),
        Column("procedure_name", "Tên thủ tục", width=62),
        Column("field", "Lĩnh vực", width=20),
        Column("standard", "Tiêu chuẩn áp dụng", STANDARD, 20, is_open=True,
               told="Chọn trong danh sách. Để trống nếu chưa áp dụng ISO."),
        Column("applied_on", "Áp dụng ISO từ ngày", DAY, 12, is_open=True, told=_DAY),
        Column("document", "Ký hiệu quy trình", width=16, is_open=True, max_length=60, told="Ví dụ QT-HT-01."),
        Column("note", "Ghi chú", width=30, is_open=True, max_length=300, told="Không bắt buộc."),
        _KEY,
    ),
    ("procedure", "procedure_name"),
)  # fmt: skip
LAYOUTS = (PROGRESS, DUTIES)
BY_LETTER = {layout.letter: layout for layout in LAYOUTS}

# The milestones that have a column of their own; *declared* is told by the columns of its declaration.
STAGES = tuple(stage for stage in Stage if stage.value in PROGRESS.by_name)
DECLARATION = ("declared_on", "number", "standard", "signer")
