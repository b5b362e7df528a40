"""Example kinds: the lists this project reads, as data. An app may use them or describe its own."""

from .kinds import Field, Kind

NAME = Field(
    "name", "Tên cơ quan", required=True, generic=("xã", "phường", "xã, thị trấn", "phường, xã"),
    aliases=(
        "tên cơ quan", "tên đơn vị", "cơ quan, đơn vị", "đơn vị, cơ quan", "tên cơ quan, đơn vị", "tên đơn vị, cơ quan", "cơ quan",
        "đơn vị", "tên xã, phường, thị trấn", "tên xã phường", "xã, phường, thị trấn", "xã, phường, đặc khu", "xã, phường", "tên xã, phường, đặc khu", "UBND xã, phường, đặc khu", "UBND xã, phường, thị trấn", "tên đơn vị hành chính",
        "đơn vị hành chính", "tên cơ quan hành chính", "cơ quan hành chính nhà nước", "tên tổ chức", "cơ quan, tổ chức", "cơ quan, địa phương", "đơn vị, địa phương", "tên địa phương", "địa phương", "UBND xã/phường/TT", "đơn vị thực hiện",
        "cơ quan thực hiện", "tên xã", "đơn vị cấp xã", "UBND cấp xã", "đơn vị công bố", "cơ quan công bố", "đơn vị áp dụng", "tên",
    ),
    avoid=("mã", "chủ quản", "cấp trên", "trực thuộc", "cơ quan quản lý", "đơn vị quản lý", "số", "ngày", "tỷ lệ", "tổng", "ban hành", "người", "tên huyện", "cấp huyện", "tư vấn", "đơn vị tính",
           "đăng nhập", "lãnh đạo", "quyết định", "chủ trì", "phối hợp", "đánh giá", "kiểm tra", "chứng nhận", "điện thoại", "email", "kinh phí", "đầu mối", "thư ký",
           "tên tthc", "tên thủ tục", "tthc thuộc", "tthc áp dụng", "loại", "hình thức", "địa chỉ"),
)  # fmt: skip
CODE = Field(
    "code", "Mã cơ quan", "code", unique=True, max_length=64,
    aliases=("mã", "mã định danh", "mã đơn vị", "mã số", "mã định danh điện tử", "mã cơ quan, đơn vị", "mã định danh cơ quan"),
    avoid=("đvhc", "đơn vị hành chính", "px", "tthc", "thủ tục", "bưu chính", "số thuế", "cấp trên", "chủ quản", "xã", "huyện", "tỉnh",
           "tp", "qh"),
)  # fmt: skip
LEVEL = Field("level", "Cấp", "level", fill=True, aliases=("cấp hành chính", "cấp đơn vị", "cấp cơ quan", "cấp quản lý"),
              avoid=("cấp trên", "cấp tỉnh", "cấp huyện", "cấp xã", "ngày cấp", "nơi cấp"))  # fmt: skip
UNIT_TYPE = Field("unit_type", "Loại hình", "unit_type", fill=True, avoid=("hình thức", "văn bản"),
                  aliases=("loại", "loại đơn vị", "loại đơn vị hành chính", "phân loại", "loại hình đơn vị", "loại hình cơ quan"))  # fmt: skip
