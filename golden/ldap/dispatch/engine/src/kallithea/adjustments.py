"""Adapts Kallithea 0.7.0 to a worker process in which several threads serve requests of users that the server authenticates.

bootstrap.py calls prepare() once for a process, and passes each application that it loads through adjusted(), and lists their
static files with files(). Another application would bring another module with these three functions. This module contains no code of Kallithea, and leaves any other application
as it is. docs/threads.md, docs/sessions.md and docs/paths.md have the reasons and what was measured.
"""
import io
import os
import re
import sys
import threading
import urllib.parse

import kallithea_bridge_git as git
import kallithea_bridge_hardening as hardening
import kallithea_bridge_static_files as static_files
import kallithea_bridge_threads as threads
from kallithea_bridge_guards import wrap

# The version of the package in kallithea/compat that goes with this bridge.
PACKAGE = "1"


def prepare():
    """Prepare the process before the application is loaded."""
    git.open_all_repositories(os.environ)
    threads.separate_threads()


def adjusted(application):
    """Return the application as the bridge calls it."""
    if "kallithea" not in sys.modules:
        return application
    require_the_package()
    print("this is %s" % versions())
    print("git: %s" % git.described())
    application = hardening.hardened(application)
    # Otherwise a second thread finds an extension half loaded, and serves its request without it.
    wrap("mercurial.extensions", "loadall", in_turn)
    # Otherwise a second push to the same repository finds Git's info/refs locked, and gets a 500.
    wrap("kallithea.config.middleware.pygrack", "update_server_info", in_turn)
    # Otherwise a challenge reads the whole body into memory before the user is known.
    wrap("kallithea.controllers.base", "BasicAuth.build_authentication", without_body)
    # Otherwise a repository whose name is not ASCII gets a 500.
    wrap("mercurial.hgweb.hgweb_mod", "hgweb.__call__", named_as_in_the_path)
    # Otherwise 15 slow clients hold all database connections, and all others wait for one (KI337 has the number).
    wrap("tg.support.middlewares", "DBSessionRemoverMiddleware._stream_response", sent_without_a_connection)
    wrap("kallithea.config.middleware.simplehg", "SimpleHg._make_app", begun_without_a_connection)
    wrap("kallithea.config.middleware.simplegit", "SimpleGit._make_app", begun_without_a_connection)
    # Otherwise a change on the web goes to any of the branches of Git that have the same last commit.
    wrap("kallithea.lib.vcs.backends.git.repository", "GitRepository._heads", with_the_first_of_several)
    wrap("kallithea.lib.vcs.backends.git.inmemory", "GitInMemoryChangeset.commit", on_the_branch_of_the_page)
    for page in ("add", "edit", "delete"):
        wrap("kallithea.controllers.files", "FilesController." + page, of_a_branch)
    # Otherwise a wrong password gets a 500 if each user searches the directory with their own account.
    wrap("kallithea.lib.auth_modules.auth_ldap", "AuthLdap.authenticate_ldap", bound_as_himself)

    def serve(environ, start_response):
        # Nothing is left of the thread's last request, however it ended.
        threads.forget()
        return application(environ, with_names_of_files(start_response))

    return serve


def files(application, adjusted):
    """Return the query that names the application's version in addresses, and its static files (static_files.py)."""
    if "kallithea" not in sys.modules:
        return "", []
    try:
        return static_files.listed(application, adjusted)
    except Exception as error:
        # Code of the site's own, such as extensions.py, takes part in each response. Kallithea works without the list.
        print("static files: the application serves them, since they could not be listed: %r" % error)
        return "", []


def require_the_package():
    """Raise an error unless the package of `kallithea/compat` is there: this Kallithea would fail later, on some pages."""
    package = sys.modules.get("kallithea_iisc_compat")
    version = getattr(package, "VERSION", None)
    if version != PACKAGE:
        found = "was not loaded by this Python" if package is None else "has version %s in this Python" % version
        raise RuntimeError(
            "the package kallithea_iisc_compat %s, and this bridge needs version %s. Copy what is in kallithea/compat "
            "of the deployment to its site-packages, as the second step of RUNBOOK.md does. For the embeddable "
            "distribution, write `import site` into its ._pth file, too." % (found, PACKAGE)
        )


