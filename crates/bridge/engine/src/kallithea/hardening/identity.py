"""Keeps to the user whom the server authenticated, where Kallithea 0.7.0 and its libraries would take another's word.

GUARDS says around which functions these go.
The reasons stand in docs/sessions.md.
"""
import random

from kallithea_bridge_guards import Guard

# The account that stands for whoever has not signed on.
STRANGERS = "default"

# What a form may send its body as; nobody else's page can send another kind without asking the server first.
FORMS = ("", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


def by_no_page(serve):
    """Version control for hg and git alone: a page in a browser would come as anybody who looks at it."""

    def call(self, environ, start_response):
        import webob.exc

        if is_from_page(environ) and self.parse_request(environ) is not None:
            print("a web page requested what only hg and git may request; Origin: %r" % environ.get("HTTP_ORIGIN"))
            refusal = webob.exc.HTTPForbidden("Only hg and git may request this, not a web page in a browser.")
            return refusal(environ, start_response)
        return serve(self, environ, start_response)

    return call


def is_from_page(environ):
    """Whether a request says so itself, as browsers let it; one that knows neither header can only post a form."""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    return (
        "HTTP_ORIGIN" in environ
        or environ.get("HTTP_SEC_FETCH_SITE", "none") != "none"
        or (environ["REQUEST_METHOD"] == "POST" and kind in FORMS)
    )


def never_the_strangers(get_username):
    """The server's user, but nobody where his name is that of the strangers' account, which Kallithea would hand to him."""

    def get(self, environ, settings):
        name = get_username(self, environ, settings)
        return None if name and name.lower() == STRANGERS else name

    return get


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


class Unguessable:
    """The module random, as far as Kallithea needs it for the tokens of its forms, from the system's own source."""

    def __init__(self, module):
        self._system = random.SystemRandom()

    # A property, since a wrapper is given whatever the thing that it takes the place of has.
    @property
    def getrandbits(self):
        return self._system.getrandbits


GUARDS = (
    Guard(
        "beaker.session",
        "SessionObject.__init__",
        of_the_user,
        "Beaker 1.11 to 1.12",
        "a session would go on for the user who began it, whatever user the server has signed on now",
    ),
    Guard(
        "kallithea.controllers.base",
        "log_in_user",
        not_by_a_key,
        "Kallithea 0.7.0",
        "another site's form could sign its visitors on as that site's owner, for as long as their session lasts",
    ),
    Guard(
        "kallithea.controllers.base",
        "BaseVCSController.__call__",
        by_no_page,
        "Kallithea 0.7.0",
        "another site's page could push as the user who looks at it",
    ),
    Guard(
        "kallithea.lib.auth_modules.auth_container",
        "KallitheaAuthPlugin._get_username",
        never_the_strangers,
        "Kallithea 0.7.0",
        r"CORP\default would become the account of all strangers",
    ),
    Guard(
        "kallithea.lib.webutils",
        "random",
        Unguessable,
        "Kallithea 0.7.0",
        "a user who has seen some tokens of forms could work out those of others, and have another site's form act for them",
    ),
)