PARENT = Field(
    "parent", "Cơ quan cấp trên", fill=True,
    aliases=("đơn vị chủ quản", "cơ quan chủ quản", "trực thuộc", "đơn vị cấp trên", "cấp trên", "thuộc", "cơ quan quản lý", "đơn vị quản lý",
             "cơ quan cấp trên trực tiếp", "thuộc đơn vị", "thuộc cơ quan"),
)  # fmt: skip
DISTRICT = Field(
    "district", "Huyện", fill=True,
    aliases=("huyện/thành phố", "huyện, thị xã, thành phố", "huyện/TX/TP", "huyện, thị xã", "quận huyện", "tên huyện", "thuộc huyện", "địa bàn", "khối, địa bàn",
             "khối", "địa phương", "huyện, thành phố", "quận, huyện, thị xã", "cấp huyện", "đơn vị cấp huyện", "UBND cấp huyện", "huyện, TP", "tên huyện, thị xã, thành phố"),
    avoid=("mã", "số", "tỷ lệ", "tên đơn vị", "tên cơ quan"),
)  # fmt: skip
STANDARD = Field(
    "standard", "Tiêu chuẩn", "standard", fill=True, from_title=True, under=("tiêu chuẩn", "phiên bản", "ISO 9001", "TCVN ISO 9001"),
    aliases=("tiêu chuẩn áp dụng", "phiên bản", "phiên bản ISO", "phiên bản TCVN ISO 9001", "TCVN ISO 9001", "ISO 9001", "TCVN", "tiêu chuẩn ISO", "ISO",
             "phiên bản tiêu chuẩn"),
    heads=("tiêu chuẩn", "phiên bản", "HTQLCL", "ISO", "TCVN", "áp dụng", "theo", "hệ thống"),
    words=("quốc gia", "áp dụng", "công bố", "theo", "TCVN", "ISO", "9001", "của", "hệ thống quản lý", "chất lượng", "phù hợp", "với", "đã", "tiêu chuẩn", "phiên bản"),
    avoid=("ngày", "số", "năm", "điện tử", "thư ký", "tư vấn", "người", "tài liệu", "quy trình", "cán bộ"),
    options={2008: ("2008", "TCVN ISO 9001:2008", "ISO 9001:2008", "9001:2008"), 2015: ("2015", "TCVN ISO 9001:2015", "ISO 9001:2015", "9001:2015"),
             2026: ("2026", "TCVN ISO 9001:2026", "ISO 9001:2026", "9001:2026")},
)  # fmt: skip
FORM = Field(
    "form", "Hình thức", "form", fill=True, from_group=True, under=("hình thức", "nội dung", "loại hình"),
    aliases=("hình thức thực hiện", "nội dung thực hiện", "hình thức triển khai", "xây dựng mới/chuyển đổi", "hình thức áp dụng", "hình thức xây dựng", "hình thức công bố"),
    heads=("hình thức", "nội dung", "loại hình", "xây dựng"), words=("thực hiện", "công bố", "áp dụng", "xây dựng mới", "chuyển đổi", "mở rộng", "HTQLCL", "ISO", "triển khai", "của", "đơn vị"),
    generic=("nội dung", "loại hình", "phân loại"),
    avoid=("ngày", "số"),
    options={"BUILD": ("xây dựng mới", "xây dựng", "XD mới"), "CONVERT": ("chuyển đổi",), "EXTEND": ("mở rộng",), "E_ISO": ("ISO điện tử", "điện tử")},
)  # fmt: skip
OTHER_DOCUMENTS = (
    "thông báo", "công văn", "gửi", "tờ trình", "kế hoạch", "thành lập", "báo cáo", "hợp đồng", "hết hạn", "kiểm tra", "ban chỉ đạo",
    "phê duyệt", "đề nghị", "hiệu lực", "tài liệu", "đánh giá", "xem xét", "chứng nhận", "biên bản", "đào tạo", "khảo sát",
)  # fmt: skip
# Words of which headings about a decision are made.
_OF_DECISION = ("ký hiệu", "ngày", "tháng", "năm", "ký", "ban hành", "quyết định", "QĐ", "văn bản", "công bố", "của", "và", "áp dụng", "HTQLCL", "hệ thống quản lý chất lượng",
                "TCVN", "ISO", "9001", "2008", "2015", "theo", "tiêu chuẩn", "phù hợp", "đơn vị", "cơ quan", "hiệu", "thủ trưởng", "người đứng đầu", "với")  # fmt: skip
NUMBER = Field(
    "number", "Số quyết định", "decision", fill=True, date_field="declared_on", max_length=64,
    aliases=("số QĐ công bố", "số quyết định công bố", "quyết định công bố", "QĐ công bố", "số QĐ", "số, ký hiệu quyết định", "số và ngày quyết định công bố",
             "số quyết định, ngày công bố", "quyết định công bố HTQLCL", "quyết định"),
    heads=("số", "quyết định", "QĐ", "văn bản", "ký hiệu"), words=(*_OF_DECISION, "số"),
    generic=("số", "số, ký hiệu", "số ký hiệu", "số hiệu", "số quyết định", "số QĐ", "số/ký hiệu", "số, ngày", "số và ngày", "ký hiệu", "số văn bản"),
    under=("công bố", "quyết định", "QĐ"),
    avoid=OTHER_DOCUMENTS + ("tthc", "thủ tục", "hồ sơ", "quy trình", "số đơn vị", "số cơ quan", "số lượng", "người"),
)  # fmt: skip
DECLARED_ON = Field(
    "declared_on", "Ngày công bố", "date", fill=True,
    aliases=("ngày quyết định", "ngày QĐ", "thời gian công bố", "ngày, tháng, năm công bố", "ngày tháng công bố", "thời điểm công bố", "ngày ban hành quyết định",
             "ngày ký quyết định", "ngày công bố HTQLCL"),
    heads=("ngày", "thời gian", "thời điểm"), words=(*_OF_DECISION, "CB", "ra"),
    generic=("ngày", "ngày, tháng, năm", "ngày, tháng", "ngày tháng", "thời gian", "thời điểm", "ngày ký", "ngày ban hành", "ngày, tháng, năm ban hành",
             "ngày, tháng ban hành", "ngày, tháng, năm ký"),
    under=("công bố", "quyết định", "QĐ"), avoid=OTHER_DOCUMENTS + ("số", "họp", "duy trì"),
)  # fmt: skip
PROCEDURES = Field(
    "procedures", "Số TTHC", "whole",
    aliases=("tổng số TTHC", "số TTHC áp dụng", "số thủ tục hành chính", "TTHC thuộc thẩm quyền", "số lượng TTHC", "TTHC áp dụng"),
)  # fmt: skip
STATUS = Field(
    "status", "Tình trạng", aliases=("trạng thái", "tình hình", "tình trạng công bố", "tình trạng thực hiện", "tình hình công bố", "tình hình thực hiện",
                                     "kết quả thực hiện", "kết quả công bố", "tiến độ thực hiện", "tiến độ"), max_length=2000,
    avoid=("số", "ngày", "tỷ lệ"),
)  # fmt: skip
NOTE = Field("note", "Ghi chú", aliases=("chú thích", "ghi chú khác"), max_length=2000)

