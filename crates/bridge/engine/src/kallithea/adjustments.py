"""Fits Kallithea 0.7.0 to a worker process in which several threads serve requests, for users whom the server knows.

load() of bootstrap.py passes the application through adjusted(). None of Kallithea's code is repeated here, and nothing
happens to an application that is not Kallithea. The reasons, and what was measured, stand in docs/threads.md,
docs/sessions.md and docs/paths.md.
"""
import io
import re
import sys
import threading
import urllib.parse

import kallithea_bridge_hardening as hardening
import kallithea_bridge_threads as threads
from kallithea_bridge_guards import wrap


def adjusted(application):
    """The application as the bridge is to call it."""
    if "kallithea" not in sys.modules:
        return application
    application = hardening.hardened(application)
    # A second thread would find an extension half loaded, and serve its request without it.
    wrap("mercurial.extensions", "loadall", in_turn)
    # A second push to the same repository would find Git's info/refs locked, and be answered 500.
    wrap("kallithea.config.middleware.pygrack", "update_server_info", in_turn)
    # A challenge would read the whole body into memory before anybody knows who sends it.
    wrap("kallithea.controllers.base", "BasicAuth.build_authentication", without_body)
    # A repository with a name beyond ASCII would be answered 500.
    wrap("mercurial.hgweb.hgweb_mod", "hgweb.__call__", named_as_in_the_path)
    # Fifteen slow clients would hold all database connections, and everybody else would wait for one (KI337 has the number).
    wrap("tg.support.middlewares", "DBSessionRemoverMiddleware._stream_response", sent_without_a_connection)
    wrap("kallithea.config.middleware.simplehg", "SimpleHg._make_app", begun_without_a_connection)
    wrap("kallithea.config.middleware.simplegit", "SimpleGit._make_app", begun_without_a_connection)
    # A wrong password would be answered 500 where everybody searches the directory by himself.
    wrap("kallithea.lib.auth_modules.auth_ldap", "AuthLdap.authenticate_ldap", bound_as_himself)

    def serve(environ, start_response):
        # However the thread's last request ended, nothing of it is left.
        threads.forget()
        return application(environ, with_names_of_files(start_response))

    return serve


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


def sent_without_a_connection(stream):
    """A response whose pieces are handed over without a database connection: their client may take his time."""

    def call(self, data):
        pieces = stream(self, data)
        try:
            for piece in pieces:
                give_back(self.DBSession)
                yield piece
        finally:
            pieces.close()

    return call


def begun_without_a_connection(make_app):
    """What serves hg or git, which holds no database connection when it begins to read: its client may take his time."""

    def make(self, parsed_request):
        serve = make_app(self, parsed_request)

        def call(environ, start_response):
            from kallithea.model.meta import Session

            give_back(Session)
            return serve(environ, start_response)

        return call

    return make


def give_back(sessions):
    """Give this thread's database connection back, unless something is to be written by it; what needs one takes another."""
    if sessions.registry.has():
        session = sessions()
        if not (session.new or session.dirty or session.deleted):
            session.rollback()


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
