"""Content and template → a Word document. Templates come from strangers too: they are filled in a child process.

The child has little memory and time, a sandboxed Jinja, and undefined names are errors that are named.
"""

import datetime
import json
import re

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from agencies.errors import Refused
from iso_rollout import child
from reports import charts
from reports.models import codes
from reports.papers import limits, template
from reports.papers.content import OWN_WORDS, counts_confirmed_only, day_in_words
from reports.papers.tables import day_of

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


def document(content, *, office_template=None, code="", draft=False):
    """The report as .docx bytes. `office_template`: bytes of the office's own, None for the built-in one.

    `code`: of the published report, printed in the footer. Raises Refused when the template cannot be filled: the
    sentence names the placeholder.
    """
    with override("vi"):
        data = office_template or built_in_for(content)
        return fill(data, context(content, code=code, draft=draft), picture(content))


def built_in_for(content):
    """The built-in template with the annexes of this content."""
    return template.built_in(
        tuple(
            tuple((c["title"], c["group"], c["width"], c["kind"] != "text") for c in table["columns"])
            for table in content["tables"]
        )
    )


def context(content, *, code="", draft=False):
    """The values of all placeholders, as text: what a template may name."""
    head, on = content["head"], datetime.date.fromisoformat(content["on"])
    values = {name: said(value) for name, value in content["figures"].items()}
    values |= {
        "co_quan_chu_quan": head["parent_body"].upper(),
        "co_quan_ban_hanh": head["issuing_body"].upper(),
        "ten_co_quan": head["issuing_body"],
        "ky_hieu": head["symbol"],
        "dia_danh_ngay": head["dated"],
        "ngay_ky": day_in_words(datetime.date.fromisoformat(head["made_on"])),
        "trich_yeu": head["title"],
        "kinh_gui": _ended(head["addressees"], "."),
        "noi_nhan": head["recipients"],
        "chuc_vu": head["signer_title"],
        "nguoi_ky": head["signer_name"],
        "ngay_so_lieu": f"{on:%d/%m/%Y}",
        "ma_so_lieu": codes.shown(code) if code else "",
        "chan_trang": _footer(on, code, draft, counts_confirmed_only(content)),
        "ke_hoach": content["plan"]["name"] if content["plan"] else "",
        "cac_muc": [
            {"so": s["number"], "ten": s["title"], "cac_doan": _closed(s, content["sections"])}
            for s in content["sections"]
        ],
        "cau_ket": "",
        "ten_bieu_do": _("Undertakings of the plan by level and stage"),
    }
    for index, table in enumerate(content["tables"]):
        values[f"phu_luc_{index + 1}"] = annex(table, index)
    return values


def annex(table, index):
    """One table with its cells as printed."""
    kinds = [column["kind"] for column in table["columns"]]
    return {
        "so": _ROMAN[index],
        "ten": table["title"].upper(),
        "cac_dong": [[said_cell(v, k) for v, k in zip(row, kinds, strict=True)] for row in table["rows"]],
        "tong": [said_cell(v, k, in_total=True) for v, k in zip(table["total"], kinds, strict=True)]
        if table["total"]
        else [],
        "cac_ghi_chu": table["notes"],
    }


def said_cell(value, kind, *, in_total=False):
    """A cell as it is printed. A share of nothing is "–"; a day or text that is not known stays empty."""
    if kind == "day":
        return f"{day_of(value):%d/%m/%Y}" if value else ""
    if value is None:
        return "" if in_total and kind == "number" else "–"
    if kind == "percent":
        return number_format(value, 1)
    return number_format(value, force_grouping=True) if isinstance(value, int) else str(value)


