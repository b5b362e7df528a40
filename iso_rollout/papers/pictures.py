"""Pictures: decoded once, so that what is kept is one."""

from PIL import Image

from .kinds import MAX_PIXELS
from .problems import Refused


def check_picture(data, format_name):
    """ "jpg" or "png" after decoding every point. Raises Refused, or anything else for a damaged picture."""
    import io

    Image.MAX_IMAGE_PIXELS = None  # the size is looked at here, before a point is decoded
    with Image.open(io.BytesIO(data), formats=(format_name,)) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise Refused("E_IMAGE_BOMB")
        picture.load()
    return "jpg" if format_name == "JPEG" else "png"
