"""Prepares the interpreter that the bridge started, and loads the application.

The bridge calls prepare() once for a process, then load() until it succeeds. Nothing here is imported by the
application. Of the bridge, the application sees only environ.
"""
import atexit
import functools
import io
import os
import re
import stat
import subprocess
import sys
import threading
import traceback

import kallithea_bridge_adjustments


# The longest beginning of a message, in characters, that waits for its end. A longer one is written as it is.
LONGEST = 64 * 1024


class LogStream(io.TextIOBase):
    """A text stream that writes to the bridge's log. It has the binary stream below it that Mercurial expects."""

    encoding = "utf-8"
    errors = "backslashreplace"
    newlines = None

    def __init__(self, write_line):
        super().__init__()
        self.buffer = LogBuffer(self)
        self._write_line = write_line
        self._begun = threading.local()

    def writable(self):
        return True

    def write(self, text):
        """Write a message once its last line is complete. Until then, keep its beginning for this thread.

        The log indents further lines of a message, so that a client's text never looks like a line of the log.
        """
        begun = getattr(self._begun, "text", "") + text
        if begun.endswith("\n"):
            begun = self._write_message(begun[:-1])
        elif len(begun) > LONGEST:
            begun = self._write_message(begun)
        self._begun.text = begun
        return len(text)

    def flush(self):
        """Write the beginning of a message as a message, because the rest may never come."""
        if getattr(self._begun, "text", ""):
            self.write("\n")

    def _write_message(self, message):
        self._write_line(message.encode("utf-8", self.errors).decode("utf-8"))
        return ""


class LogBuffer(io.RawIOBase):
    """The binary side of a LogStream."""

    def __init__(self, stream):
        super().__init__()
        self._stream = stream

    def writable(self):
        return True

    def write(self, data):
        self._stream.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)


def prepare(write_line, home, virtual_environment, programs, environment):
    """Set up streams, packages and environment of the process. Return the stream for wsgi.errors."""
    stream = LogStream(write_line)
    sys.stdin = sys.__stdin__ = None
    sys.stdout = sys.__stdout__ = stream
    sys.stderr = sys.__stderr__ = stream
    if hasattr(os, "add_dll_directory"):
        os.add_dll_directory(home)
    base = virtual_environment or home
    if virtual_environment:
        add_packages(virtual_environment)
        sys.prefix = sys.exec_prefix = virtual_environment
    sys.executable = interpreter(base)
    sys.argv = [sys.executable]
    os.environ.update(environment)
    first = [programs] if programs else []
    if os.name == "nt":
        # Git for Windows uses only the program's name from a hook's first line, and looks for it on PATH (compat/mingw.c,
        # parse_interpreter and path_lookup).
        first.insert(0, os.path.dirname(sys.executable))
    if first:
        os.environ["PATH"] = os.pathsep.join([*first, os.environ.get("PATH", os.defpath)])
    kallithea_bridge_adjustments.prepare()
    give_children_nothing()
    return stream


def give_children_nothing():
    """Start programs without the standard streams of the worker process, unless the caller passes streams."""
    begin = subprocess.Popen.__init__
    places = {"stdin": 3, "stdout": 4, "stderr": 5}

    @functools.wraps(begin)
    def begin_alone(self, *arguments, **options):
        arguments = list(arguments)
        for name, place in places.items():
            if len(arguments) > place:
                arguments[place] = subprocess.DEVNULL if arguments[place] is None else arguments[place]
            elif options.get(name) is None:
                options[name] = subprocess.DEVNULL
        begin(self, *arguments, **options)

    subprocess.Popen.__init__ = begin_alone


def interpreter(base):
    """Return the path of python for subprocesses and hooks, because this process is not python itself."""
    if os.name == "nt":
        folders = [os.path.join(base, "Scripts"), base]
        name = "python.exe"
    else:
        folders = [os.path.join(base, "bin")]
        name = "python%d.%d" % sys.version_info[:2]
    candidates = [os.path.join(folder, name) for folder in folders]
    return next((path for path in candidates if os.path.exists(path)), candidates[-1])


