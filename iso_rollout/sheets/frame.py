"""Frame: the rows around the data of a table: the numbers of its columns, notes, signatures and recipients."""

import re

from .grid import as_text

FOOT_WORDS = re.compile(
    r"^(?:nơi nhận|người lập|lập biểu|(?:t/?m|kt|tl|tuq)\.|q\.\s*(?:giám đốc|chủ tịch|trưởng|chi cục)|\(?ký|thủ trưởng|giám đốc|phó giám đốc|chủ tịch|phó chủ tịch|trưởng phòng"
    r"|chi cục trưởng|xác nhận của|người tổng hợp|kế toán)|^[\w\s]+, ngày .{0,12}tháng|^[-–+] (?:như|lưu|ubnd|các|sở|vp|bộ|chi)",
    re.IGNORECASE,
)
NOTE_WORDS = re.compile(r"^\(?(?:ghi chú|chú thích|chú ý|lưu ý|nguồn|\*)", re.IGNORECASE)


def is_number_row(filled):
    """Whether a row only numbers the columns: "(1) (2) (3)", "A B 1 2". `filled`: [(column, value)]."""
    texts = [as_text(value).strip("()[] ").casefold() for _, value in filled]
    fitting = [re.fullmatch(r"[a-zđ]|[0-9]{1,2}[a-z]?|[0-9]{1,2}\s*=.*|[ivx]{1,4}", text) for text in texts]
    numbers = [int(text) for text in texts if re.fullmatch("[0-9]+", text)]
    return len(texts) >= 3 and all(fitting) and numbers == sorted(set(numbers))
