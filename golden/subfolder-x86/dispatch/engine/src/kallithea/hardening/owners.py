"""Lets only owners change what is theirs, and keeps forks, searches and pull requests of Kallithea 0.7.0 to what a user may read.

GUARDS lists the functions that these wrap. docs/hardening.md has the reasons.
"""
import kallithea_bridge_rights as rights
from kallithea_bridge_guards import Guard


def of_a_parent_that_may_be_read(create):
    """Create a fork only if the user may read the other repository. A form sends its number in a hidden field."""

    def create_repo(self, *arguments, **options):
        parent = options.get("fork_of")
        if parent:
            is_number = isinstance(parent, str) and parent.isdecimal()
            parent = rights.numbered(parent) if is_number else rights.named(parent)
            if parent is None or not rights.may_read(parent.repo_name):
                raise LookupError("The repository %r does not exist, or this user may not read it." % options["fork_of"])
            options["fork_of"] = parent
        return create(self, *arguments, **options)

    return create_repo


def by_the_number_of_its_parent(create):
    """Fork the repository with the number in the form, even if the name of another repository is that number."""

    def create_repo_fork(form_data, *arguments, **options):
        parent = form_data.get("fork_parent_id")
        if isinstance(parent, str) and parent.isdecimal():
            form_data = dict(form_data, fork_parent_id=int(parent))
        return create(form_data, *arguments, **options)

    return create_repo_fork


def by_its_owner(edit):
    """Let only its owner change a gist. Others may look at it."""

    def call(self, gist_id, *arguments, **options):
        import tg
        import webob.exc
        from kallithea.model import db

        user = tg.request.authuser
        # Kallithea asks users who have not signed on to do so.
        is_other = not (user.is_admin or user.is_default_user)
        if is_other and db.Gist.get_or_404(gist_id).owner_id != user.user_id:
            raise webob.exc.HTTPForbidden()
        return edit(self, gist_id, *arguments, **options)

    return call


def of_those_with_owners(make_page):
    """A list of gists, without those of users who have been removed: it shows of each whose it is."""

    def make(collection, *arguments, **options):
        from kallithea.model import db

        return make_page(collection.filter(db.Gist.owner.has()), *arguments, **options)

    return make


def by_administrators(update):
    """Let only administrators give a group of users rights that apply everywhere, not users who administer the group."""

    def call(self, *arguments, **options):
        import tg
        import webob.exc

        if not tg.request.authuser.is_admin:
            raise webob.exc.HTTPForbidden()
        return update(self, *arguments, **options)

    return call


def with_forks_of_ones_own(delete):
    """Remove a repository with its forks only if the user may administer the forks, too."""

    def call(self, repo, forks=None, *arguments, **options):
        from kallithea.lib.exceptions import AttachedForksError

        if forks == "delete" and not all(map(may_administer, forks_of(rights.named(repo)))):
            raise AttachedForksError()
        return delete(self, repo, forks, *arguments, **options)

    return call


def forks_of(repository):
    """Return the forks of a repository, and their forks. Two repositories can be forks of each other."""
    found = [repository] if repository is not None else []
    for one in found:
        found.extend(fork for fork in one.forks.all() if fork not in found)
    return found[1:]


def may_administer(repository):
    return rights.has_level(repository.repo_name, "admin")


def of_ones_own(delete):
    """Remove a further mail address only from the account that the request names."""

    def delete_extra_email(self, user, email_id):
        from kallithea.model import db

        found = db.UserEmailMap.get(email_id)
        if found is not None and found.user != db.User.guess_instance(user):
            return None
        return delete(self, user, email_id)

    return delete_extra_email


def of_this_repository(make):
    """Cache a feed for one repository. Later another one with other readers may have its name."""

    def make_feed(self, repo_name, feeder):
        import tg

        # Kallithea caches a feed under the name of the class that makes it.
        name = "%s%d" % (feeder.__name__, tg.tmpl_context.db_repo.repo_id)
        return make(self, repo_name, type(name, (feeder,), {}))

    return make_feed


