"""Why a file is not kept, and what to do about it, in words; the child that looks at files needs none of it."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from .kinds import MAX_BYTES

# By code and reason; a reason of its own tells more than the code alone.
MESSAGES = {
    ("E_FILE_EMPTY", ""): _("The file is empty. Save or scan the document again."),
    ("E_FILE_SIZE", ""): _("The file is larger than %(limit)s MB. Scan it in black and white, or with less resolution."),
    ("E_FILE_TYPE", ""): _("Files of this kind are not kept. Send a PDF, a Word document (.docx) or a picture (.jpg, .png)."),
    ("E_FILE_TYPE", "program"): _("This is a program, not a document. Do not open it; send the document as PDF."),
    ("E_FILE_TYPE", "archive"): _("This is an archive. Unpack it and send the document itself as PDF."),
    ("E_FILE_TYPE", "old_word"): _("This is a document of an old Word. Save it as PDF or .docx and try again."),
    ("E_FILE_TYPE", "workbook"): _("This is a workbook. Print it as PDF; lists come in under “Import from spreadsheets”."),
    ("E_FILE_TYPE", "presentation"): _("This is a presentation. Save it as PDF and try again."),
    ("E_FILE_TYPE", "page"): _("This is a web page, not a document. Print it as PDF and try again."),
    ("E_FILE_TYPE", "picture"): _("Pictures of this kind are not kept. Save it as .jpg or .png, or scan it as PDF."),
    ("E_FILE_TYPE", "two_in_one"): _("The file is a PDF and something else at the same time. Print it as PDF again and send that."),
    ("E_FILE_TYPE", "named_pdf"): _("The file is named .pdf but holds something else. Give it its right ending, or save it as PDF."),
    ("E_FILE_TYPE", "named_docx"): _("The file is named .docx but holds something else. Give it its right ending."),
    ("E_FILE_TYPE", "named_jpg"): _("The file is named .jpg but holds something else. Give it its right ending."),
    ("E_FILE_TYPE", "named_png"): _("The file is named .png but holds something else. Give it its right ending."),
    ("E_FILE_CORRUPT", ""): _("The file is damaged or was not saved completely. Open it; if it shows, save it as PDF again."),
    ("E_FILE_ENCRYPTED", ""): _("The file needs a password. Save it without a password and try again."),
    ("E_FILE_MACRO", ""): _("The document holds macros. Save it as PDF, or as .docx without macros."),
    ("E_DOC_ACTIVE", ""): _("The document fetches something from elsewhere when it is opened. Save it as PDF and send that."),
    ("E_PDF_ACTIVE", ""): _("The PDF does something when it is opened (script, program, form). Print it as PDF again and send that."),
    ("E_PDF_ACTIVE", "embedded"): _("The PDF carries other files inside. Print it as PDF again, and send the other files on their own."),
    ("E_PDF_ACTIVE", "link"): _("The PDF holds a link that may run something. Print it as PDF again and send that."),
    ("E_ZIP_BOMB", ""): _("The document unpacks to more than is accepted. Save it as PDF and send that."),
    ("E_ZIP_ENTRIES", ""): _("The document consists of too many parts. Save it as PDF and send that."),
    ("E_ZIP_PATH", ""): _("The document holds a part with a strange path; it was not made by Word. Save it as PDF."),
    ("E_XML_DTD", ""): _("The document holds a document type declaration; it was not made by Word. Save it as PDF."),
    ("E_IMAGE_BOMB", ""): _("The picture has too many points. Save it smaller, or scan it as PDF."),
    ("E_LIMIT_MEMORY", ""): _("The file needs too much memory. Print it as PDF again and send that."),
    ("E_LIMIT_TIME", ""): _("The file takes too long to open. Print it as PDF again and send that."),
}  # fmt: skip


def sentence(code, reason):
    """What the person reads, in the active language."""
    message = MESSAGES.get((code, reason)) or MESSAGES[code, ""]
    return gettext(message) % {"limit": MAX_BYTES >> 20}
