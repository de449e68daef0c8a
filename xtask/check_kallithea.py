"""Asks a Kallithea for more than its first page: check_kallithea.py INI [--git] [--user NAME --password WORD]

Ends with 1 where a page is not as it should be. `--git` asks for the pages of a Git repository as well, and `--user` signs a user on.
"""
import argparse
import http.cookies
import io
import os
import re
import sys
import traceback
import urllib.parse

from paste.deploy import loadapp

PAGES = [
    ("/", "calculator"),
    ("/calculator", "Add one and one"),
    ("/calculator/changelog", "Add one and one"),
    ("/calculator/changeset/tip", "print"),
    ("/calculator/files/tip/add.py", "print"),
    ("/calculator/annotate/tip/add.py", "Bob"),
    ("/_admin/login", "password"),
    ("/images/kallithea-logo.svg", "<svg"),
]

OF_GIT = [
    ("/notes", "Start taking notes"),
    ("/notes/changelog", "Start taking notes"),
    ("/notes/changeset/tip", "Notes"),
    ("/notes/files/tip/README", "Notes"),
    ("/notes/annotate/tip/README", "Alice"),
]


class Visitor:
    """Somebody with a browser."""

    def __init__(self, app):
        self.app = app
        self.cookies = http.cookies.SimpleCookie()

    def ask(self, path, form=None):
        """The status and the text of a page; with a form, of the answer to it."""
        body = urllib.parse.urlencode(form or {}).encode()
        environ = {
            "REQUEST_METHOD": "GET" if form is None else "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
            "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost",
            "HTTP_COOKIE": "; ".join("%s=%s" % (name, found.coded_value) for name, found in self.cookies.items()),
            "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr, "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }
        answers = []
        parts = self.app(environ, lambda status, headers, exc_info=None: answers.append((status, headers)))
        text = b"".join(parts).decode("utf-8", "replace")
        status, headers = answers[0]
        for name, value in headers:
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        return status, text

    def sign_on(self, user, password):
        """The page of one's own account, after filling in the form."""
        _, form = self.ask("/_admin/login")
        token = re.search(r'name="_session_csrf_secret_token"[^>]*value="([^"]+)"', form).group(1)
        answer = {"username": user, "password": password, "_session_csrf_secret_token": token}
        self.ask("/_admin/login", answer)
        return self.ask("/_admin/my_account")


def is_fine(name, ask, expected):
    try:
        status, text = ask()
    except Exception:
        status, text = "500 exception", traceback.format_exc()
        traceback.print_exc()
    fine = status.startswith("200") and expected in text
    print("%-36s %s%s" % (name, status, "" if fine else "  <- expected 200 and %r" % expected))
    return fine


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ini")
    parser.add_argument("--git", action="store_true")
    parser.add_argument("--user")
    parser.add_argument("--password")
    arguments = parser.parse_args()
    sys.argv = sys.argv[:1]
    visitor = Visitor(loadapp("config:" + os.path.abspath(arguments.ini)))
    pages = PAGES + OF_GIT if arguments.git else PAGES
    outcomes = [is_fine(path, lambda path=path: visitor.ask(path), expected) for path, expected in pages]
    if arguments.user:
        account = is_fine("signed on", lambda: visitor.sign_on(arguments.user, arguments.password), arguments.user)
        outcomes.append(account)
    sys.exit(0 if all(outcomes) else 1)


main()
