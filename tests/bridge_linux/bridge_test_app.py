"""A WSGI application that shows what a bridge does, one path for each thing to be seen."""
import json
import logging
import os
import sys
import time
from wsgiref.validate import validator


def make(global_conf, exit_code=None, fail=None):
    if exit_code is not None:
        sys.exit(int(exit_code))
    if fail is not None:
        raise LookupError(fail)
    return application


def application(environ, start_response):
    name = environ["PATH_INFO"].strip("/").replace("-", "_") or "index"
    return PAGES.get(name, missing)(environ, start_response)


def page(function):
    PAGES[function.__name__] = function
    return function


PAGES = {}


def plain(start_response, text, status="200 OK", headers=()):
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [text.encode("utf-8")]


def missing(environ, start_response):
    return plain(start_response, "no such page", "404 Not Found")


@page
def index(environ, start_response):
    return plain(start_response, "hello")


@page
def environment(environ, start_response):
    text = {key: value for key, value in environ.items() if isinstance(value, str)}
    wsgi = {key: repr(value) for key, value in environ.items() if key.startswith("wsgi.")}
    types = sorted({type(key).__name__ for key in environ})
    process = {
        "executable": sys.executable,
        "prefix": sys.prefix,
        "argv": sys.argv,
        "stdin": repr(sys.stdin),
        "buffers": [hasattr(stream, "buffer") for stream in (sys.stdout, sys.stderr)],
        "isolated": sys.flags.isolated,
        "test": os.environ.get("KALLITHEA_TEST"),
    }
    return plain(start_response, json.dumps({"text": text, "wsgi": wsgi, "types": types, "process": process}))


@page
def echo(environ, start_response):
    return plain(start_response, environ["wsgi.input"].read().decode("latin-1"))


@page
def pieces(environ, start_response):
    body = environ["wsgi.input"]
    found = [body.read(3), body.readline(), body.readline(2), body.read(0), body.readlines(), body.read(), body.read(5)]
    return plain(start_response, repr(found))


@page
def lines(environ, start_response):
    return plain(start_response, repr(list(environ["wsgi.input"])))


@page
def count(environ, start_response):
    total = 0
    while True:
        block = environ["wsgi.input"].read(100000)
        if not block:
            return plain(start_response, str(total))
        total += len(block)


@page
def reason(environ, start_response):
    return plain(start_response, "capabilities", "200 Script output follows")


class Closing:
    """An iterable that says when it is closed."""

    def __init__(self, name, pieces):
        self.name = name
        self.pieces = pieces

    def __iter__(self):
        return iter(self.pieces)

    def close(self):
        print("closed", self.name)


@page
def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing("stream", [b"", b"one ", b"", b"two ", b"three"])


@page
def flood(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing("flood", (b"x" * 1000 for _ in range(1000)))


@page
def large(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter([b"y" * 100000, b"z"])


@page
def written(environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written ")
    return [b"returned"]


@page
def boom(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    raise RuntimeError("a secret of the application")


@page
def boom_late(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"begun"
    raise RuntimeError("a late secret")


@page
def exits(environ, start_response):
    sys.exit("leaving")


@page
def second_thoughts(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html")])
    try:
        raise ValueError("on second thoughts")
    except ValueError:
        start_response("418 Teapot", [("Content-Type", "text/plain")], sys.exc_info())
    return [b"tea"]


@page
def twice(environ, start_response):
    start_response("200 OK", [])
    start_response("200 OK", [])
    return [b"never"]


@page
def too_late(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"begun"
    try:
        raise ValueError("too late to change")
    except ValueError:
        start_response("500 Oops", [], sys.exc_info())


@page
def overrun(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])
    return Closing("overrun", [b"four", b"more"])


@page
def underrun(environ, start_response):
    start_response("200 OK", [("Content-Length", "40")])
    return [b"four"]


@page
def nothing(environ, start_response):
    start_response("204 No Content", [])
    return [b"not to be sent"]


@page
def empty(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return []


@page
def split_header(environ, start_response):
    start_response("200 OK", [("X-Note", "one\r\nSet-Cookie: two=2")])
    return [b"never"]


@page
def text(environ, start_response):
    start_response("200 OK", [])
    return ["text, not bytes"]


@page
def slow(environ, start_response):
    time.sleep(0.3)
    return plain(start_response, "slept")


@page
def who(environ, start_response):
    time.sleep(0.002)
    return plain(start_response, "%s %s" % (environ.get("REMOTE_USER", "nobody"), environ["QUERY_STRING"]))


@page
def talk(environ, start_response):
    print("printed")
    sys.stderr.buffer.write(b"bytes\n")
    environ["wsgi.errors"].write("to wsgi.errors\n")
    logging.getLogger("bridge.test").info("through logging")
    return plain(start_response, "said")


@validator
def validated(environ, start_response):
    body = environ["wsgi.input"].read(10)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"valid ", body]


PAGES["validated"] = validated
