"""Vietnamese typed in old fonts is found and converted; right text is never flagged."""

import csv
import re

import pytest

from iso_rollout import text
from iso_rollout.tests.test_text import SHARED
from iso_rollout.text import legacy

TCVN3_SAMPLES = {
    "Uû ban nh©n d©n x· L¹c §¹o": "Uỷ ban nhân dân xã Lạc Đạo",
    "H\u00adng Yªn": "Hưng Yên",
    "Së Khoa häc vµ C«ng nghÖ": "Sở Khoa học và Công nghệ",
    "UBND TØNH H¦NG Y£N": "UBND TỈNH HƯNG YÊN",
    "148/Q§-UBND": "148/QĐ-UBND",
    "X©y dùng míi": "Xây dựng mới",
    "Vò X¸": "Vũ Xá",
    "Thuþ L«i": "Thuỵ Lôi",
}
VNI_SAMPLES = {
    "Lôøi caûm ôn": "Lời cảm ơn",
    "UBND TÆNH HAØ NAM": "UBND TỈNH HÀ NAM",
    "uyû ban nhaân daân huyeän Bình Kheâ": "uỷ ban nhân dân huyện Bình Khê",
    "COÄNG HOØA XAÕ HOÄI CHUÛ NGHÓA VIEÄT NAM": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Ñoàng Vaên": "Đồng Văn",
    "Höng Coâng": "Hưng Công",
    "PHÖÔØNG, THÒ TRAÁN": "PHƯỜNG, THỊ TRẤN",
}


@pytest.mark.parametrize("typed, meant", TCVN3_SAMPLES.items())
def test_tcvn3(typed, meant):
    assert (legacy.detect(typed), legacy.convert(typed, legacy.TCVN3)) == (legacy.TCVN3, meant)


@pytest.mark.parametrize("typed, meant", VNI_SAMPLES.items())
def test_vni(typed, meant):
    assert (legacy.detect(typed), legacy.convert(typed, legacy.VNI)) == (legacy.VNI, meant)


@pytest.mark.parametrize("meant", ["Sở Khoa học và Công nghệ", "UBND xã Lạc Đạo", "Xây dựng mới"])
@pytest.mark.parametrize("codec", ["latin-1", "cp1252"])
def test_mojibake(meant, codec):
    typed = meant.encode().decode(codec, errors="ignore" if codec == "cp1252" else "strict")
    if codec == "cp1252" and typed.encode(codec) != meant.encode():
        return  # a byte that cp1252 does not know was lost: no way back
    assert legacy.detect(typed) == legacy.MOJIBAKE
    assert legacy.convert(typed, legacy.MOJIBAKE) == meant


def test_a_name_that_reads_well_either_way_follows_its_font():
    assert legacy.detect("La Sôn") is None
    assert legacy.detect("La Sôn", font="VNI-Times") == legacy.VNI
    assert legacy.convert("La Sôn", legacy.VNI) == "La Sơn"
    assert legacy.could_be("La Sôn", legacy.VNI) and not legacy.could_be("Hoàng", legacy.TCVN3)


def test_unicode_typed_in_an_old_font_stays():
    assert legacy.detect("Lạc Đạo", font=".VnTime") is None
    assert legacy.detect("TCVN ISO 9001:2015", font=".VnTime") is None


CLEAN = [
    "UBND huyện Đắk Ơ – «Quân Xuân»", "UBND xã Hoà Quân, Quế Tuyên, Quỳnh Yên", "XÃ\u00a0QUẢ CẢM, PHÃ\u00a0LÃ", "XÃ\u00a0AN",
    "UBND xã Krông Năng, Ia Đrăng ©", "Hoà", "Toán", "Xoã", "Khoá", "Hoàng Long", "Krông Nô", "Ia Púch", "Ea Yông", "QÐ-GDÐT", "Müller", "Citroën", "El Niño",
    "§ 5", "5 µm", "A·B", "© 2020", "Công ty ABC®", "Điều 5 § 2", "Ý", "Á Âu", "Bình Thành", "Ngân Hà", "Pôi", "«Hà Nam»",
    "Séng Mà", "Tà Nàng", "Xín Mần", "Hà Giang", "Hoà Bình", "café", "Brôn", "ngày 12 tháng 10 năm 2021", "H'Neng", "PHÃ\u00a0 LÀ",
]  # fmt: skip


@pytest.mark.parametrize("right", CLEAN)
def test_right_text_is_never_flagged(right):
    assert legacy.detect(right) is None


def test_no_real_name_is_flagged():
    flagged = []
    for path in [*SHARED.glob("data/*.csv"), *SHARED.glob("office/before/*.csv")]:
        for row in csv.reader(path.open(encoding="utf-8")):
            flagged += [
                cell for cell in row if legacy.detect(cell) or legacy.detect(text.clean(cell).upper())
            ]
    expected = SHARED / "office" / "expected.json"
    if expected.exists():
        quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', expected.read_text(encoding="utf-8"))
        flagged += [cell for cell in quoted if legacy.detect(cell)]
    assert flagged == []
