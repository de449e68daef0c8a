"""Asks a Kallithea for more than its first page: check_kallithea.py INI. Ends with 1 where a page is not as it should be."""
import io
import os
import sys
import traceback

from paste.deploy import loadapp

PAGES = [
    ("/", "calculator"),
    ("/calculator", "Add one and one"),
    ("/calculator/changelog", "Add one and one"),
    ("/calculator/changeset/tip", "print"),
    ("/calculator/files/tip/add.py", "print"),
    ("/_admin/login", "password"),
    ("/images/kallithea-logo.svg", "<svg"),
]


def get(app, path):
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }
    answers = []
    parts = app(environ, lambda status, headers, exc_info=None: answers.append(status))
    body = b"".join(parts).decode("utf-8", "replace")
    return answers[0], body


def main():
    app = loadapp("config:" + os.path.abspath(sys.argv[1]))
    wrong = 0
    for path, expected in PAGES:
        try:
            status, body = get(app, path)
        except Exception:
            status, body = "500 exception", traceback.format_exc()
        fine = status.startswith("200") and expected in body
        print("%-36s %s%s" % (path, status, "" if fine else "  <- expected 200 and %r" % expected))
        wrong += not fine
    sys.exit(1 if wrong else 0)


main()