def versions():
    """Return what runs here and with what, for the log and for `kallithea-iisc probe`."""
    import kallithea
    import mercurial.util

    return "Kallithea %s with Mercurial %s, adjustments %s" % (
        kallithea.__version__,
        mercurial.util.version().decode("ascii", "replace"),
        sys.modules["kallithea_iisc_compat"].VERSION,
    )


def in_turn(function):
    """Call the function in one thread at a time."""
    turn = threading.RLock()

    def call(*arguments, **options):
        with turn:
            return function(*arguments, **options)

    return call


def without_body(build_authentication):
    """Make a challenge read an empty body."""

    def build(self, environ):
        return build_authentication(self, dict(environ, **{"wsgi.input": io.BytesIO()}))

    return build


def named_as_in_the_path(serve):
    """Pass Mercurial the name of its repository as in the path: UTF-8 bytes as Latin-1 (PEP 3333)."""

    def call(self, environ, start_response):
        name = environ.get("REPO_NAME")
        if isinstance(name, str) and not name.isascii():
            environ = dict(environ, REPO_NAME=name.encode("utf-8").decode("latin-1"))
        return serve(self, environ, start_response)

    return call


def sent_without_a_connection(stream):
    """Give the database connection back before each piece of a response, because its client may be slow."""

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
    """Give the database connection back before hg or git is served, because its client may be slow."""

    def make(self, parsed_request):
        serve = make_app(self, parsed_request)

        def call(environ, start_response):
            from kallithea.model.meta import Session

            give_back(Session)
            return serve(environ, start_response)

        return call

    return make


def give_back(sessions):
    """Give this thread's database connection back, unless it has something to write. Later code takes another one."""
    if sessions.registry.has():
        session = sessions()
        if not (session.new or session.dirty or session.deleted):
            session.rollback()


# The branch that the address of the request names.
_page = threading.local()


def with_the_first_of_several(heads):
    """Of several branches of Git with the same last commit, name the one that HEAD names, or the first in the alphabet.

    Kallithea takes any of them, and each worker process may take another.
    """

    def call(self, reverse=False):
        by_name = heads(self, reverse=True)
        if reverse:
            return by_name
        usual = self._repo.refs.follow(b"HEAD")[0][-1].partition(b"refs/heads/")[2]
        ordered = sorted(by_name, key=lambda name: (name != usual, name))
        return {by_name[name]: name for name in reversed(ordered)}

    return call


def of_a_branch(page):
    """Remember the branch that the address of a page names, while it is changed there."""

    def call(self, repo_name, revision, f_path):
        _page.branch = revision
        try:
            return page(self, repo_name, revision, f_path)
        finally:
            _page.branch = None

    return call


def on_the_branch_of_the_page(commit):
    """Commit to the branch of the page, if its last commit is the parent."""

    def call(self, message, author, parents=None, branch=None, **options):
        named = (getattr(_page, "branch", None) or "").encode("utf-8", "surrogateescape")
        tip = self.repository._heads(reverse=True).get(named)
        if parents and tip == parents[0]._commit.id:
            branch = named.decode("utf-8", "surrogateescape")
        return commit(self, message, author, parents=parents, branch=branch, **options)

    return call


def bound_as_himself(authenticate):
    """Report a wrong password to Kallithea if the directory refuses the user's own password for the search.

    If the directory refuses the account that searches for all users, the settings are wrong, and the error stays.
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
    """Wrap start_response so that the file name of a download is correct in its header. Kallithea writes it unquoted."""

    def start(status, headers, *error):
        named = [
            (name, disposition(value) if name.lower() == "content-disposition" else value) for name, value in headers
        ]
        return start_response(status, named, *error)

    return start


ATTACHMENT = "attachment; filename="


def disposition(value):
    """Return the header as in RFC 6266 if the name is not a token: once in ASCII, once with all its letters."""
    name = value[len(ATTACHMENT):]
    if not value.startswith(ATTACHMENT) or re.fullmatch(r"[\w.+-]+", name, re.ASCII):
        return value
    plain = re.sub(r"[^\w .+-]", "_", name, flags=re.ASCII)
    return "%s\"%s\"; filename*=UTF-8''%s" % (ATTACHMENT, plain, urllib.parse.quote(name, safe="", errors="replace"))
