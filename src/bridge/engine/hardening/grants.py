"""Keeps rights to what they are rights to, and names of repositories from whoever may not read them, where Kallithea 0.7.0 takes
a number for the name.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
"""
import kallithea_bridge_rights as rights
from kallithea_bridge_guards import Guard

# What a request asked for, before Kallithea put the name of a repository in the place of its number.
ASKED = "kallithea_bridge.asked"


def of_kind(kind):
    """A right that is given, of the kind that the thing has rights of. Each page of a user adds up all rights of his, and knows
    of the others neither whether they are more nor less."""

    def only(grant):
        def call(self, *arguments, **options):
            # A right has a name, a number or is itself here; numbers are no form's.
            given = options["perm"] if "perm" in options else arguments[2]
            if not str(getattr(given, "permission_name", given)).startswith(kind):
                import webob.exc

                print("a right that is no %s was to be given, and was not" % kind.rstrip("."))
                raise webob.exc.HTTPBadRequest()
            return grant(self, *arguments, **options)

        return call

    return only


TO_REPOSITORIES = of_kind("repository.")
TO_GROUPS = of_kind("group.")
TO_GROUPS_OF_USERS = of_kind("usergroup.")


def as_it_was_asked_for(serve):
    """A request by the number of a repository, which is remembered: Kallithea goes on with the name."""

    def call(self, environ, start_response):
        environ[ASKED] = environ["PATH_INFO"]
        return serve(self, environ, start_response)

    return call


def back_to_what_was_asked_for(redirect):
    """The way to sign on, and from there back to the address that was asked for."""

    def redirect_to_login(*arguments, **options):
        import tg

        environ = tg.request.environ
        path = environ["PATH_INFO"]
        environ["PATH_INFO"] = environ.get(ASKED, path)
        try:
            return redirect(*arguments, **options)
        finally:
            environ["PATH_INFO"] = path

    return redirect_to_login


def named_to_its_readers(begin):
    """Pages of a repository that was asked for by its number, for whoever may read it; its name is nobody else's business."""

    def before(self, *arguments, **options):
        import tg
        import webob.exc
        from kallithea.lib import auth

        environ = tg.request.environ
        name = environ["pylons.routes_dict"].get("repo_name")
        if name and environ.get(ASKED, environ["PATH_INFO"]) != environ["PATH_INFO"] and not rights.may_read(name):
            raise auth._redirect_to_login() if tg.request.authuser.is_anonymous else webob.exc.HTTPNotFound()
        return begin(self, *arguments, **options)

    return before


def there_for_its_readers(find):
    """A repository that a program asks for, by its number perhaps: to whoever may not read it, it is not there."""

    def get_repo_or_error(repoid):
        import tg
        from kallithea.controllers.api import JSONRPCError

        found = find(repoid)
        if not tg.request.authuser.is_admin and not rights.may_read(found.repo_name):
            raise JSONRPCError("repository `%s` does not exist" % (repoid,))
        return found

    return get_repo_or_error


def with_what_may_be_read(collect):
    """What a program is told of a repository, without pull requests from others that its user may not read."""

    def get_api_data(self, *arguments, **options):
        data = collect(self, *arguments, **options)
        if data.get("pull_requests"):
            data["pull_requests"] = [one for one in data["pull_requests"] if rights.may_read(one.org_repo.repo_name)]
        return data

    return get_api_data


GUARDS = (
    Guard(
        "kallithea.model.repo",
        "RepoModel.grant_user_permission",
        TO_REPOSITORIES,
        "Kallithea 0.7.0",
        "whoever administers a repository could give others a right in it after which every page is an error to them",
    ),
    Guard(
        "kallithea.model.repo",
        "RepoModel.grant_user_group_permission",
        TO_REPOSITORIES,
        "Kallithea 0.7.0",
        "the same, to a whole group of users",
    ),
    Guard(
        "kallithea.model.repo_group",
        "RepoGroupModel.grant_user_permission",
        TO_GROUPS,
        "Kallithea 0.7.0",
        "whoever administers a group of repositories could do the same",
    ),
    Guard(
        "kallithea.model.repo_group",
        "RepoGroupModel.grant_user_group_permission",
        TO_GROUPS,
        "Kallithea 0.7.0",
        "the same, to a whole group of users",
    ),
    Guard(
        "kallithea.model.user_group",
        "UserGroupModel.grant_user_permission",
        TO_GROUPS_OF_USERS,
        "Kallithea 0.7.0",
        "whoever administers a group of users could do the same",
    ),
    Guard(
        "kallithea.model.user_group",
        "UserGroupModel.grant_user_group_permission",
        TO_GROUPS_OF_USERS,
        "Kallithea 0.7.0",
        "the same, to a whole group of users",
    ),
    Guard(
        "kallithea.config.middleware.permanent_repo_url",
        "PermanentRepoUrl.__call__",
        as_it_was_asked_for,
        "Kallithea 0.7.0",
        "nothing would know any more that a repository was asked for by its number",
    ),
    Guard(
        "kallithea.lib.auth",
        "_redirect_to_login",
        back_to_what_was_asked_for,
        "Kallithea 0.7.0",
        "whoever counts could learn the names of all repositories, without signing on",
    ),
    Guard(
        "kallithea.controllers.base",
        "BaseRepoController._before",
        named_to_its_readers,
        "Kallithea 0.7.0",
        "whoever has signed on could do the same",
    ),
    Guard(
        "kallithea.controllers.api.api",
        "get_repo_or_error",
        there_for_its_readers,
        "Kallithea 0.7.0",
        "a program could do the same",
    ),
    Guard(
        "kallithea.model.db",
        "Repository.get_api_data",
        with_what_may_be_read,
        "Kallithea 0.7.0",
        "a program would be told of pull requests from repositories that its user may not read",
    ),
)
