"""Kallithea's extensions.py of a deployment under test: records every access outside of the folders that requests may use,
as lines of JSON in data/elsewhere.jsonl.

It begins with the request whose query is "watch". For that request it reads the ini file, so that the first line shows that it
works. The folders are those of Python and the virtual environment, the repositories, and the deployment's data, logs and
temporary files. Static files may come only from Kallithea's own folder.
"""
import functools
import json
import os
import sys
import tempfile
import threading

import kallithea
import mercurial.util
import tg.support.statics
from kallithea.config.middleware import permanent_repo_url

HERE = os.path.dirname(os.path.abspath(__file__))
PUBLIC = os.path.join(os.path.dirname(kallithea.__file__), "public")
# Events of sys.addaudithook, and which of their arguments are paths.
EVENTS = {"open": [0], "os.listdir": [0], "os.scandir": [0], "sqlite3.connect": [0], "subprocess.Popen": [1, 2]}
# Names that docutils looks for when it renders the first README in reStructuredText.
OF_DOCUTILS = ("docutils.conf", ".docutils", "html4css1.css")

now = threading.local()
state = {"watching": False}


def place(path):
    return os.path.normcase(os.path.abspath(os.fsdecode(path)))


def below(path, folder):
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


@functools.lru_cache(maxsize=None)
def folders():
    own = [os.path.join(HERE, name) for name in ("data", "logs", "kallithea.db")]
    python = [path for path in sys.path if os.path.isabs(path)] + [sys.prefix, os.path.dirname(os.__file__)]
    # Where Python looks for translations. The second is Debian's own folder.
    translations = [os.path.join(sys.base_prefix, "share", "locale"), "/usr/share/locale-langpack"]
    repositories = kallithea.CONFIG["base_path"]
    # Mercurial checks whether the file system is case-sensitive.
    cases = [os.path.join(os.path.dirname(repositories), name) for name in ("REPOSITORIES", "repositories")]
    return [place(path) for path in own + python + translations + cases + [repositories, tempfile.gettempdir()]]


def is_allowed(path, event):
    if is_of_statics():
        return below(path, place(PUBLIC))
    if path == place(os.devnull) or os.path.basename(path) in OF_DOCUTILS:
        return True
    # Resolving links in the path of a folder touches the folders above it.
    above = event == "stat" and any(below(folder, path) for folder in folders())
    return above or any(below(path, folder) for folder in folders())


def is_of_statics():
    frame = sys._getframe()
    for _ in range(12):
        if frame is None:
            return False
        if frame.f_code.co_filename == tg.support.statics.__file__:
            return True
        frame = frame.f_back
    return False


def note(event, path):
    if not state["watching"] or getattr(now, "is_noting", False):
        return
    now.is_noting = True
    try:
        if isinstance(path, (str, bytes, os.PathLike)) and not is_allowed(place(path), event):
            line = {"event": event, "path": os.fsdecode(path), "url": getattr(now, "url", None)}
            os.write(state["file"], (json.dumps(line) + "\n").encode())
    finally:
        now.is_noting = False


def heard(event, arguments):
    for number in EVENTS.get(event, ()):
        argument = arguments[number]
        if event != "subprocess.Popen":
            note(event, argument)
            continue
        words = argument if isinstance(argument, (list, tuple)) else [argument]
        for word in map(os.fsdecode, filter(None, words)):
            # An argument may be a path, or an option with a path after its equals sign.
            path = word if os.path.isabs(word) else word.rpartition("=")[2]
            if os.sep in path:
                note(event, path)
    if event == "socket.connect":
        note(event, str(arguments[1]))


def noting(event, function):
    @functools.wraps(function)
    def call(path, *arguments, **options):
        note(event, path)
        return function(path, *arguments, **options)

    return call


def watched(serve):
    @functools.wraps(serve)
    def call(self, environ, start_response):
        now.url = environ["PATH_INFO"]
        if environ["QUERY_STRING"] == "watch" and not state["watching"]:
            state["watching"] = True
            open(os.path.join(HERE, "my.ini")).close()
        return serve(self, environ, start_response)

    return call


os.makedirs(os.path.join(HERE, "data"), exist_ok=True)
state["file"] = os.open(os.path.join(HERE, "data", "elsewhere.jsonl"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
for application in (permanent_repo_url.PermanentRepoUrl, tg.support.statics.StaticsMiddleware):
    application.__call__ = watched(application.__call__)
# These functions raise no audit event.
os.stat = noting("stat", os.stat)
os.lstat = noting("stat", os.lstat)
mercurial.util.posixfile = noting("open", mercurial.util.posixfile)
sys.addaudithook(heard)
