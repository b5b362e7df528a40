"""Finding agencies: what people type, and the agency they mean. The demonstration's own names."""

import pytest

from agencies.access import visible_to
from agencies.finding import find_agencies
from agencies.models import User
from iso_rollout.text import Query

pytestmark = pytest.mark.django_db

# What somebody types → the code of the agency they mean. Written by hand, as an office worker types.
SEARCHES = """
ubnd xa lac dao | H31.325.11989
lac dao | H31.325.11989
Lạc Đạo | H31.325.11989
LẠC ĐẠO | H31.325.11989
xã lạc đạo | H31.325.11989
x. lac dao | H31.325.11989
x.lạc đạo | H31.325.11989
UBND X. Lạc Đạo | H31.325.11989
lacdao | H31.325.11989
dao lac | H31.325.11989
lac da | H31.325.11989
xa lac dao van lam | H31.325.11989
Lạc Đạo, huyện Văn Lâm | H31.325.11989
uỷ ban nhân dân xã Lạc Đạo | H31.325.11989
ủy ban nhân dân xã lạc đạo | H31.325.11989
UBND xã Lạc Đạo | H31.325.11989
la\u0323c \u0111a\u0323o | H31.325.11989
11989 | H31.325.11989
325.11989 | H31.325.11989
H31.325.11989 | H31.325.11989
h3132511989 | H31.325.11989
lạc hồng | H31.325.12016
xa lac hong | H31.325.12016
tx my hao | H31.328
TX Mỹ Hào | H31.328
T.X. Mỹ Hào | H31.328
thi xa my hao | H31.328
my hao | H31.328
mĩ hào | H31.328
thị xã Mĩ Hào | H31.328
ubnd tx my hao | H31.328
huyen my hao | H31.328
UBND huyện Mỹ Hào | H31.328
myhao | H31.328
h31.328 | H31.328
xã Hoà Phong | H31.328.12115
xã Hòa Phong | H31.328.12115
hoa phong | H31.328.12115
p hoa phong | H31.328.12115
xa hoa phong my hao | H31.328.12115
so khcn | H31.13
Sở KH&CN | H31.13
sở kh và cn | H31.13
skhcn | H31.13
khcn | H31.13
so khoa hoc cong nghe | H31.13
Sở Khoa học & Công nghệ | H31.13
khoa hoc | H31.13
h31.13 | H31.13
h31.330 | H31.330
330 | H31.330
h khoai chau | H31.330
huyen khoai chau | H31.330
UBND H. Khoái Châu | H31.330
khoai chau | H31.330
tt khoai chau | H31.330.12205
thi tran khoai chau | H31.330.12205
tp hung yen | H31.323
TP. Hưng Yên | H31.323
T.P Hưng Yên | H31.323
thanh pho hung yen | H31.323
UBND TP Hưng Yên | H31.323
ubnd tinh | H31
UBND tỉnh Hưng Yên | H31
tinh hung yen | H31
hung yen | H31
h31 | H31
cc tdc | H31.13.01
Chi cục TĐC | H31.13.01
chi cuc tieu chuan do luong | H31.13.01
chi cục TCĐLCL | H31.13.01
tieu chuan | H31.13.01
do luong chat luong | H31.13.01
thi tran van giang | H31.326.12019
tt van giang | H31.326.12019
TT. Văn Giang | H31.326.12019
huyen van giang | H31.326
van giang | H31.326
vp ubnd | H31.VP
VP UBND tỉnh | H31.VP
van phong ubnd tinh | H31.VP
văn phòng uỷ ban | H31.VP
bql kcn | H31.17
BQL các KCN | H31.17
ban quan ly khu cong nghiep | H31.17
ban ql cac khu cong nghiep tinh | H31.17
khu dai hoc pho hien | H31.18
pho hien | H31.18
so noi vu | H31.01
Sở NV | H31.01
so tnmt | H31.09
Sở TN&MT | H31.09
sở tài nguyên môi trường | H31.09
so nn ptnt | H31.06
Sở NN&PTNT | H31.06
nong nghiep | H31.06
so ldtbxh | H31.11
Sở LĐ-TB&XH | H31.11
so lao dong | H31.11
so vhttdl | H31.12
Sở VH, TT&DL | H31.12
sở gd đt | H31.14
Sở GD&ĐT | H31.14
so gddt | H31.14
so y te | H31.15
sở y tế | H31.15
so khdt | H31.03
Sở KH&ĐT | H31.03
so tttt | H31.10
Sở GTVT | H31.07
thanh tra | H31.16
cc thuy loi | H31.06.04
chi cục thuỷ lợi | H31.06.04
chi cuc thuy san | H31.06.03
an toan thuc pham | H31.15.01
cc dan so | H31.15.02
kiem lam | H31.06.07
te nan xa hoi | H31.11.01
ban ton giao | H31.01.03
thi đua khen thưởng | H31.01.02
Hưng Đạo | H31.332.12340
xa hung dao tien lu | H31.332.12340
thủy sỹ | H31.332.12367
thu sy | H31.332.12367
thụy lôi | H31.332.12373
thuỵ lôi | H31.332.12373
xa thuy loi | H31.332.12373
lý thường kiệt | H31.327.12097
lí thường kiệt | H31.327.12097
li thuong kiet | H31.327.12097
p. nhân hoà | H31.328.12118
nhan hoa | H31.328.12118
p bần | H31.328.12103
ban yen nhan | H31.328.12103
di su | H31.328.12121
xa trung hoa yen my | H31.327.12085
yên hoà | H31.327.12088
dai dong | H31.325.11995
Đại Đồng | H31.325.11995
dong tao | H31.330.12208
đông tảo | H31.330.12208
an vi | H31.330.12229
ông đình | H31.330.12220
minh tan phu cu | H31.333.12394
xã minh tân huyện phù cừ | H31.333.12394
tt tran cao | H31.333.12391
tran cao | H31.333.12391
luong bang | H31.331.12280
tt vuong | H31.332.12337
thi tran vuong tien lu | H31.332.12337
nhu quynh | H31.325.11986
xa nhu quynh | H31.325.11986
le loi | H31.323.11959
phường Lê Lợi | H31.323.11959
p le loi | H31.323.11959
phan sao nam | H31.333.12397
pham ngu lao | H31.331.12292
hoang hoa tham | H31.329.12169
xa lac daoo | H31.325.11989
lac dap | H31.325.11989
huyen van lan | H31.325
khoai chua | H31.330
pham ngu laoo | H31.331.12292
xax lacj ddaoj | H31.325.11989
huyeenj vawn laam | H31.325
"""
PAIRS = [tuple(line.split(" | ")) for line in SEARCHES.strip().splitlines()]


