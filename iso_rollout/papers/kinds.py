"""The kinds of file that are kept as documents, and what looking at one may cost."""

from dataclasses import dataclass

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 100_000_000  # an A3 page at 600 dots per inch has 70 million
MEMORY = 1_500 * 2**20  # bytes of address space
CPU_SECONDS = 8  # what a hostile file may cost
WALL_SECONDS = 30  # on a busy machine a good file may wait longer than it works


@dataclass(frozen=True)
class Kind:
    """`endings` are those of its file names, the usual one first."""

    name: str
    content_type: str
    endings: tuple
    is_picture: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind("pdf", "application/pdf", (".pdf",)),
        Kind(
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            (".docx",),
        ),
        Kind("jpg", "image/jpeg", (".jpg", ".jpeg"), is_picture=True),
        Kind("png", "image/png", (".png",), is_picture=True),
    )
}