def said(value):
    """A figure as it is printed."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return number_format(value, 1)
    return number_format(value, force_grouping=True) if isinstance(value, int) else value


def _ended(lines, end):
    return [f"{line};" for line in lines[:-1]] + [f"{line}{end}" for line in lines[-1:]]


def _closed(section, sections):
    """The last paragraph of a report ends with ./.; a percent sign stays in the line of its number.

    Words that the office must still write are no end: the place says that the mark comes after them.
    """
    paragraphs = [text.replace(" %", "\N{NO-BREAK SPACE}%") for text in section["paragraphs"]]
    if section is not sections[-1] or not paragraphs:
        return paragraphs
    if paragraphs[-1] == OWN_WORDS:
        paragraphs[-1] = _("(The reporting office completes this part and ends it with “./.”)")
    else:
        paragraphs[-1] = f"{paragraphs[-1].rstrip('.')}./."
    return paragraphs


def _footer(on, code, draft, confirmed_only):
    told = _told(on, code, draft)
    if told and confirmed_only:
        told = f"{told}; {_('only entries that are confirmed')}"
    illustrative = _("Illustrative figures.")
    return f"{told}. {illustrative}" if told and settings.DEMO_NOTICE else told


def _told(on, code, draft):
    if code:
        return _("Figures of %(day)s, code %(code)s") % {"day": f"{on:%d/%m/%Y}", "code": codes.shown(code)}
    return _("Draft; figures of %(day)s, not frozen") % {"day": f"{on:%d/%m/%Y}"} if draft else ""


# The chart


def stage_chart(content):
    """The plan's undertakings by level and stage, laid out with a legend for paper; None without a plan."""
    stages = content["stages"]
    if not stages or not stages["rows"]:
        return None
    rows = [(row["name"], row["name"], row["counts"]) for row in stages["rows"]]
    bars = charts.stacked(rows, stages["phases"], link=lambda key, digit: "", right=104)
    legend = charts.legend(stages["phases"], top=bars.height + 10, width=bars.width)
    return {"bars": bars, "legend": legend, "height": bars.height + 40}


def picture(content):
    """The chart as PNG, from the same SVG as the page's; None without one."""
    chart = stage_chart(content)
    if chart is None:
        return None
    import resvg_py

    svg = render_to_string("reports/papers/stages.svg", {"chart": chart, "colours": _colours()})
    return bytes(
        resvg_py.svg_to_bytes(svg_string=svg, width=1_600, skip_system_fonts=True, font_files=_fonts())
    )


def _colours():
    from django.contrib.staticfiles import finders

    with open(finders.find("css/charts.css"), encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)


def _fonts():
    from pathlib import Path

    import fontpkg_public_sans

    return [str(f) for f in Path(fontpkg_public_sans.__file__).parent.rglob("*.ttf")]


# The child


def fill(data, values, image=None):
    """A template's bytes with the values put in. Raises Refused and nothing else."""
    return _child("fill", data, values, image)


def unknown(data, values):
    """The placeholders of a template that no report has, by name; empty when all are known. Raises Refused."""
    return json.loads(_child("check", data, values))


def _child(task, data, values, image=None):
    seconds = limits.cpu_seconds(sum(len(v["cac_dong"]) for v in values.values() if isinstance(v, dict)))
    head = {"task": task, "values": values, "template": len(data), "seconds": seconds}
    head = json.dumps(head).encode()
    sent = b"%d\n" % len(head) + head + data + (image or b"")
    try:
        answer = child.answer_of("reports.papers.filling", sent, seconds=2 * seconds)
    except child.Died as died:
        if died.why == "time":
            raise Refused(_("The template takes too long to fill.")) from None
        raise Refused(_("The template is damaged, or asks for more than a report needs.")) from None
    if answer[:1] == limits.DONE:
        return answer[1:]
    fault = json.loads(answer[1:])
    sentences = {
        "unknown": _("The placeholder “%(name)s” is not known. See the list of placeholders."),
        "syntax": _(
            "A placeholder is not written as it must be, near “%(name)s”. See the list of placeholders."
        ),
        "unclosed": _(
            "A placeholder or a loop has no end: close it with }} or %%}, a loop also with {%%p endfor %%}."
        ),
        "senseless": _(
            "A placeholder of the template cannot be worked out. Use those of the list of placeholders only."
        ),
        "refused": _("The template asks for something that is not allowed: %(name)s"),
        "damaged": _("This is no Word document (.docx), or it is damaged. Save it anew in Word."),
    }
    raise Refused(sentences[fault["fault"]] % {"name": fault["name"]})
