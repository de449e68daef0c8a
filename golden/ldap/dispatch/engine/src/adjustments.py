"""Fits Kallithea 0.7.0 to a worker process in which several threads serve requests, for users whom the server knows.

prepare() of bootstrap.py calls separate_threads(), load() passes the application through adjusted(). None of
Kallithea's code is repeated here, and nothing happens to an application that is not Kallithea. The reasons, and what
was measured, stand in docs/threads.md and docs/sessions.md.
"""
import functools
import importlib
import io
import os
import re
import subprocess
import sys
import threading
import urllib.parse

VARIABLE = "KALLITHEA_EXTRAS"

# What a request tells its hooks, in the form in which os.environ keeps values.
_thread = threading.local()


def separate_threads():
    """Give every thread a KALLITHEA_EXTRAS of its own, in os.environ, os.environb and what subprocesses inherit.

    Kallithea writes the user of a version-control request there, for the hooks that Mercurial calls later on the same
    thread and that Git runs as subprocesses. A thread that has none sees none: a hook then fails, rather than take
    another request's user for its own.
    """
    os.environ.pop(VARIABLE, None)
    os.environ.__class__ = ThreadEnvironment
    if hasattr(os, "environb"):
        os.environb.__class__ = ThreadEnvironment
    hand_down()


class ThreadEnvironment(type(os.environ)):
    """The process's environment, but for one variable, which never reaches it."""

    def __getitem__(self, name):
        if self.encodekey(name) != KEY:
            return super().__getitem__(name)
        if not is_set():
            raise KeyError(name)
        return self.decodevalue(_thread.value)

    def __setitem__(self, name, value):
        if self.encodekey(name) != KEY:
            super().__setitem__(name, value)
        else:
            _thread.value = self.encodevalue(value)

    def __delitem__(self, name):
        if self.encodekey(name) != KEY:
            super().__delitem__(name)
        elif is_set():
            forget()
        else:
            raise KeyError(name)

    def __iter__(self):
        yield from super().__iter__()
        if is_set():
            yield self.decodekey(KEY)

    def __len__(self):
        return super().__len__() + is_set()


# On Windows names are text in upper case, elsewhere bytes; os.environb has the same.
KEY = os.environ.encodekey(VARIABLE)


def is_set():
    return hasattr(_thread, "value")


def forget():
    _thread.__dict__.clear()


def hand_down():
    """Let a subprocess that is given no environment have this thread's, as it would if the variable were a real one."""
    begin = subprocess.Popen.__init__
    place = 10  # of `env` among the positional arguments

    @functools.wraps(begin)
    def begin_with_variable(self, *arguments, **options):
        if is_set() and len(arguments) <= place and options.get("env") is None:
            options["env"] = os.environ.copy()
        begin(self, *arguments, **options)

    subprocess.Popen.__init__ = begin_with_variable


def adjusted(application):
    """The application as the bridge is to call it."""
    if "kallithea" not in sys.modules:
        return application
    # A second thread would find an extension half loaded, and serve its request without it.
    wrap("mercurial.extensions", "loadall", in_turn)
    # A second push to the same repository would find Git's info/refs locked, and be answered 500.
    wrap("kallithea.config.middleware.pygrack", "update_server_info", in_turn)
    # A challenge would read the whole body into memory before anybody knows who sends it.
    wrap("kallithea.controllers.base", "BasicAuth.build_authentication", without_body)
    # A repository with a name beyond ASCII would be answered 500.
    wrap("mercurial.hgweb.hgweb_mod", "hgweb.__call__", named_as_in_the_path)
    # A session would go on for whomever it began with, whoever the server says is there now.
    wrap("beaker.session", "SessionObject.__init__", of_the_user)
    # Another site's form could sign its visitors on as the site's owner, for as long as their session lasts.
    wrap("kallithea.controllers.base", "log_in_user", not_by_a_key)
    # A wrong password would be answered 500 where everybody searches the directory by himself.
    wrap("kallithea.lib.auth_modules.auth_ldap", "AuthLdap.authenticate_ldap", bound_as_himself)

    def serve(environ, start_response):
        # However the thread's last request ended, nothing of it is left.
        forget()
        return application(environ, with_names_of_files(start_response))

    return serve


