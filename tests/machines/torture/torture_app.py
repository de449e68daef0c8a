"""A WSGI application that shows what a bridge does, one path for each thing to be seen.

A path that begins with /valid/ is served through wsgiref.validate, which reports everything that a server does wrong.
"""
import atexit
import gzip
import hashlib
import io
import json
import logging
import os
import re
import sys
import threading
import time
from urllib.parse import parse_qs
from wsgiref.validate import validator

FOLDER = None
PAYLOAD = bytes(range(256)) * 1000
MADE = 0


class Unusual(BaseException):
    """An exception that no `except Exception` catches."""


def make(global_conf, fail=None, times="1000", ends_after=None):
    """Make the application, or fail as often as the ini file says."""
    global FOLDER, MADE
    FOLDER = global_conf["here"]
    failures = os.path.join(FOLDER, "failures")
    if fail is not None and len(text_of(failures)) < int(times):
        with open(failures, "a") as file:
            file.write("x")
        raise {"exit": SystemExit(3), "keyboard": KeyboardInterrupt(), "unusual": Unusual("at the start")}.get(
            fail, LookupError(fail)
        )
    MADE += 1
    with open(os.path.join(FOLDER, "payload.bin"), "wb") as file:
        file.write(PAYLOAD)
    atexit.register(print, "the application made %d ends" % MADE)
    if ends_after is not None:
        atexit.register(time.sleep, float(ends_after))
    return application


