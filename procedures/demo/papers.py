"""Numbers, signers and abstracts of the demonstration's documents. Positions, never persons."""

from agencies.models import Kind
from procedures.demo.assignment import dice
from procedures.lifecycle import STEP, Evidence, Stage
from procedures.models import Document

ABBREVIATED = {
    Evidence.DECISION: "QĐ",
    Evidence.PLAN: "KH",
    Evidence.REPORT: "BC",
    Evidence.MINUTES: "BB",
}
ABSTRACTS = {
    Stage.PLANNED: "Kế hoạch triển khai HTQLCL theo TCVN ISO 9001:2015",
    Stage.STEERING: "Quyết định thành lập Ban Chỉ đạo ISO",
    Stage.PROMULGATED: "Quyết định ban hành hệ thống tài liệu theo TCVN ISO 9001:2015",
    Stage.AUDITED: "Báo cáo đánh giá nội bộ",
    Stage.REVIEWED: "Biên bản họp xem xét của lãnh đạo",
    Stage.DECLARED: "Quyết định công bố HTQLCL phù hợp TCVN ISO 9001:2015",
    Stage.NOTIFIED: "Công văn thông báo công bố HTQLCL gửi Sở Khoa học và Công nghệ",
}
# How often the document itself is on record.
SHARE = {
    Stage.PLANNED: 0.5,
    Stage.STEERING: 0.7,
    Stage.PROMULGATED: 0.8,
    Stage.AUDITED: 0.4,
    Stage.REVIEWED: 0.3,
    Stage.DECLARED: 0.75,
    Stage.NOTIFIED: 0.4,
}


def symbol(agency):
    """The letters of an agency in the numbers of its documents, such as UBND or STP."""
    if agency.name.startswith("UBND"):
        return "UBND"
    words = [w for w in agency.name.replace(",", " ").split() if w not in ("và", "-", "tỉnh")]
    return "".join(word[0].upper() for word in words)


def signer(agency):
    """The position of the person who signs for an agency."""
    words = agency.name.split()
    if words[0] == "UBND":
        unit = next((u for u in ("thành phố", "thị xã", "thị trấn") if u in agency.name), words[1])
        return f"Chủ tịch UBND {unit}"
    if agency.kind == Kind.SUB_DEPARTMENT and words[0] == "Chi":
        return "Chi cục trưởng"
    return {"Sở": "Giám đốc Sở", "Thanh": "Chánh Thanh tra"}.get(words[0], "Trưởng ban")


def number(agency, kind, *words):
    """A number as offices write it, such as 45/QĐ-UBND."""
    running = dice(agency.code, kind, *words).randint(12, 480)
    if kind == Evidence.LETTER:
        return f"{running}/{symbol(agency)}"
    return f"{running}/{ABBREVIATED[kind]}-{symbol(agency)}"


def paper(agency, stage, day):
    """The document that a milestone left behind, None where it is not on record."""
    if dice(agency.code, stage, "paper").random() > SHARE.get(stage, 0):
        return None
    kind = STEP[stage].evidence
    document = Document(
        kind=kind,
        number=number(agency, kind, day),
        signed_on=day,
        signer=signer(agency),
        title=ABSTRACTS[stage],
        issued_by=agency,
    )
    document.derive()
    return document


def training(agency, day):
    """The report on a month's courses, one document for all the units that were taught in it."""
    document = Document(
        kind=Evidence.REPORT,
        title=f"Báo cáo kết quả đào tạo TCVN ISO 9001:2015 tháng {day:%m/%Y}",
        issued_by=agency,
    )
    document.derive()
    return document
