"""Each form sent by two threads at the same moment to a real server; run as a process beside its database.

`python -m iso_rollout.tests.sent_twice.at_once ADDRESS [NAME …]` prints a line of JSON for each case: what one
sending changed in a world of its own, what two at once changed in another, and the answers.
"""

import http.client
import json
import os
import sys
import threading
from http.cookies import SimpleCookie
from urllib.parse import urlsplit


class Browser:
    """The little of a browser that sends one form: cookies, a token, an answer."""

    def __init__(self, address, person):
        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore

        self.host, self.cookies = urlsplit(address).netloc, {}
        if person is not None:
            session = SessionStore()
            session[SESSION_KEY] = str(person.pk)
            session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
            session[HASH_SESSION_KEY] = person.get_session_auth_hash()
            session.save()
            self.cookies[settings.SESSION_COOKIE_NAME] = session.session_key

    def ask(self, method, address, body=None, content_type="", *, keep=True):
        connection = http.client.HTTPConnection(self.host, timeout=120)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Referer": f"http://{self.host}/"}
        if body is not None:
            headers["Content-Type"] = content_type
        connection.request(method, address, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for header in answer.headers.get_all("Set-Cookie") or [] if keep else ():
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        connection.close()
        return answer.status, text

    def form(self, sent):
        """Where the form goes, its body and the kind of that."""
        from iso_rollout.tests.sent_twice.pages import encoded, form_values, with_values

        action = sent.action or sent.page
        status, html = self.ask("GET", "/toi/" if sent.without_form else sent.page)
        assert status == 200, f"{sent.page}: {status}"
        pairs = [] if sent.without_form else form_values(html, page=sent.page, action=action)
        # The secret of the cookie is a token as well.
        values = sent.values | {"csrfmiddlewaretoken": self.cookies["csrftoken"]}
        return action, *encoded(with_values(pairs, values), sent.files)


def send(address, sent, times):
    """Send a form so many times at once; the statuses."""
    browser = Browser(address, sent.person)
    action, body, content_type = browser.form(sent)
    together, statuses = threading.Barrier(times), []

    def one():
        together.wait()
        statuses.append(browser.ask("POST", action, body, content_type, keep=False)[0])

    threads = [threading.Thread(target=one) for _n in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def changed(address, make, times):
    """({model: by how many rows it grew}, the statuses)."""
    from iso_rollout.tests.sent_twice.cases import make_world
    from iso_rollout.tests.sent_twice.pages import counts, register_state

    sent = make(make_world())
    before = counts(register_state())
    statuses = send(address, sent, times)
    after = counts(register_state())
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}, statuses


def main(address, *names):
    os.environ["DJANGO_SETTINGS_MODULE"] = "iso_rollout.settings"
    import django

    django.setup()
    from iso_rollout.tests.sent_twice.cases import CASES

    for (name, variant), make in CASES.items():
        if names and name not in names:
            continue
        once, first = changed(address, make, 1)
        twice, statuses = changed(address, make, 2)
        told = {
            "case": f"{name} {variant}".strip(),
            "once": once,
            "twice": twice,
            "statuses": [*first, *statuses],
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