def add_packages(virtual_environment):
    """Put the packages of the virtual environment before all others, as its own interpreter does."""
    import site

    if os.name == "nt":
        folder = os.path.join(virtual_environment, "Lib", "site-packages")
    else:
        folder = os.path.join(virtual_environment, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    if not os.path.isdir(folder):
        raise RuntimeError("the virtual environment %s has no folder %s" % (virtual_environment, folder))
    others = list(sys.path)
    site.addsitedir(folder)
    added = [path for path in sys.path if path not in others]
    sys.path[:] = added + others


def load(ini, distribution, with_files):
    """Configure logging as the ini file says, and load the application that the file describes.

    Return it, the query that names its version in addresses, and its static files. Without with_files these are empty.
    """
    if not os.path.isfile(ini):
        raise RuntimeError("the ini file %s does not exist or cannot be read by this worker process" % ini)
    try:
        from paste.deploy import loadapp
    except ImportError as error:
        raise RuntimeError("Python cannot find paste.deploy (%s): check that Kallithea is installed there" % error) from error
    configure_logging(ini)
    application = loadapp("config:" + quoted(ini), relative_to=distribution)
    adjusted = kallithea_bridge_adjustments.adjusted(application)
    version, files = kallithea_bridge_adjustments.files(application, adjusted) if with_files else ("", [])
    return adjusted, version, files


def quoted(path):
    """Quote a path so that paste.deploy reads the same path from an address."""
    from urllib.parse import quote

    return quote(path, safe="/\\:")


def configure_logging(ini):
    """Configure logging as `gearbox serve` does: from [loggers], [handlers] and [formatters], if the file has them."""
    import configparser
    import logging.config

    defaults = {"here": os.path.dirname(os.path.abspath(ini)), "__file__": os.path.abspath(ini)}
    parser = configparser.ConfigParser(defaults)
    parser.read(ini, encoding="utf-8")
    if parser.has_section("loggers"):
        logging.config.fileConfig(parser, disable_existing_loggers=False)


class FileWrapper:
    """wsgi.file_wrapper: a file as the response. The server reads the file itself if it can."""

    def __init__(self, file, block_size=65536):
        self.file = file
        self.block_size = block_size
        if hasattr(file, "close"):
            self.close = file.close

    def __iter__(self):
        return iter(lambda: self.file.read(self.block_size), b"")

    def range(self):
        """Return handle, offset and remaining size of a real file, or None for any other object."""
        # An object that only looks like a file may still have a descriptor, for example one that decompresses while it reads.
        try:
            raw = self.file.raw if type(self.file) in (io.BufferedReader, io.BufferedRandom) else self.file
            if type(raw) is not io.FileIO:
                return None
            descriptor = self.file.fileno()
            status = os.fstat(descriptor)
            offset = self.file.tell()
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode) or offset > status.st_size:
            return None
        return system_handle(descriptor), offset, status.st_size - offset


def system_handle(descriptor):
    """Return the system's handle for a file descriptor."""
    if os.name != "nt":
        return descriptor
    import msvcrt

    return msvcrt.get_osfhandle(descriptor)


def end():
    """Do what Python does at the end of a process, as far as the application notices."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


class RequestTimeLimit(BaseException):
    """Raised in the thread of a request that has computed for too long. `except Exception` does not catch it."""

    def __str__(self):
        return "the request has computed for longer than bridge.requestTimeLimit"


def stacks(first, alone):
    """Return the stacks of all threads, beginning with this identifier, or of that thread alone. It may not run Python."""
    frames = sys._current_frames()
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    others = [] if alone else sorted(identifier for identifier in frames if identifier != first)
    parts = []
    for identifier in [first] + others:
        name = "the request's thread" if identifier == first else "thread %s" % names.get(identifier, identifier)
        frame = frames.get(identifier)
        doing = "".join(traceback.format_stack(frame)) if frame else "  it runs no Python at the moment\n"
        parts.append("%s:\n%s" % (name, doing))
    return "\n".join(parts)


def describe(error):
    """Return an exception as Python prints it, without anything that may be a password."""
    parts = traceback.format_exception(type(error), error, error.__traceback__)
    return "".join(part if part.startswith('  File "') else without_passwords(part) for part in parts)


# Messages that quote a value or a line of the ini file: from configparser, about the database's address, about a number.
QUOTED = re.compile(
    r"(must be followed by '%' or '\(', found: |bad interpolation variable reference |an interpolation key (?=')|Raw value: |\[line +\d+\]: "
    r"|contains no section headers\.\nfile: [^\n]*\n|URL from string |invalid literal for int\(\) with base 10: ).+(?=\n)",
    re.DOTALL,
)
NAMED = re.compile(
    r"""((?:pass(?:word|wd|phrase)?|pwd|secret|token|key)['"]?\s*[=:]\s*)('[^']*'|"[^"]*"|[^\s&;,)]+)""", re.IGNORECASE
)


def without_passwords(text):
    """Return a message with asterisks in place of everything that may be a password: better too many than too few."""
    text = NAMED.sub(r"\1***", QUOTED.sub(r"\1***", text))
    return "".join(map(without_account, text.splitlines(True)))


def without_account(line):
    """Hide what is before the last @ of a line, from the first colon or percent sign on. It may be a password."""
    end = line.rfind("@")
    begin = re.search(r"[:%](?=\S)", line[:max(end, 0)])
    return line[:begin.end()] + "***" + line[end:] if begin else line