def of_two_that_may_be_read(begin):
    """Check that the author of a pull request may read both repositories, before anything is looked up in them."""

    def init(self, org_repo, other_repo, org_ref, other_ref, *arguments, **options):
        import webob.exc

        for repository in (org_repo, other_repo):
            if repository is None or not rights.may_read(repository.repo_name):
                raise webob.exc.HTTPNotFound()
        refs = (named_by_its_hash(org_repo, org_ref), named_by_its_hash(other_repo, other_ref))
        begin(self, org_repo, other_repo, *refs, *arguments, **options)

    return init


def named_by_its_hash(repository, ref):
    """What a pull request is from or to: kind, name, and the change itself by its hash. A form has any text in the place of that, and
    Kallithea writes it into the files of a git repository, where no push goes past what is not a hash."""
    import webob.exc
    from kallithea.lib.vcs.exceptions import VCSError

    kind, name, change = (ref.split(":") + ["", ""])[:3]
    scm = repository.scm_instance
    try:
        # An empty repository of hg has this one.
        found = change if change == scm.EMPTY_CHANGESET else scm.get_changeset(change).raw_id
    except VCSError:
        raise webob.exc.HTTPNotFound() from None
    return ":".join((kind, name, found))


def of_what_is_open_to_the_reader(make_page):
    """Leave out pull requests to repositories that the user may not read. A list also has those from a repository."""

    def make(collection, *arguments, **options):
        shown = [one for one in collection if rights.may_read(one.other_repo.repo_name)]
        return make_page(shown, *arguments, **options)

    return make


# Where a user's own pull requests and those that he is to review are, on the page of both.
OF_MINE = ("my_pull_requests", "participate_in_pull_requests", "participate_in_pull_requests_todo")


def of_mine_that_may_be_read(render):
    """A user's page of pull requests, without those of repositories that the user may no longer read."""

    def call(template_path):
        import tg

        if template_path == "/pullrequests/pullrequest_show_my.html":
            for name in OF_MINE:
                found = getattr(tg.tmpl_context, name)
                setattr(tg.tmpl_context, name, [one for one in found if may_read_both(one)])
        return render(template_path)

    return call


def may_read_both(request):
    return all(rights.may_read(one.repo_name) for one in (request.org_repo, request.other_repo))


def refuse_unless_read(number):
    """Answer the API that a pull request does not exist, unless the user may read both repositories."""
    from kallithea.controllers.api import JSONRPCError
    from kallithea.model import db

    found = db.PullRequest.get(number)
    if found is None or not may_read_both(found):
        raise JSONRPCError("pull request `%s` does not exist" % (number,))


# The API reads the names of arguments from these functions.


def told_of_what_may_be_read(get):
    """Check the rights before the API tells about a pull request."""

    def get_pullrequest(self, pullrequest_id):
        refuse_unless_read(pullrequest_id)
        return get(self, pullrequest_id)

    return get_pullrequest


def about_what_may_be_read(comment):
    """Check the rights before the API comments on a pull request."""

    def comment_pullrequest(self, pull_request_id, comment_msg="", status=None, close_pr=False):
        refuse_unless_read(pull_request_id)
        return comment(self, pull_request_id, comment_msg, status, close_pr)

    return comment_pullrequest


def in_ones_own_name(create):
    """Create gists only in the user's own name. Administrators may create them for others."""

    def create_gist(self, files, owner=None, gist_type="public", lifetime=-1, description=""):
        import tg
        from kallithea.controllers.api import JSONRPCError

        if owner is not None and not tg.request.authuser.is_admin:
            raise JSONRPCError("Only Kallithea admin can specify `owner` param")
        return create(self, files, owner, gist_type, lifetime, description)

    return create_gist


def that_copies_nothing(client):
    """Compare two git repositories by letting each read the other's objects during the comparison.

    Kallithea would copy each into the other permanently, which the user has no right to, and would start a program in a shell
    on Windows.
    """

    return lambda **options: Beside()


class Beside:
    """Replaces a git client that fetches."""

    def fetch(self, path, target):
        from dulwich.repo import Repo

        target.object_store.alternates.append(Repo(path).object_store)


