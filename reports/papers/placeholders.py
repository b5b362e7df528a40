"""The placeholders that an office's own template may use, each with what it stands for."""

import re

from django.utils.translation import gettext as _


def meanings(values):
    """[(placeholder, meaning, example)] for the values that `word.context` gave, in their order."""
    return [(name, meaning(name), _example(value)) for name, value in values.items()] + [
        ("bieu_do", _("Picture: undertakings of the plan by level and stage"), "")
    ]


def meaning(name):
    """What a placeholder stands for, in one line."""
    said = {
        "tong_don_vi": _("Units of the scope"),
        "da_cong_bo": _("Units that have declared"),
        "chua_cong_bo": _("Units that have not declared"),
        "cong_bo_lai": _("of them declared again"),
        "ty_le_cong_bo": _("Share of declared units in per cent"),
        "thu_tuc_co_hieu_luc": _("Procedures in force at the agencies"),
        "thu_tuc_ap_dung": _("of them under ISO"),
        "ty_le_thu_tuc": _("Share of procedures under ISO in per cent"),
        "qua_han": _("Undertakings past their day"),
        "co_quan_chu_quan": _("Parent body, in capitals"),
        "co_quan_ban_hanh": _("Issuing body, in capitals"),
        "ten_co_quan": _("Issuing body"),
        "ky_hieu": _("Symbol after the number"),
        "dia_danh_ngay": _("Place and day of the report"),
        "ngay_ky": _("Day of the report in words"),
        "trich_yeu": _("Title of the report"),
        "kinh_gui": _("Addressees (a loop: {%p for noi in kinh_gui %} … {%p endfor %})"),
        "noi_nhan": _("Recipients (a loop)"),
        "chuc_vu": _("Title of the signer"),
        "nguoi_ky": _("Name of the signer"),
        "ngay_so_lieu": _("Day of the figures"),
        "ma_so_lieu": _("Code of the published report; empty in a draft"),
        "chan_trang": _("Footer: day and code of the figures"),
        "ke_hoach": _("Name of the plan"),
        "cac_muc": _("Sections (a loop; each has so, ten and cac_doan)"),
        "cau_ket": _("Closing words"),
        "ten_bieu_do": _("Title of the picture"),
    }
    if name in said:
        return said[name]
    if found := re.fullmatch(r"theo_(\w+)", name):
        return _("Units whose declaration in force is under :%s") % found[1]
    if found := re.fullmatch(r"phu_luc_(\d+)", name):
        return _("Annex %s (so, ten, tong, cac_ghi_chu; cac_dong is a loop: {%%tr for dong in … %%}, then dong[0], dong[1] …)") % found[1]  # fmt: skip
    form, _sep, side = name.rpartition("_ke_hoach" if name.endswith("_ke_hoach") else "_thuc_hien")
    forms = {
        "xay_dung_moi": _("Build"), "chuyen_doi": _("Convert"), "mo_rong": _("Extend"), "iso_dien_tu": _("Electronic ISO"),
    }  # fmt: skip
    told = _("%s: assigned by the plan") if name.endswith("_ke_hoach") else _("%s: declared")
    return told % forms[form]


def _example(value):
    return value if isinstance(value, str) else ""