def text_of(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def application(environ, start_response):
    name = environ["PATH_INFO"].strip("/").replace("-", "_") or "index"
    if name.startswith("valid/"):
        return validator(PAGES[name[len("valid/"):]])(environ, start_response)
    return PAGES.get(name, missing)(environ, start_response)


PAGES = {}


def page(function):
    PAGES[function.__name__] = function
    return function


def plain(start_response, text, status="200 OK", headers=()):
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [text.encode("utf-8")]


def query(environ, name, otherwise=None):
    return parse_qs(environ["QUERY_STRING"]).get(name, [otherwise])[0]


def missing(environ, start_response):
    return plain(start_response, "no such page", "404 Not Found")


# What reaches the application.


@page
def index(environ, start_response):
    return plain(start_response, "hello")


@page
def environment(environ, start_response):
    text = {key: value for key, value in environ.items() if isinstance(value, str)}
    wsgi = {key: repr(value) for key, value in environ.items() if key.startswith("wsgi.")}
    types = sorted({type(key).__name__ for key in environ} | {type(environ).__name__})
    process = {
        "executable": sys.executable,
        "prefix": sys.prefix,
        "argv": sys.argv,
        "stdin": repr(sys.stdin),
        "buffers": [hasattr(stream, "buffer") for stream in (sys.stdout, sys.stderr)],
        "isolated": sys.flags.isolated,
        "test": os.environ.get("KALLITHEA_TEST"),
    }
    leaked = sorted(set(environ) & set(os.environ))
    found = {"text": text, "wsgi": wsgi, "types": types, "process": process, "leaked": leaked}
    return plain(start_response, json.dumps(found))


@page
def child(environ, start_response):
    """The PATH of a program that this process starts, on Windows, and the Python that a program finds by its name alone."""
    import shutil
    import subprocess

    path = subprocess.run(["cmd", "/c", "echo %PATH%"], stdout=subprocess.PIPE, check=True).stdout.decode()
    return plain(start_response, json.dumps({"path": path.strip().split(";"), "python": shutil.which("python.exe")}))


@page
def children(environ, start_response):
    """Start programs as Kallithea does: without a stdin, by the shell, with pipes; and by the C library."""
    import subprocess

    # On Linux, a program that reads its input. Wine's shell has no such program.
    shell, hello = (["cmd", "/c"], "echo hello") if os.name == "nt" else (["sh", "-c"], "cat; echo hello")
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    ways = {
        "inherit": lambda: subprocess.Popen([*shell, hello], bufsize=-1, stdin=None, **pipe),
        "shell": lambda: subprocess.Popen("echo hello", shell=True, **pipe),
        "pipe": lambda: subprocess.Popen([*shell, hello], stdin=subprocess.PIPE, **pipe),
        "nothing": lambda: subprocess.Popen([*shell, "echo unheard 1>&2"]),
        "by place": lambda: subprocess.Popen([*shell, hello], -1, None, None, subprocess.PIPE, None),
    }
    found = {}
    for name, begin in ways.items():
        try:
            process = begin()
            out = process.communicate()[0] or b""
            found[name] = [process.returncode, out.decode().strip()]
        except Exception as error:
            found[name] = repr(error)
    found["system"] = os.system("exit 3") & 0xff or os.system("exit 3") >> 8
    return plain(start_response, json.dumps(found))


@page
def standard_handles(environ, start_response):
    """The standard handles of the system, and what they are."""
    import ctypes

    kernel = ctypes.WinDLL("kernel32")
    kernel.GetStdHandle.restype = ctypes.c_void_p
    kernel.GetFileType.argtypes = [ctypes.c_void_p]
    return plain(start_response, json.dumps([kernel.GetFileType(kernel.GetStdHandle(n)) for n in (-10, -11, -12)]))


@page
def libraries(environ, start_response):
    """The libraries of Python that are in the process after it has loaded these modules."""
    import ctypes
    import importlib
    from ctypes import wintypes

    for name in query(environ, "modules").split(","):
        importlib.import_module(name)
    kernel = ctypes.WinDLL("kernel32")
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    kernel.K32EnumProcessModules.argtypes = [wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD, ctypes.c_void_p]
    kernel.GetModuleFileNameW.argtypes = [wintypes.HMODULE, wintypes.LPWSTR, wintypes.DWORD]
    handles, size, name = (wintypes.HMODULE * 1000)(), wintypes.DWORD(), ctypes.create_unicode_buffer(1000)
    kernel.K32EnumProcessModules(kernel.GetCurrentProcess(), handles, ctypes.sizeof(handles), ctypes.byref(size))
    found = []
    for handle in handles[: size.value // ctypes.sizeof(wintypes.HMODULE)]:
        kernel.GetModuleFileNameW(handle, name, len(name))
        file = os.path.basename(name.value).lower()
        if file.startswith("python") and file.endswith(".dll"):
            found.append(name.value)
    return plain(start_response, json.dumps(sorted(found, key=str.lower)))


@page
def echo(environ, start_response):
    # The validator wants a size; a request beyond the end does no harm.
    body = b"".join(iter(lambda: environ["wsgi.input"].read(100000), b""))
    return plain(start_response, body.decode("latin-1"))


@page
def echo_late(environ, start_response):
    """Begin the response before the body is read."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"begun "
    yield environ["wsgi.input"].read()


@page
def pieces(environ, start_response):
    body = environ["wsgi.input"]
    found = [body.read(3), body.readline(), body.readline(2), body.read(0), body.readlines(), body.read(), body.read(5)]
    return plain(start_response, repr(found))


@page
def lines(environ, start_response):
    return plain(start_response, repr(list(environ["wsgi.input"])))


@page
def some_lines(environ, start_response):
    body = environ["wsgi.input"]
    return plain(start_response, repr([body.readlines(3), body.read(-1), body.read(None)]))


@page
def digest(environ, start_response):
    total, sha256 = 0, hashlib.sha256()
    for block in iter(lambda: environ["wsgi.input"].read(65536), b""):
        total += len(block)
        sha256.update(block)
    return plain(start_response, "%d %s" % (total, sha256.hexdigest()))


@page
def upload(environ, start_response):
    try:
        while environ["wsgi.input"].read(3):
            pass
    except OSError as error:
        print("the upload raised", error)
        raise
    return plain(start_response, "whole")


# Responses of the application.


class Closing:
    """An iterable that says when it is closed."""

    def __init__(self, name, pieces, error=None):
        self.name = name
        self.pieces = pieces
        self.error = error

    def __iter__(self):
        return iter(self.pieces)

    def close(self):
        print("closed", self.name)
        if self.error:
            raise self.error


@page
def reason(environ, start_response):
    return plain(start_response, "capabilities", "200 Script output follows")


@page
def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing("stream", [b"", b"one ", b"", b"two ", b"three"])


@page
def announced(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return Closing("announced", [b"one ", b"two ", b"three"])


@page
def together(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"piece %d " % number for number in range(100)]


@page
def flood(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing("flood", (b"x" * 1000 for _ in range(1000)))


@page
def large(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter([b"y" * 100000, b"z"])


@page
def generated(environ, start_response):
    """A number of bytes; byte number n is n modulo 251."""
    size = int(query(environ, "size"))
    headers = [("Content-Type", "application/octet-stream")]
    if query(environ, "announced"):
        headers.append(("Content-Length", str(size)))
    start_response("200 OK", headers)
    block = bytes(range(251)) * 261
    return (block[: min(len(block), size - begin)] for begin in range(0, size, len(block)))


@page
def written(environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written ")
    return [b"returned"]


@page
def sent_file(environ, start_response):
    headers = [("Content-Type", "application/octet-stream")]
    length = query(environ, "length")
    if length:
        headers.append(("Content-Length", length))
    start_response("200 OK", headers)
    kind = query(environ, "kind", "file")
    path = os.path.join(FOLDER, "payload.bin")
    if kind == "bytes":
        file = io.BytesIO(PAYLOAD)
    elif kind == "unpacked":
        with gzip.open(path + ".gz", "wb") as packed:
            packed.write(PAYLOAD)
        file = io.BufferedReader(gzip.open(path + ".gz", "rb"))
    elif kind == "empty":
        open(path + ".empty", "wb").close()
        file = open(path + ".empty", "rb")
    else:
        file = open(path, "rb")
    file.read(int(query(environ, "offset", "0")))
    close = file.close
    wrapped = environ["wsgi.file_wrapper"](file)
    # A file cannot report that it is closed, so its wrapper does.
    wrapped.close = lambda: (close(), print("closed file", kind))
    return wrapped


@page
def nothing(environ, start_response):
    start_response("204 No Content", [])
    return [b"not to be sent"]


@page
def unchanged(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"1"')])
    return [b"not to be sent"]


@page
def empty(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return []


@page
def overrun(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])
    return Closing("overrun", [b"four", b"more"])


@page
def underrun(environ, start_response):
    start_response("200 OK", [("Content-Length", "40")])
    return [b"four"]


@page
def underrun_late(environ, start_response):
    start_response("200 OK", [("Content-Length", "40")])
    yield b"four"


@page
def never_begun(environ, start_response):
    start_response("200 OK", [("Content-Length", "40")])
    return [b""] if query(environ, "list") else iter([b""])


# Failures.


@page
def boom(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    raise RuntimeError("a secret of the application")


@page
def boom_late(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])

    def pieces():
        yield b"begun"
        raise RuntimeError("a late secret")

    return Closing("boom late", pieces())


@page
def exits(environ, start_response):
    sys.exit("leaving")


@page
def interrupted(environ, start_response):
    raise KeyboardInterrupt("by nobody")


@page
def unusual(environ, start_response):
    raise Unusual("in a request")


@page
def close_fails(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing("failing", [b"all of it"], OSError("the close failed"))


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
def never(environ, start_response):
    return [b"no head"]


@page
def too_late(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"begun"
    try:
        raise ValueError("too late to change")
    except ValueError:
        start_response("500 Oops", [], sys.exc_info())


@page
def split_header(environ, start_response):
    start_response("200 OK", [("X-Note", "one\r\nSet-Cookie: two=2")])
    return [b"never"]


@page
def text(environ, start_response):
    start_response("200 OK", [])
    return ["text, not bytes"]


@page
def nonsense(environ, start_response):
    start_response("200 OK", [])
    return None


@page
def outliving(environ, start_response):
    """Use objects of the request after its end."""
    body = environ["wsgi.input"]
    write = start_response("200 OK", [("Content-Type", "text/plain")])

    def go_on():
        time.sleep(0.2)
        for attempt in (lambda: body.read(1), lambda: write(b"late"), lambda: start_response("200 OK", [])):
            try:
                attempt()
                print("nothing was raised")
            except (OSError, AssertionError) as error:
                print("late use raised", type(error).__name__)

    threading.Thread(target=go_on).start()
    return [b"done"]


# Threads, time and the log.


@page
def slow(environ, start_response):
    time.sleep(float(query(environ, "seconds", "0.3")))
    return plain(start_response, "slept")


@page
def whole(environ, start_response):
    """A number of bytes, in a list."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [b"x" * int(query(environ, "size"))]


@page
def endless(environ, start_response):
    """Compute for ever, and catch every Exception."""
    while True:
        try:
            while True:
                time.sleep(0.01)
        except Exception:
            pass


@page
def stubborn(environ, start_response):
    """Catch everything that is raised, for a number of seconds."""
    end = time.monotonic() + float(query(environ, "seconds"))
    while time.monotonic() < end:
        try:
            while time.monotonic() < end:
                time.sleep(0.01)
        except BaseException:
            print("swallowed", sys.exc_info()[0].__name__)
    return plain(start_response, "over")


@page
def backtracking(environ, start_response):
    """Search with one regular expression that keeps Python's lock for at least this time: each further letter doubles the time."""
    letters, took = 20, 0
    while took < 0.1:
        letters, begun = letters + 1, time.monotonic()
        re.match("(a+)+$", "a" * letters + "b")
        took = time.monotonic() - begun
    while took < float(query(environ, "seconds")):
        letters, took = letters + 1, 2 * took
    re.match("(a+)+$", "a" * letters + "b")
    return plain(start_response, "over")


@page
def who(environ, start_response):
    time.sleep(0.002)
    return plain(start_response, "%s %s" % (environ.get("REMOTE_USER", "nobody"), environ["QUERY_STRING"]))


@page
def number(environ, start_response):
    number = environ.get("HTTP_X_REQUEST_NUMBER", "")
    body = b"".join(iter(lambda: environ["wsgi.input"].read(65536), b""))
    return plain(start_response, "%s %d" % (number, len(body)), headers=[("X-Number", number)])


@page
def made(environ, start_response):
    return plain(start_response, str(MADE))


@page
def talk(environ, start_response):
    print("printed")
    sys.stderr.buffer.write(b"bytes\n")
    environ["wsgi.errors"].write("to wsgi.errors\n")
    logging.getLogger("bridge.test").info("through logging")
    return plain(start_response, "said")


@page
def whisper(environ, start_response):
    print("colour \x1b[31m, \x9b31m, \u202ereversed\u202c, next\u2028line, next\u0085line, un\u200bseen, jörg")
    return plain(start_response, "whispered")


@page
def quote(environ, start_response):
    """Log the text that a client has sent, in the ways in which applications do."""
    sent = query(environ, "text")
    print("printed", sent)
    print("in two", end=" ")
    print("pieces", sent)
    logging.getLogger("bridge.test").error("no such branch: %s", sent)
    environ["wsgi.errors"].write("to wsgi.errors %s\n" % sent)
    sys.stderr.buffer.write(("bytes %s\n" % sent).encode())
    sys.stdout.write("never ended " + sent)
    sys.stdout.flush()
    raise KeyError("raised", Unusual(sent)) from Unusual(sent)


@page
def shout(environ, start_response):
    for _ in range(1000 * int(query(environ, "megabytes", "1"))):
        print("shouted " + "x" * 990)
    return plain(start_response, "shouted")
