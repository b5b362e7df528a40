"""Files of documents: looked into once, then kept under the hash of their content, whoever sends them again."""

import hashlib
from dataclasses import dataclass

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from agencies.imports.uploads import shown_name
from iso_rollout import papers
from iso_rollout.text import clean

SALT = "procedures.kept-file"
KEPT_SECONDS = 7 * 24 * 3600  # how long a form may wait for the file that came with its first try


def path_of(sha256):
    """Under the hash of the content: the sender's file name is data, never a path."""
    return f"documents/{sha256[:2]}/{sha256}"


@dataclass(frozen=True)
class Kept:
    """A file that was accepted and stored, not yet the file of a document."""

    sha256: str
    name: str
    size: int

    @property
    def path(self):
        return path_of(self.sha256)

    @property
    def token(self):
        """What a form carries so that its file need not be chosen again; signed, so that nobody names another's file."""
        return signing.dumps([self.sha256, self.name, self.size], salt=SALT)

    @classmethod
    def of_token(cls, token):
        """The file that a token names; None when it is not ours, too old, or the file is gone."""
        try:
            kept = cls(*signing.loads(token, salt=SALT, max_age=KEPT_SECONDS))
        except (signing.BadSignature, TypeError):
            return None
        return kept if default_storage.exists(kept.path) else None


def receive(file):
    """Look into a sent file and keep it. Returns Kept; raises `papers.Refused`, and then nothing is kept.

    `file` has `name`, `size` and `read()`. A file that nothing refers to in the end is harmless and small.
    """
    if file.size > papers.MAX_BYTES:
        raise papers.Refused("E_FILE_SIZE")
    data, name = file.read(), clean(shown_name(file.name))
    kind = papers.check(data, name)
    kept = Kept(hashlib.sha256(data).hexdigest(), papers.name_with_ending(name[-240:], kind), len(data))
    # What a crash cut short is written again.
    if default_storage.exists(kept.path) and default_storage.size(kept.path) != kept.size:
        default_storage.delete(kept.path)
    if not default_storage.exists(kept.path):
        default_storage.save(kept.path, ContentFile(data))
    return kept
