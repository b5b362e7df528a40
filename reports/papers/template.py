"""The built-in Word template, laid out by NĐ 30/2020/NĐ-CP, Phụ lục I. The office downloads it and edits it in Word.

It holds placeholders only, no figure: `word.fill` puts the content in.
"""

import io
from functools import lru_cache

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

FONT = "Times New Roman"  # black, Unicode: Phụ lục I, mục I.3
MARGINS = {
    "top_margin": 2,
    "bottom_margin": 2,
    "left_margin": 3,
    "right_margin": 1.5,
}  # cm; 20–25, 20–25, 30–35, 15–20 mm
LEFT, CENTRE, JUSTIFIED = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY


@lru_cache
def built_in(columns_of):
    """The template as bytes. `columns_of`: for each annex its columns as (title, group, width, is_number) tuples."""
    document = Document()
    _base(document)
    section = document.sections[0]
    _page(section, portrait=True)
    _head(document)
    _title(document)
    _body(document)
    _foot(document)
    for index, columns in enumerate(columns_of):
        _annex(document, index, columns)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _base(document):
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.element.rPr.rFonts.set(qn("w:cs"), FONT)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    style.element.rPr.append(language)
    document.core_properties.author = document.core_properties.comments = ""
    document.core_properties.title = ""


def _page(section, *, portrait):
    section.page_width, section.page_height = (Cm(21), Cm(29.7)) if portrait else (Cm(29.7), Cm(21))
    section.orientation = WD_ORIENT.PORTRAIT if portrait else WD_ORIENT.LANDSCAPE
    for name, size in MARGINS.items():
        setattr(section, name, Cm(size))
    section.header_distance = Cm(1)
    section.footer_distance = Cm(0.8)
    # The first page of the report and of each annex carries no number (mục I.7).
    section.different_first_page_header_footer = True
    for header in (section.header, section.first_page_header, section.footer, section.first_page_footer):
        header.is_linked_to_previous = False
    number = section.header.paragraphs[0]
    number.alignment = CENTRE
    _field(number, "PAGE", Pt(13))
    for footer in (section.footer, section.first_page_footer):
        _write(footer.paragraphs[0], "{{ chan_trang }}", size=9, align=LEFT)
    start = OxmlElement("w:pgNumType")
    start.set(qn("w:start"), "1")
    section._sectPr.append(start)