def first_three(query):
    person = User.objects.get(username="lanhdao")
    return [hit.agency.code for hit in find_agencies(person, Query(query), limit=3)]


def test_the_right_agency_is_among_the_first_three(demo):
    assert len(PAIRS) >= 120
    missed = [(query, code, first_three(query)) for query, code in PAIRS if code not in first_three(query)]
    assert missed == []


def test_a_former_name_is_told(demo):
    person = User.objects.get(username="lanhdao")
    hit = find_agencies(person, Query("huyen my hao"))[0]
    assert (hit.agency.name, hit.former) == ("UBND thị xã Mỹ Hào", "UBND huyện Mỹ Hào")


def test_nothing_outside_the_scope_is_found_or_guessed(demo):
    person = User.objects.get(username="lacdao")
    seen = set(visible_to(person).values_list("code", flat=True))
    for query, _code in PAIRS:
        assert {hit.agency.code for hit in find_agencies(person, Query(query))} <= seen
    # The district lies outside: its name is no way to the commune either, nor is it shown.
    assert find_agencies(person, Query("xa dao hung yen")) == []
    hits = find_agencies(person, Query("lac dao"))
    assert [(hit.agency.name, hit.place) for hit in hits] == [("UBND xã Lạc Đạo", "")]


def test_the_list_is_filtered_in_the_same_way(demo, client):
    client.force_login(User.objects.get(username="lanhdao"))
    for typed in ("tx my hao", "Huyện Mỹ Hào", "mĩ hào", "h31.328"):
        names = [
            a.name for a in client.get("/co-quan/", {"q": typed, "level": "district"}).context["page_obj"]
        ]
        assert names == ["UBND thị xã Mỹ Hào"], typed
