"""Serves each request as the user that the server authenticated, where Kallithea 0.7.0 and its libraries would believe others.

GUARDS lists the functions that these wrap. docs/sessions.md has the reasons.
"""
import random

from kallithea_bridge_guards import Guard

# The account of everybody who has not signed on.
STRANGERS = "default"

# The content types that a form can send. For any other type, a page of another site must first ask the server.
FORMS = ("", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


def by_no_page(serve):
    """Serve version control only to hg and git. A web page would send such a request as the user who looks at it."""

    def call(self, environ, start_response):
        import webob.exc

        if is_from_page(environ) and self.parse_request(environ) is not None:
            print("a web page requested what only hg and git may request; Origin: %r" % environ.get("HTTP_ORIGIN"))
            refusal = webob.exc.HTTPForbidden("Only hg and git may request this, not a web page in a browser.")
            return refusal(environ, start_response)
        return serve(self, environ, start_response)

    return call


def is_from_page(environ):
    """Whether a web page sent the request. Browsers say so in two headers; one that sends neither can only post a form."""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    return (
        "HTTP_ORIGIN" in environ
        or environ.get("HTTP_SEC_FETCH_SITE", "none") != "none"
        or (environ["REQUEST_METHOD"] == "POST" and kind in FORMS)
    )


def never_the_strangers(get_username):
    """Refuse a user whose name is that of the account for everybody: Kallithea would sign the user on as that account."""

    def get(self, environ, settings):
        name = get_username(self, environ, settings)
        return None if name and name.lower() == STRANGERS else name

    return get


def only_without_sign_on(register):
    """Let nobody register a name while the server signs users on. The name of another person would keep that person out.

    Kallithea's own setting for this (`hg.register.none`) would also keep users from changing their own name and e-mail address.
    """

    def call(self, *arguments, **options):
        import webob.exc
        from kallithea.lib import auth_modules

        if any(plugin.is_container_auth for plugin in auth_modules.get_auth_plugins()):
            raise webob.exc.HTTPForbidden("The server signs users on, so nobody registers here.")
        return register(self, *arguments, **options)

    return call


def not_by_a_key(log_in_user):
    """Sign on by a form only if its token was checked. Kallithea does not check it if the address contains an API key."""

    def sign_on(user, remember, is_external_auth, ip_addr):
        import tg
        import webob.exc

        if not is_external_auth and not tg.request.needs_csrf_check:
            raise webob.exc.HTTPForbidden()
        return log_in_user(user, remember, is_external_auth, ip_addr)

    return sign_on


def of_the_user(begin):
    """Sign the cookies of sessions for the user that the server authenticated, so that no other user can use them.

    Beaker signs the number of a session with `secret`, and a session inside the cookie with `validate_key`. Windows ignores
    case in user names, and reports the same name in either case.
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
    """Return a name in lower case. A letter stays if the result has another capital: the Kelvin sign would become a k."""
    return "".join(letter.lower() if letter.lower().upper() == letter else letter for letter in name)


class Unguessable:
    """Replaces the module random for the tokens of Kallithea's forms, with random numbers from the system."""

    def __init__(self, module):
        self._system = random.SystemRandom()

    # A property, because a wrapper gets the attributes of what it replaces.
    @property
    def getrandbits(self):
        return self._system.getrandbits


GUARDS = (
    Guard(
        "beaker.session",
        "SessionObject.__init__",
        of_the_user,
        "Beaker 1.11 to 1.12",
        "a session would continue for the user who began it, even if the server has signed on another user",
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
        "kallithea.controllers.login",
        "LoginController.register",
        only_without_sign_on,
        "Kallithea 0.7.0",
        "a user could register the name of a new colleague, who then could not sign on",
    ),
    Guard(
        "kallithea.lib.webutils",
        "random",
        Unguessable,
        "Kallithea 0.7.0",
        "a user who has seen some tokens of forms could work out those of others, and have another site's form act for them",
    ),
)