def _head(document):
    """Issuing body and national title, side by side (ô số 1, 2, 3, 4)."""
    table = _frame(document, (Cm(7.1), Cm(9.9)))
    left, right = table.rows[0].cells
    _write(left.paragraphs[0], "{{ co_quan_chu_quan }}", size=12)
    _write(left.add_paragraph(), "{{ co_quan_ban_hanh }}", size=12, bold=True)
    _rule(left, share=0.4, width=Cm(7.1))
    _write(right.paragraphs[0], "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=12, bold=True)
    _write(right.add_paragraph(), "Độc lập - Tự do - Hạnh phúc", size=13, bold=True)
    _rule(right, share=0.59, width=Cm(9.9))
    left, right = table.add_row().cells
    _write(left.paragraphs[0], "Số:        /{{ ky_hieu }}", size=13, before=3)
    _write(right.paragraphs[0], "{{ dia_danh_ngay }}", size=13, before=3, italic=True)


def _title(document):
    _write(document.add_paragraph(), "BÁO CÁO", size=14, bold=True, before=18)
    _write(document.add_paragraph(), "{{ trich_yeu }}", size=14, bold=True)
    _rule(document, share=0.33, width=Cm(16.5))
    _write(document.add_paragraph(), "{%p if kinh_gui %}", align=LEFT)
    table = _frame(document, (Cm(5.5), Cm(11)))
    left, right = table.rows[0].cells
    _write(left.paragraphs[0], "Kính gửi:", align=WD_ALIGN_PARAGRAPH.RIGHT, before=6)
    _write(right.paragraphs[0], "{%p for noi in kinh_gui %}", align=LEFT, before=6)
    _write(right.add_paragraph(), "- {{ noi }}", align=LEFT)
    _write(right.add_paragraph(), "{%p endfor %}", align=LEFT)
    _write(document.add_paragraph(), "{%p endif %}", align=LEFT)


def _body(document):
    _write(document.add_paragraph(), "{%p for muc in cac_muc %}", align=LEFT)
    _write(document.add_paragraph(), "{{ muc.so }}. {{ muc.ten }}", bold=True, align=JUSTIFIED, before=6, indent=True,
           keep=True)  # fmt: skip
    _write(document.add_paragraph(), "{%p for doan in muc.cac_doan %}", align=LEFT)
    _write(document.add_paragraph(), "{{ doan }}", align=JUSTIFIED, before=6, indent=True)
    _write(document.add_paragraph(), "{%p endfor %}", align=LEFT)
    _write(document.add_paragraph(), "{%p if muc.so == 'II' and bieu_do %}", align=LEFT)
    _write(document.add_paragraph(), "{{ bieu_do }}", before=6)
    _write(document.add_paragraph(), "{{ ten_bieu_do }}", size=12, italic=True)
    _write(document.add_paragraph(), "{%p endif %}", align=LEFT)
    _write(document.add_paragraph(), "{%p endfor %}", align=LEFT)
    _write(document.add_paragraph(), "{{ cau_ket }}", align=JUSTIFIED, before=6, indent=True)


def _foot(document):
    """Recipients and signature (ô số 9, 7)."""
    _write(document.add_paragraph(), "", size=6)
    table = _frame(document, (Cm(8), Cm(8.5)))
    left, right = table.rows[0].cells
    _write(left.paragraphs[0], "Nơi nhận:", size=12, bold=True, italic=True, align=LEFT)
    _write(left.add_paragraph(), "{%p for noi in noi_nhan %}", size=11, align=LEFT)
    _write(left.add_paragraph(), "- {{ noi }};", size=11, align=LEFT)
    _write(left.add_paragraph(), "{%p endfor %}", size=11, align=LEFT)
    _write(left.add_paragraph(), "- Lưu: VT.", size=11, align=LEFT)
    _write(right.paragraphs[0], "{{ chuc_vu }}", bold=True)
    for _line in range(4):
        _write(right.add_paragraph(), "")
    _write(right.add_paragraph(), "{{ nguoi_ky }}", bold=True)


def _annex(document, index, columns):
    """A landscape annex with its own page numbers; the rows of its table are a loop."""
    _page(document.add_section(WD_SECTION.NEW_PAGE), portrait=False)
    name = f"phu_luc_{index + 1}"
    _write(document.add_paragraph(), f"Phụ lục {{{{ {name}.so }}}}", bold=True)
    _write(document.add_paragraph(), f"{{{{ {name}.ten }}}}", bold=True)
    _write(document.add_paragraph(), "(Kèm theo Báo cáo số        /{{ ky_hieu }} {{ ngay_ky }} của {{ ten_co_quan }})",
           size=13, italic=True)  # fmt: skip
    _write(document.add_paragraph(), "", size=6)
    table = document.add_table(rows=0, cols=len(columns))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    _narrow_cells(table)
    widths = _widths(columns)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    _headings(table, columns, widths)
    _loop(table, f"{{%tr for dong in {name}.cac_dong %}}")
    _row(table, columns, widths, lambda i: f"{{{{ dong[{i}] }}}}")
    _loop(table, "{%tr endfor %}")
    _loop(table, f"{{%tr if {name}.tong %}}")
    _row(table, columns, widths, lambda i: f"{{{{ {name}.tong[{i}] }}}}", bold=True)
    _loop(table, "{%tr endif %}")
    _write(document.add_paragraph(), f"{{%p for ghi_chu in {name}.cac_ghi_chu %}}", size=12, align=LEFT)
    _write(document.add_paragraph(), "{{ ghi_chu }}", size=12, italic=True, align=LEFT, before=6)
    _write(document.add_paragraph(), "{%p endfor %}", size=12, align=LEFT)


def _narrow_cells(table):
    """Less white beside the text: many columns have to fit."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "60")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)


def _widths(columns):
    room = 29.7 - MARGINS["left_margin"] - MARGINS["right_margin"]
    total = sum(width for _title, _group, width, _number in columns)
    return [Cm(room * width / total) for _title, _group, width, _number in columns]


def _headings(table, columns, widths):
    """One row of headings, or two where columns stand under a common one; repeated on every page."""
    grouped = any(group for _title, group, _width, _number in columns)
    rows = [table.add_row() for _row in range(2 if grouped else 1)]
    for row in rows:
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:tblHeader"))
        properties.append(OxmlElement("w:cantSplit"))
    first = 0
    while first < len(columns):
        title, group, _width, _number = columns[first]
        last = first
        while group and last + 1 < len(columns) and columns[last + 1][1] == group:
            last += 1
        if group:
            top = rows[0].cells[first].merge(rows[0].cells[last])
            _write(top.paragraphs[0], group, size=11, bold=True)
            for number in range(first, last + 1):
                _write(rows[1].cells[number].paragraphs[0], columns[number][0], size=11, bold=True)
        else:
            cell = rows[0].cells[first]
            if grouped:
                cell = cell.merge(rows[1].cells[first])
            _write(cell.paragraphs[0], title, size=11, bold=True)
        first = last + 1
    for row in rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
            cell.vertical_alignment = 1


def _row(table, columns, widths, placeholder, *, bold=False):
    row = table.add_row()
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for index, (cell, width) in enumerate(zip(row.cells, widths, strict=True)):
        cell.width = width
        align = CENTRE if columns[index][3] else LEFT
        _write(cell.paragraphs[0], placeholder(index), size=11, bold=bold, align=align)


def _loop(table, tag):
    _write(table.add_row().cells[0].paragraphs[0], tag, size=11, align=LEFT)


# Parts of a page


def _write(
    paragraph, text, *, size=14, bold=False, italic=False, align=CENTRE, before=0, indent=False, keep=False
):
    paragraph.paragraph_format.keep_with_next = keep
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.bold, run.italic = FONT, Pt(size), bold, italic
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before)
    if indent:
        paragraph.paragraph_format.first_line_indent = Cm(1.27)
    return paragraph


def _frame(document, widths):
    """A table without lines that holds two blocks side by side."""
    table = document.add_table(rows=1, cols=len(widths))
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    return table


def _rule(holder, *, share, width):
    """A line of a part of the width, below the block above it (1/3 to 1/2, or as long as the motto)."""
    paragraph = holder.add_paragraph()
    paragraph.alignment = CENTRE
    side = int(width * (1 - share) / 2)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = side
    paragraph.paragraph_format.line_spacing = Pt(4)
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)


def _field(paragraph, name, size):
    """A field that Word counts itself, such as the page number."""
    run = paragraph.add_run()
    run.font.name, run.font.size = FONT, size
    for kind, text in (("begin", None), (None, name), ("end", None)):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.set(qn("xml:space"), "preserve")
            mark.text = text
        run._r.append(mark)