AGENCIES = Kind(
    "agencies",
    (CODE, NAME, LEVEL, UNIT_TYPE, PARENT, DISTRICT, PROCEDURES, STANDARD, DECLARED_ON, NUMBER, STATUS, NOTE),
    evidence=("code", "level", "unit_type"), number_is_evidence=True,
    words=("danh mục cơ quan", "danh sách cơ quan hành chính", "danh sách đơn vị hành chính", "danh sách xã", "danh sách các xã", "mã định danh"),
)  # fmt: skip
DECLARATIONS = Kind(
    "declarations",
    (CODE, NAME, DISTRICT, PARENT, LEVEL, UNIT_TYPE, STANDARD, FORM, NUMBER, DECLARED_ON, PROCEDURES, STATUS, NOTE),
    subject=("name", "code"), evidence=("number", "declared_on"), denials=("status",), words=("công bố", "đã công bố", "HTQLCL", "hệ thống quản lý chất lượng"),
)  # fmt: skip

_LEVELS = "(?:cấp (?:tỉnh|huyện|xã)|sở, ban, ngành)"
PROCEDURE_CODE = Field(
    "code", "Mã số", "procedure_code", required=True, unique=True, max_length=64,
    aliases=("mã TTHC", "mã thủ tục", "mã thủ tục hành chính", "mã số TTHC", "mã", "số hồ sơ TTHC", "mã hồ sơ TTHC", "mã số thủ tục"), avoid=("lĩnh vực", "cơ quan", "đơn vị"),
)  # fmt: skip
PROCEDURES_LIST = Kind(
    "procedures",
    (
        PROCEDURE_CODE,
        Field("name", "Tên", required=True, max_length=2000, aliases=("tên TTHC", "tên thủ tục", "tên thủ tục hành chính", "thủ tục hành chính"),
              avoid=("mã", "cơ quan", "đơn vị", "lĩnh vực", "quy trình")),
        Field("issued_by", "Cơ quan ban hành", max_length=1000, aliases=("cơ quan công khai", "cơ quan công bố")),
        Field("handled_by", "Cơ quan thực hiện", max_length=20_000, lines=True, from_group=True, group_text=rf"(?P<text>.*{_LEVELS}.*)",
              aliases=("cấp thực hiện", "cơ quan giải quyết", "đơn vị thực hiện", "thẩm quyền giải quyết", "cơ quan có thẩm quyền", "cấp giải quyết", "thẩm quyền")),
        Field("field", "Lĩnh vực", fill=True, max_length=1000, from_group=True, aliases=("tên lĩnh vực",), avoid=("mã",),
              group_text=rf"(?:(?:tthc |thủ tục hành chính )?(?:thuộc )?lĩnh vực\s*:?\s*|(?!.*(?:{_LEVELS}|thủ tục|danh mục|^phần|^mục)))(?P<text>.+)"),
        Field("decision", "QĐ công bố", "decision", aliases=("quyết định công bố", "số quyết định công bố"), max_length=1000),
        Field("audience", "Đối tượng", aliases=("đối tượng thực hiện",), max_length=1000),
        Field("status", "Tình trạng", aliases=("trạng thái", "tình trạng hiệu lực")),
    ),
    subject=("code", "name"), evidence=("code",), words=("danh mục thủ tục hành chính", "danh mục TTHC", "danh sách thủ tục hành chính"),
)  # fmt: skip
AGENCY_PROCEDURES = Kind(
    "agency-procedures",
    (
        Field("agency", "Mã cơ quan", "code", max_length=64, aliases=CODE.aliases, avoid=CODE.avoid),
        NAME,
        Field("procedure", "Mã TTHC", "procedure_code", required=True,
              aliases=("mã thủ tục", "mã số TTHC", "mã thủ tục hành chính", "mã số thủ tục", "mã số thủ tục hành chính", "mã hồ sơ TTHC")),
        Field("procedure_name", "Tên TTHC", aliases=("tên thủ tục", "thủ tục hành chính"), max_length=2000),
        STANDARD,
        Field("applied_on", "Ngày áp dụng", "date", aliases=("áp dụng từ ngày", "ngày bắt đầu áp dụng", "từ ngày", "ngày bắt đầu"),
              heads=("ngày", "thời gian", "thời điểm", "áp dụng"), words=("áp dụng", "từ", "bắt đầu", "ISO", "TCVN", "9001", "ban hành", "quy trình", "có hiệu lực", "tháng", "năm", "quyết định")),
        Field("document", "Số văn bản", "decision", max_length=64, avoid=("ngày", "tên"),
              aliases=("số quyết định", "văn bản", "số hiệu quy trình", "ký hiệu quy trình", "mã quy trình", "quy trình", "số quy trình", "mã hiệu tài liệu", "mã tài liệu", "ký hiệu tài liệu", "mã hiệu quy trình")),
        NOTE,
    ),
    subject=("agency", "name", "procedure"), evidence=("procedure",), words=("thuộc thẩm quyền", "áp dụng ISO"),
)  # fmt: skip
PLAN = Kind(
    "plan",
    (
        CODE, NAME, DISTRICT, PARENT, LEVEL, UNIT_TYPE, FORM,
        Field("year", "Năm", "year", aliases=("năm thực hiện", "lộ trình", "năm triển khai", "kế hoạch năm", "năm kế hoạch", "lộ trình thực hiện"), from_group=True,
              avoid=("ngày", "tháng", "hạn", "tiêu chuẩn", "TCVN", "ISO"), options={year: (str(year), f"năm {year}") for year in range(2010, 2051)}),
        Field("due_on", "Hạn hoàn thành", "date", precision=("day", "month", "quarter", "year"), future=True, until=True,
              aliases=("thời hạn", "thời hạn hoàn thành", "ngày hoàn thành", "hạn", "thời gian hoàn thành", "thời điểm hoàn thành", "hoàn thành trước ngày", "hoàn thành trong",
                       "tiến độ hoàn thành", "thời gian thực hiện")),
        STANDARD, NOTE,
    ),
    subject=("name", "code"), evidence=("form", "year", "due_on"), number_is_evidence=True, words=("kế hoạch", "lộ trình", "đăng ký xây dựng"),
)  # fmt: skip
PEOPLE = Kind(
    "people",
    (
        Field("username", "Tên đăng nhập", unique=True, required=True, aliases=("tài khoản", "tên tài khoản", "username", "user", "user name", "account", "tên truy cập", "tên người dùng", "tài khoản đăng nhập"), max_length=150),
        Field("full_name", "Họ và tên", aliases=("họ tên", "họ, tên", "họ và tên cán bộ", "tên cán bộ", "cán bộ", "người sử dụng", "cán bộ phụ trách", "cán bộ đầu mối"), max_length=150),
        Field("email", "Email", aliases=("thư điện tử", "địa chỉ email", "hộp thư", "e-mail", "mail", "thư công vụ", "hộp thư công vụ"), max_length=254),
        Field("phone", "Điện thoại", aliases=("số điện thoại", "SĐT", "số ĐT", "ĐT", "di động", "điện thoại liên hệ"), max_length=40),
        Field("role", "Vai trò", aliases=("quyền", "nhóm quyền", "phân quyền", "quyền sử dụng", "vai trò sử dụng"), max_length=60),
        CODE, Field("name", "Tên cơ quan", aliases=(*NAME.aliases, "nơi công tác", "đơn vị công tác", "cơ quan công tác"), avoid=(*NAME.avoid, "đăng nhập", "họ", "tài khoản", "cán bộ", "truy cập")), DISTRICT, NOTE,
    ),
    subject=("username", "email"), evidence=("username", "email"), words=("tài khoản", "người dùng", "danh sách cán bộ"),
)  # fmt: skip
KINDS = {
    kind.name: kind for kind in (AGENCIES, DECLARATIONS, PROCEDURES_LIST, AGENCY_PROCEDURES, PLAN, PEOPLE)
}
