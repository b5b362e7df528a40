"""Take the README's picture anew: `make pictures`."""

import tempfile
from pathlib import Path

import django

PICTURES = Path(__file__).resolve().parents[3] / "docs" / "pictures"
MOST_BYTES = 300_000


def take():
    from playwright.sync_api import sync_playwright

    from iso_rollout.tests.browser.browsing import launch, sign_in
    from iso_rollout.tests.browser.server import loaded_register

    with (
        tempfile.TemporaryDirectory() as folder,
        loaded_register(Path(folder)) as register,
        open(Path(folder) / "server.log", "w") as log,
        register.served(debug=False, log=log) as address,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page(base_url=address, viewport={"width": 1366, "height": 900})
        sign_in(page, "lanhdao")
        page.goto("/?on=31/10/2020")
        page.evaluate("document.fonts.ready.then(() => true)")
        PICTURES.mkdir(parents=True, exist_ok=True)
        picture = PICTURES / "board.png"
        # Down to the curve; the tables, bars and tiles below would make the file too large for a README.
        last = page.locator(".grid-wide").first.bounding_box()
        page.set_viewport_size({"width": 1366, "height": int(last["y"] + last["height"]) + 16})
        page.screenshot(path=picture)
        browser.close()
    size = picture.stat().st_size
    assert size <= MOST_BYTES, f"{picture} has {size} bytes, more than {MOST_BYTES}"
    print(picture, size)


if __name__ == "__main__":
    django.setup()
    take()
