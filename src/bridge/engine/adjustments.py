"""Fits Kallithea 0.7.0 to a worker process in which several threads serve requests, for users whom the server knows.

load() of bootstrap.py passes the application through adjusted(). None of Kallithea's code is repeated here, and nothing
happens to an application that is not Kallithea. The reasons, and what was measured, stand in docs/threads.md,
docs/sessions.md and docs/paths.md.
"""
import functools
import html
import importlib
import io
import re
import sys
import threading
import urllib.parse

import kallithea_bridge_identity as identity
import kallithea_bridge_paths as paths
import kallithea_bridge_threads as threads

# What rendering a README may cost: for each paragraph its length times its marks, where a row of n backticks is
# n * n, and something for each block of code.
# Of 84 that were looked at, up to 240 KB long, the dearest costs 4,100,000.
MEANS, PRICE_OF_CODE = 10_000_000, 5_000
MARKS = re.compile(r"`+|  \n|[][()<>*_&!\\|\"{}:@^]")
# What is larger than one of these is not rendered, and what becomes more tags is not cleaned.
MOST_CHARACTERS, MOST_LINES, LONGEST_LINE, MOST_TAGS = 400_000, 10_000, 16_000, 30_000

rendering = threading.local()


def adjusted(application):
    """The application as the bridge is to call it."""
    if "kallithea" not in sys.modules:
        return application
    # A session would go on for whomever it began with, whoever the server says is there now.
    guard("beaker.session", "SessionObject.__init__", identity.of_the_user)
    # Another site's form could sign its visitors on as the site's owner, for as long as their session lasts.
    guard("kallithea.controllers.base", "log_in_user", identity.not_by_a_key)
    # Another site's page could push as whoever looks at it.
    guard("kallithea.controllers.base", "BaseVCSController.__call__", identity.by_no_page)
    # CORP\default would become the account that stands for strangers.
    guard("kallithea.lib.auth_modules.auth_container", "KallitheaAuthPlugin._get_username", identity.never_the_strangers)
    # A name that is more than a name to Windows would be a file of somebody else's.
    guard("tg.support.statics", "StaticsMiddleware.__call__", paths.of_the_document_root)
    guard("kallithea.controllers.base", "is_valid_repo", paths.of_a_plain_name)
    guard("kallithea.controllers.routing", "is_valid_repo", paths.of_a_plain_name)
    guard("kallithea.controllers.routing", "is_valid_repo_group", paths.of_a_plain_name)
    guard("mercurial.hgweb.common", "ispathsafe", paths.of_plain_parts)
    guard("mercurial.hgweb.hgweb_mod", "_stylemap", paths.of_plain_styles)
    guard("hgext.largefiles.lfutil", "storepath", paths.of_a_hash)
    guard("hgext.largefiles.lfutil", "usercachepath", paths.of_a_hash)
    # A second thread would find an extension half loaded, and serve its request without it.
    wrap("mercurial.extensions", "loadall", in_turn)
    # A second push to the same repository would find Git's info/refs locked, and be answered 500.
    wrap("kallithea.config.middleware.pygrack", "update_server_info", in_turn)
    # A challenge would read the whole body into memory before anybody knows who sends it.
    wrap("kallithea.controllers.base", "BasicAuth.build_authentication", without_body)
    # A repository with a name beyond ASCII would be answered 500.
    wrap("mercurial.hgweb.hgweb_mod", "hgweb.__call__", named_as_in_the_path)
    # A README of nothing but brackets would be read once for each of them, and Python's lock held meanwhile.
    wrap("kallithea.controllers.summary", "MarkupRenderer", within_means)
    wrap("markdown.treeprocessors", "InlineProcessor._InlineProcessor__handleInline", at_its_price)
    wrap("docutils.parsers.rst.states", "Inliner.parse", at_its_price)
    wrap("markdown.extensions.codehilite", "CodeHilite.hilite", at_a_fixed_price)
    wrap("bleach", "clean", of_countable_tags)
    # A wrong password would be answered 500 where everybody searches the directory by himself.
    wrap("kallithea.lib.auth_modules.auth_ldap", "AuthLdap.authenticate_ldap", bound_as_himself)

    def serve(environ, start_response):
        # However the thread's last request ended, nothing of it is left.
        threads.forget()
        return application(environ, with_names_of_files(start_response))

    return serve


def guard(module, path, wrapper):
    """Put a wrapper around a function that would make one user another, or leave its folder; a Kallithea without it is not
    served."""
    if not is_wrapped(module, path, wrapper):
        raise RuntimeError(
            "There is no %s in %s, where the bridge keeps users and folders apart: this is not the Kallithea that it was "
            "made for, and it does not serve it. Install from kallithea/requirements.txt of the deployment." % (path, module)
        )


def wrap(module, path, wrapper):
    """Put a wrapper around a function; where this Kallithea has no such function, say so and go on."""
    if not is_wrapped(module, path, wrapper):
        print("There is no %s in %s: this is not the Kallithea that the bridge was made for." % (path, module))


def is_wrapped(module, path, wrapper):
    """Put a wrapper around a function, once, and say whether there is such a function."""
    *owners, name = path.split(".")
    owner = functools.reduce(lambda found, part: getattr(found, part, None), owners, imported(module))
    # Inherited ones are of no use: every class has an __init__ from object, and a __call__ from type.
    function = getattr(owner, "__dict__", {}).get(name)
    if function is not None and not hasattr(function, "kallithea_bridge"):
        wrapped = functools.wraps(function)(wrapper(function))
        wrapped.kallithea_bridge = True
        setattr(owner, name, wrapped)
    return function is not None


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


class TooCostly(BaseException):
    """Raised where a README is beyond its means. No Exception: Kallithea would take it for a fault of the README's renderer."""


def within_means(make):
    """A renderer of READMEs that leaves one as it is written, where rendering it would take longer than anybody waits."""

    def call():
        renderer = make()
        render = renderer.render

        def render_or_show(source, filename=None):
            rendering.means = MEANS
            try:
                refuse_large(source)
                return render(source, filename)
            except TooCostly:
                return "<pre>%s</pre>" % html.escape(source)
            finally:
                rendering.means = None

        renderer.render = render_or_show
        return renderer

    return call


def refuse_large(source):
    lines = source.split("\n")
    if len(source) > MOST_CHARACTERS or len(lines) > MOST_LINES or max(map(len, lines)) > LONGEST_LINE:
        raise TooCostly


def at_its_price(parse):
    """A parser of paragraphs, of which each costs as much as the worst of its size."""

    def call(self, text, *others):
        marks = sum(len(mark) ** 2 if mark[0] == "`" else 1 for mark in MARKS.findall(text))
        charge(marks * len(text))
        return parse(self, text, *others)

    return call


def at_a_fixed_price(highlight):
    """What asks all lexers of Pygments whose code it is that a README shows."""

    def call(self, *others):
        charge(PRICE_OF_CODE)
        return highlight(self, *others)

    return call


def charge(price):
    if getattr(rendering, "means", None) is not None:
        rendering.means -= price
        if rendering.means < 0:
            raise TooCostly


def of_countable_tags(clean):
    """A cleaner of what a README was rendered to, which looks for each element among all of its siblings."""

    def call(text, *others, **options):
        if getattr(rendering, "means", None) is not None and text.count("<") > MOST_TAGS:
            raise TooCostly
        return clean(text, *others, **options)

    return call


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
