"""Prepares the interpreter that the bridge started, and loads the application.

The bridge calls prepare() once for a process, then load() until it succeeds. Nothing here is imported by the
application, and nothing of the bridge reaches it but environ.
"""
import io
import os
import sys
import threading


class LogStream(io.TextIOBase):
    """A text stream whose lines go to the bridge's log, with the binary stream that Mercurial expects below it."""

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
        """Write whole lines; keep a line's beginning until this thread goes on with it."""
        lines = (getattr(self._begun, "text", "") + text).split("\n")
        self._begun.text = lines.pop()
        for line in lines:
            self._write_line(line.encode("utf-8", self.errors).decode("utf-8"))
        return len(text)

    def flush(self):
        """Write the beginning of a line as a line; it might never be continued."""
        if getattr(self._begun, "text", ""):
            self.write("\n")


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


def prepare(write_line, home, virtual_environment, environment):
    """Give the process its streams, its packages and its environment; return the stream for wsgi.errors."""
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
    return stream


def interpreter(base):
    """The python that subprocesses and hooks are to run: this process is none."""
    if os.name == "nt":
        folders = [os.path.join(base, "Scripts"), base]
        name = "python.exe"
    else:
        folders = [os.path.join(base, "bin")]
        name = "python%d.%d" % sys.version_info[:2]
    candidates = [os.path.join(folder, name) for folder in folders]
    return next((path for path in candidates if os.path.exists(path)), candidates[-1])


def add_packages(virtual_environment):
    """Put the virtual environment's packages before all others, as its own interpreter would."""
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


def load(ini, distribution):
    """Configure logging as the ini file says, and load the application that it describes."""
    if not os.path.isfile(ini):
        raise RuntimeError("the ini file %s does not exist or cannot be read by this worker process" % ini)
    try:
        from paste.deploy import loadapp
    except ImportError as error:
        raise RuntimeError("Python finds no paste.deploy (%s): is Kallithea installed there?" % error) from error
    configure_logging(ini)
    return loadapp("config:" + quoted(ini), relative_to=distribution)


def quoted(path):
    """A path as paste.deploy reads it back from an address."""
    from urllib.parse import quote

    return quote(path, safe="/\\:")


def configure_logging(ini):
    """What `gearbox serve` does: the sections [loggers], [handlers], [formatters], where there are any."""
    import configparser
    import logging.config

    defaults = {"here": os.path.dirname(os.path.abspath(ini)), "__file__": os.path.abspath(ini)}
    parser = configparser.ConfigParser(defaults)
    parser.read(ini, encoding="utf-8")
    if parser.has_section("loggers"):
        logging.config.fileConfig(parser, disable_existing_loggers=False)


def describe(error):
    """An exception as Python itself would print it."""
    import traceback

    return "".join(traceback.format_exception(type(error), error, error.__traceback__))
