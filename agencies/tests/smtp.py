"""A mail server in a thread: it keeps what it took, and fails as it is told to."""

import email
import email.policy
import socketserver
import threading
import time
from contextlib import contextmanager


class _Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self):
        server = self.server
        self.say("220 mail.example.gov.vn")
        recipient = ""
        while line := self.rfile.readline():
            word = line.decode().strip()
            if word.upper().startswith(("EHLO", "HELO")):
                self.say("250 mail.example.gov.vn")
            elif word.upper().startswith("RCPT"):
                recipient = word.partition("<")[2].partition(">")[0]
                self.say("550 no such person" if recipient in server.unknown else "250 ok")
            elif word.upper() == "DATA":
                if server.dies_after is not None and len(server.taken) >= server.dies_after:
                    return  # the line breaks before the mail is taken
                self.say("354 go on")
                data = b""
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    data += line
                server.keep(recipient, data)
                server.arrived.set()
                time.sleep(server.thinks)
                self.say("250 taken")
            elif word.upper() == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


class MailServer(socketserver.ThreadingTCPServer):
    """`taken`: [(recipient, message)]. `unknown`: addresses that it refuses. `dies_after`: how many mails it takes
    before every line breaks. `thinks`: seconds between having a mail and saying so."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken, self.unknown, self.dies_after, self.thinks = [], set(), None, 0
        self.arrived = threading.Event()

    def keep(self, recipient, data):
        self.taken.append((recipient, email.message_from_bytes(data, policy=email.policy.default)))

    def to(self, person):
        return [message for recipient, message in self.taken if recipient == person.email]

    def handle_error(self, request, client_address):
        pass  # a client that was killed


@contextmanager
def mail_server(settings=None):
    """A running server; with `settings` Django's mail goes there."""
    server = MailServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    if settings is not None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
