"""Keeps each right to its kind of thing, and tells nothing about a repository to users who may not read it.

Kallithea 0.7.0 would tell it by the number of a repository, by a change that several repositories contain, or by mail to everybody
who ever took part. GUARDS lists the functions that these wrap. docs/hardening.md has the reasons.
"""
import kallithea_bridge_rights as rights
from kallithea_bridge_guards import Guard

# The key for the path of a request before Kallithea replaced the number of a repository by its name.
ASKED = "kallithea_bridge.asked"


def of_kind(kind):
    """Make a guard that lets only rights of one kind be granted.

    Each page adds up all rights of its user. It fails on a right of another kind, because it cannot compare the two.
    """

    def only(grant):
        def call(self, *arguments, **options):
            # The right is a name, a number or the row itself. Forms do not send numbers.
            given = options["perm"] if "perm" in options else arguments[2]
            if not str(getattr(given, "permission_name", given)).startswith(kind):
                import webob.exc

                print("refused to give a right that does not begin with %s" % kind)
                raise webob.exc.HTTPBadRequest()
            return grant(self, *arguments, **options)

        return call

    return only


TO_REPOSITORIES = of_kind("repository.")
TO_GROUPS = of_kind("group.")
TO_GROUPS_OF_USERS = of_kind("usergroup.")


def of_its_place(rule):
    """Apply Kallithea's own rule about where a group of repositories may be. Administrators may put it anywhere."""

    def can_create_group(can_create_in_root=False):
        class Asked(rule(can_create_in_root)):
            def to_python(self, value, state=None):
                import tg

                found = super().to_python(value, state)
                if not tg.request.authuser.is_admin:
                    self._validate_python(value, state)
                return found

        return Asked

    return can_create_group


def as_it_was_asked_for(serve):
    """Remember the path of a request, because Kallithea replaces the number of a repository in it by the name."""

    def call(self, environ, start_response):
        environ[ASKED] = environ["PATH_INFO"]
        return serve(self, environ, start_response)

    return call


def back_to_what_was_asked_for(redirect):
    """Let the sign-on page lead back to the address that the client requested, not to the one with the name."""

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
    """Show the pages of a repository that was requested by its number only to its readers. Others must not learn its name."""

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
    """Answer the API that a repository does not exist if the user may not read it."""

    def get_repo_or_error(repoid):
        import tg
        from kallithea.controllers.api import JSONRPCError

        found = find(repoid)
        if not tg.request.authuser.is_admin and not rights.may_read(found.repo_name):
            raise JSONRPCError("repository `%s` does not exist" % (repoid,))
        return found

    return get_repo_or_error


def with_what_may_be_read(collect):
    """Leave out pull requests from repositories that the user may not read from what the API tells about a repository."""

    def get_api_data(self, *arguments, **options):
        data = collect(self, *arguments, **options)
        if data.get("pull_requests"):
            data["pull_requests"] = [one for one in data["pull_requests"] if rights.may_read(one.org_repo.repo_name)]
        return data

    return get_api_data


def to_its_readers(create):
    """Send mails about a repository only to its readers. Authors and commenters may know a change from another repository."""

    def call(self, created_by, body, recipients=None, *arguments, **options):
        name = (options.get("email_kwargs") or {}).get("repo_name")
        if name and recipients is not None:
            recipients = [one for one in recipients if is_reader(one, name)]
        return create(self, created_by, body, recipients, *arguments, **options)

    return call


def is_reader(user, name):
    from kallithea.lib.auth import AuthUser
    from kallithea.model import db

    found = db.User.guess_instance(user)
    return found is not None and AuthUser(dbuser=found).has_repository_permission_level(name, "read")


def of_open_requests(collect):
    """Leave out votes of pull requests to repositories that the user may not read."""

    def get_statuses(self, *arguments, **options):
        return [one for one in collect(self, *arguments, **options) if is_open(one.pull_request)]

    return get_statuses


def is_open(request):
    return request is None or rights.may_read(request.other_repo.repo_name)


def of_what_is_open(collect):
    """Leave out the same from the last votes on the changes of a repository."""

    def statuses(self, revisions):
        # The fourth value is the repository of the pull request, if there is one.
        return {change: vote for change, vote in collect(self, revisions).items() if vote[3] is None or rights.may_read(vote[3])}

    return statuses


GUARDS = (
    Guard(
        "kallithea.model.repo",
        "RepoModel.grant_user_permission",
        TO_REPOSITORIES,
        "Kallithea 0.7.0",
        "anybody who administers a repository could give users a right after which every page fails for them",
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
        "anybody who administers a group of repositories could do the same",
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
        "anybody who administers a group of users could do the same",
    ),
    Guard(
        "kallithea.model.user_group",
        "UserGroupModel.grant_user_group_permission",
        TO_GROUPS_OF_USERS,
        "Kallithea 0.7.0",
        "the same, to a whole group of users",
    ),
    Guard(
        "kallithea.model.validators",
        "CanCreateGroup",
        of_its_place,
        "Kallithea 0.7.0",
        "anybody who may create repositories could create groups at the top level, which only administrators may do",
    ),
    Guard(
        "kallithea.config.middleware.permanent_repo_url",
        "PermanentRepoUrl.__call__",
        as_it_was_asked_for,
        "Kallithea 0.7.0",
        "the other guards would not notice that a repository was requested by its number",
    ),
    Guard(
        "kallithea.lib.auth",
        "_redirect_to_login",
        back_to_what_was_asked_for,
        "Kallithea 0.7.0",
        "anybody who tries all numbers could learn the names of all repositories, without signing on",
    ),
    Guard(
        "kallithea.controllers.base",
        "BaseRepoController._before",
        named_to_its_readers,
        "Kallithea 0.7.0",
        "anybody who has signed on could do the same",
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
    Guard(
        "kallithea.model.notification",
        "NotificationModel.create",
        to_its_readers,
        "Kallithea 0.7.0",
        "anybody who commented on a change would get mails about it from repositories that they may not read, or no longer may",
    ),
    Guard(
        "kallithea.model.changeset_status",
        "ChangesetStatusModel.get_statuses",
        of_open_requests,
        "Kallithea 0.7.0",
        "anybody who may read a fork could read comments on its changes in a repository that they may not read",
    ),
    Guard(
        "kallithea.model.db",
        "Repository.statuses",
        of_what_is_open,
        "Kallithea 0.7.0",
        "anybody who may read a fork would see the name of such a repository beside its changes",
    ),
)