def of_what_is_shown(search):
    """Show the search within a repository only to its readers, like every other page of the repository."""
    from kallithea.lib.auth import HasRepoPermissionLevelDecorator, LoginRequired

    search_within = LoginRequired(allow_default_user=True)(HasRepoPermissionLevelDecorator("read")(search))

    def index(self, repo_name=None):
        return search(self, repo_name) if repo_name is None else search_within(self, repo_name)

    return index


GUARDS = (
    Guard(
        "kallithea.model.repo",
        "RepoModel._create_repo",
        of_a_parent_that_may_be_read,
        "Kallithea 0.7.0",
        "a user who may fork one repository could copy every other",
    ),
    Guard(
        "kallithea.model.repo",
        "create_repo_fork",
        by_the_number_of_its_parent,
        "Kallithea 0.7.0",
        "a fork could be one of another repository, whose name is the number of the right one",
    ),
    Guard(
        "kallithea.controllers.admin.gists",
        "GistsController.edit",
        by_its_owner,
        "Kallithea 0.7.0",
        "a user who has signed on could change the gists of others",
    ),
    Guard(
        "kallithea.controllers.admin.gists",
        "Page",
        of_those_with_owners,
        "Kallithea 0.7.0",
        "a gist of a user who has been removed would keep everybody from the list of gists",
    ),
    Guard(
        "kallithea.controllers.admin.user_groups",
        "UserGroupsController.update_default_perms",
        by_administrators,
        "Kallithea 0.7.0",
        "a user who administers a group of users could give its members, and so themselves, the right to create repositories",
    ),
    Guard(
        "kallithea.model.repo",
        "RepoModel.delete",
        with_forks_of_ones_own,
        "Kallithea 0.7.0",
        "a user who administers a repository could remove the forks that others have made of it",
    ),
    Guard(
        "kallithea.model.user",
        "UserModel.delete_extra_email",
        of_ones_own,
        "Kallithea 0.7.0",
        "a user who has signed on could remove addresses from the accounts of others",
    ),
    Guard(
        "kallithea.controllers.feed",
        "FeedController._feed",
        of_this_repository,
        "Kallithea 0.7.0",
        "a user who takes the former name of a repository would read its last changes in a cached feed",
    ),
    Guard(
        "kallithea.model.pull_request",
        "CreatePullRequestAction.__init__",
        of_two_that_may_be_read,
        "Kallithea 0.7.0",
        "anybody could find out by a pull request whether a repository exists, and what it contains, or keep everybody from pushing to it",
    ),
    Guard(
        "kallithea.controllers.pullrequests",
        "Page",
        of_what_is_open_to_the_reader,
        "Kallithea 0.7.0",
        "a user who may read a fork would see the titles of its pull requests to repositories that the user may not read",
    ),
    Guard(
        "kallithea.controllers.base",
        "render",
        of_mine_that_may_be_read,
        "Kallithea 0.7.0",
        "a user who has made or reviewed a pull request would see its title after losing the right to read its repository",
    ),
    Guard(
        "kallithea.controllers.api.api",
        "ApiController.get_pullrequest",
        told_of_what_may_be_read,
        "Kallithea 0.7.0",
        "a user who may read a fork could read what is said about it in a repository that the user may not read",
    ),
    Guard(
        "kallithea.controllers.api.api",
        "ApiController.comment_pullrequest",
        about_what_may_be_read,
        "Kallithea 0.7.0",
        "a user who may read a fork could comment there",
    ),
    Guard(
        "kallithea.controllers.api.api",
        "ApiController.create_gist",
        in_ones_own_name,
        "Kallithea 0.7.0",
        "a user who has an API key could create gists in the names of others",
    ),
    Guard(
        "kallithea.controllers.search",
        "SearchController.index",
        of_what_is_shown,
        "Kallithea 0.7.0",
        "anybody who searches within a repository would learn that it exists, and its purpose",
    ),
    Guard(
        "kallithea.lib.vcs.backends.git.repository",
        "SubprocessGitClient",
        that_copies_nothing,
        "Kallithea 0.7.0",
        "anybody who compares two git repositories would write the contents of each into the other",
    ),
)