def wrap(module, path, wrapper):
    """Put a wrapper around a function, once; where this Kallithea has no such function, say so and go on."""
    *owners, name = path.split(".")
    owner = functools.reduce(lambda found, part: getattr(found, part, None), owners, imported(module))
    function = getattr(owner, name, None)
    if owner is None or function is None:
        print("There is no %s in %s: this is not the Kallithea that the bridge was made for." % (path, module))
    elif not hasattr(function, "kallithea_bridge"):
        wrapped = functools.wraps(function)(wrapper(function))
        wrapped.kallithea_bridge = True
        setattr(owner, name, wrapped)


def imported(module):
    # Kallithea itself imports a way to sign on when somebody first does.
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def in_turn(function):
    """One thread at a time."""
    turn = threading.RLock()

    def call(*arguments, **options):
        with turn:
            return function(*arguments, **options)

    return call


def without_body(build_authentication):
    """A challenge that finds an empty body to read."""

    def build(self, environ):
        return build_authentication(self, dict(environ, **{"wsgi.input": io.BytesIO()}))

    return build


def named_as_in_the_path(serve):
    """Mercurial, told the name of its repository as the path has it: UTF-8 bytes as Latin-1 (PEP 3333)."""

    def call(self, environ, start_response):
        name = environ.get("REPO_NAME")
        if isinstance(name, str) and not name.isascii():
            environ = dict(environ, REPO_NAME=name.encode("utf-8").decode("latin-1"))
        return serve(self, environ, start_response)

    return call


def not_by_a_key(log_in_user):
    """A form that signs on only where it has its token: an API key in the address spares it the check."""

    def sign_on(user, remember, is_external_auth, ip_addr):
        import tg
        import webob.exc

        if not is_external_auth and not tg.request.needs_csrf_check:
            raise webob.exc.HTTPForbidden()
        return log_in_user(user, remember, is_external_auth, ip_addr)

    return sign_on


def of_the_user(begin):
    """Sessions whose cookies are signed for the user whom the server authenticated, and are no good for another.

    Beaker signs the number of a session with `secret`, and a session that the cookie itself holds with `validate_key`.
    Windows does not tell upper case from lower case in a user's name, and says it now in one, now in the other.
    """

    def begin_session(self, environ, **options):
        user = environ.get("REMOTE_USER")
        if user:
            name = one_case(user)
            options["secret"] = "%s\n%s" % (options.get("secret") or "", name)
            if options.get("validate_key"):
                options["validate_key"] = "%s\n%s" % (options["validate_key"], name)
        begin(self, environ, **options)

    return begin_session


def one_case(name):
    """A name in small letters, but for letters that are no other's capital: the Kelvin sign would become a k."""
    return "".join(letter.lower() if letter.lower().upper() == letter else letter for letter in name)


def bound_as_himself(authenticate):
    """A directory that refuses a user's own password when he is to search, which to Kallithea is a wrong password.

    Where it refuses the account that searches for everybody, that stays the fault of the settings that it is.
    """
    module = sys.modules[authenticate.__module__]

    def call(self, username, password):
        try:
            return authenticate(self, username, password)
        except module.ldap.INVALID_CREDENTIALS:
            if self.LDAP_BIND_PASS != password:
                raise
            raise module.LdapPasswordError() from None

    return call


def with_names_of_files(start_response):
    """A start_response for headers that name the file of a download as Kallithea does: bare, in whatever letters."""

    def start(status, headers, *error):
        named = [
            (name, disposition(value) if name.lower() == "content-disposition" else value) for name, value in headers
        ]
        return start_response(status, named, *error)

    return start


ATTACHMENT = "attachment; filename="


def disposition(value):
    """The header in the form of RFC 6266, where the name is more than a token: once for all, once in its own letters."""
    name = value[len(ATTACHMENT):]
    if not value.startswith(ATTACHMENT) or re.fullmatch(r"[\w.+-]+", name, re.ASCII):
        return value
    plain = re.sub(r"[^\w .+-]", "_", name, flags=re.ASCII)
    return "%s\"%s\"; filename*=UTF-8''%s" % (ATTACHMENT, plain, urllib.parse.quote(name, safe="", errors="replace"))
