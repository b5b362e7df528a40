"""A page of Chromium that remembers what it must never see: another host, an error, a refused resource."""

import os
from urllib.parse import urlsplit

from procedures.demo.people import PASSWORD

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = {360: 780, 390: 844, 768: 1024, 1366: 768, 1920: 1080}


def launch(playwright):
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


def watch(page, origin):
    """Write down on the page object everything that a page of the register must not do."""
    page.faults = []

    def on_request(request):
        if not request.url.startswith(origin + "/"):
            page.faults.append(f"request leaves the origin: {request.url[:200]}")

    def on_response(response):
        # A page may answer 4xx on purpose; what it loads may not.
        if response.status >= 400 and response.request.resource_type != "document":
            page.faults.append(f"{response.status}: {urlsplit(response.url).path}")
        if response.status >= 500:
            page.faults.append(f"{response.status}: {response.url}")

    def on_console(message):
        is_status = message.text.startswith(
            "Failed to load resource: the server responded with a status of 4"
        )
        if message.type in ("error", "warning") and not is_status:
            page.faults.append(f"console {message.type}: {message.text}")

    page.on("request", on_request)
    page.on("response", on_response)
    page.on("console", on_console)
    page.on("pageerror", lambda error: page.faults.append(f"script: {error}"))
    return page


def sign_in(page, username, password=PASSWORD):
    """Through the form, as a person would."""
    page.goto("/dang-nhap/")
    page.fill("#id_username", username)
    page.fill("#id_password", password)
    page.click("main button[type=submit]")
