"""Limits users to their rights, where Kallithea 0.7.0 checks one right and then it or one of its libraries does something else.

GUARDS lists the functions that these wrap. docs/hardening.md has the reasons.
"""
from kallithea_bridge_guards import Guard

# Rows that the addresses of pages name by number, and the controller of these pages.
NUMBERED = {"User": "admin/users", "UserGroup": "admin/user_groups"}


def may_push():
    """Whether Kallithea allows the request on this thread to push.

    It stores the right that it checked for its hooks, which write the journal. So what is done is what the journal says.
    """
    from kallithea.lib.utils2 import HookEnvironmentError, get_hook_environment

    try:
        return get_hook_environment().action == "push"
    except HookEnvironmentError:
        return False


def within_its_right(check):
    """Check the right again where Mercurial checks each command before it runs, including those of a batch.

    Kallithea reads the first `cmd` in the URL, and Mercurial reads the last one, decoded. They also split a batch in different
    orders. Kallithea treats Mercurial's own pages, which it does not know, as pushes.
    """

    def check_perm(self, rctx, request, operation):
        if operation != b"pull" and not may_push():
            from mercurial.hgweb.common import ErrorResponse

            print("a request with the right to pull would have done more than that, and was refused")
            raise ErrorResponse(403, b"push not authorized")
        return check(self, rctx, request, operation)

    return check_perm


def of_its_right(begin):
    """Start Git's program for a push only if Kallithea allowed the push, whatever part of the request named it."""

    def start(self, cmd, *arguments, **options):
        if "receive-pack" in cmd[1:2] and not may_push():
            import webob.exc

            print("a request with the right to fetch would have pushed, and was refused")
            raise webob.exc.HTTPForbidden()
        return begin(self, cmd, *arguments, **options)

    return start


class Handlers(dict):
    """Mercurial's handlers for the parts of a bundle, in a class of its own so that the guard recognises them."""


def of_what_is_pushed(handlers):
    """Refuse parts of a bundle that no client pushes.

    One of them contains an address instead of changes. Another one contains the files of a repository, and runs no hooks.
    """
    found = Handlers(handlers)
    for part in (b"remote-changegroup", b"stream2"):
        found[part] = as_pulled(part, found[part])
    return found


def as_pulled(name, handle):
    def part(operation, *arguments, **options):
        if operation.source != b"pull":
            import mercurial.error

            raise mercurial.error.Abort(b"a push has no part %s here" % name)
        return handle(operation, *arguments, **options)

    # Mercurial reads the known parameters from the handler.
    part.params = handle.params
    return part


def may_read(name):
    """Whether the user of the requested page may read a repository. A repository that does not exist cannot be read."""
    return has_level(name, "read")


def has_level(name, level):
    """Whether the user of the requested page has a right to a repository.

    Without a page the answer is yes: Kallithea's own work has every right, and clients of hg and git were checked before.
    """
    import tg

    try:
        request = tg.request._current_obj()
    except (AttributeError, TypeError):
        return True
    return request.authuser.has_repository_permission_level(name, level)


def of_two_repositories(begin):
    """Compare two repositories only if the user may read the second one as well. Otherwise answer that it does not exist."""

    def before(self, *arguments, **options):
        import tg
        import webob.exc

        other = tg.request.GET.get("other_repo")
        if other is not None and not may_read(other):
            raise webob.exc.HTTPNotFound()
        return begin(self, *arguments, **options)

    return before


def of_what_one_may_read(toggle):
    """Let users follow only repositories that they own or may read. They may always stop."""

    def call(self, follow_repo_id, user_id):
        from kallithea.model import db

        repository = db.Repository.get(follow_repo_id)
        following = db.UserFollowing.query().filter_by(follows_repository_id=follow_repo_id, user_id=user_id)
        # The owner may follow a repository that is being created: the page read the rights before it existed.
        may_follow = repository is not None and (repository.owner_id == user_id or may_read(repository.repo_name))
        if not may_follow and not following.count():
            raise LookupError("There is no repository %r that this user may read." % follow_repo_id)
        return toggle(self, follow_repo_id, user_id)

    return call


def of_repositories_that_one_may_read(find):
    """Leave out entries about repositories that the user may not read, or that no longer exist, from journals."""

    def journal(self, following_repos):
        import sqlalchemy
        import tg
        from kallithea.model import db, meta

        found = find(self, following_repos)
        if tg.request.authuser.is_admin or isinstance(found, list):
            return found
        names = meta.Session().query(db.Repository.repo_id, db.Repository.repo_name)
        hidden = ["%d" % number for number, name in names if not may_read(name)]
        # The numbers are in the text of the query, because databases limit the parameters of a query.
        is_shown = "user_logs.repository_id NOT IN (%s)" % ", ".join(hidden) if hidden else "user_logs.repository_id IS NOT NULL"
        is_of_none = "user_logs.repository_id IS NULL AND user_logs.repository_name = ''"
        return found.filter(sqlalchemy.text("(%s OR %s)" % (is_shown, is_of_none)))

    return journal


def within_what_may_be_read(make):
    """Search only repositories that the user may read. The page hides the other results, but counts them."""

    def parser(*arguments, **options):
        made = make(*arguments, **options)
        parse = made.parse
        made.parse = lambda *arguments, **options: within(parse(*arguments, **options))
        return made

    return parser


def within(query):
    """Limit a query of Whoosh to repositories that the user may read. Its type stays, because the page uses it to mark words."""
    from kallithea.model import db, meta
    from whoosh.matching import FilterMatcher
    from whoosh.query import NullQuery, Or, Term

    # All users share this query.
    if query == NullQuery:
        return query

    class Found(FilterMatcher):
        # The quality of blocks is known only for results in all repositories.
        def supports_block_quality(self):
            return False

    names = [name for name, in meta.Session().query(db.Repository.repo_name) if may_read(name)]
    readable = Or([Term("repository_rawname", name) for name in names])
    find = query.matcher
    query.matcher = lambda searcher, context=None: Found(find(searcher, context), frozenset(readable.docs(searcher)))
    return query


def of_one_that_may_be_read(check):
    """Tell whether a repository has been created only to users who may read it. For others it has not."""

    def repo_check(self, repo_name):
        return check(self, repo_name if may_read(repo_name) else "")

    return repo_check


def by_its_name(guess):
    """Look for a repository, group or user by its name first, and then by its number.

    If a name consists of digits, pages check the right to the name, and models would use the row with that number.
    """

    def guess_instance(cls, value, callback=None):
        is_either = callback is not None and isinstance(value, str) and value.isdigit() and not is_its_number(cls, value)
        named = callback(value) if is_either else None
        return guess(cls, value, callback) if named is None else named

    return guess_instance


def is_its_number(cls, value):
    """Whether the page's address contains this number of a user or a user group. Such pages use only numbers."""
    import tg

    try:
        page = tg.request.environ.get("pylons.routes_dict", {})
    except TypeError:
        # Kallithea is starting, and there is no page.
        return False
    return page.get("controller") == NUMBERED.get(cls.__name__) and page.get("id") == value


def named(repository):
    """Find a repository by its name, for which the page checked the right. Some models would read digits as its number."""
    from kallithea.model import db

    if isinstance(repository, str):
        return db.Repository.get_by_repo_name(repository) or db.Repository.guess_instance(repository)
    return db.Repository.guess_instance(repository)


def numbered(text):
    """Find a repository by the number in a form, which may also be the name of another one. Without a number, return None."""
    from kallithea.model import db

    return db.Repository.get(int(text)) if str(text).isdecimal() else None


def of_what_may_be_read(mark):
    """Mark a repository as a fork only of one that its administrator may read."""

    def mark_as_fork(self, repo, fork, user):
        # An empty name means no repository.
        marked = mark(self, named(repo), numbered(fork) or "", user)
        if marked.fork is not None and not may_read(marked.fork.repo_name):
            marked.fork = None
        return marked

    return mark_as_fork


def from_what_may_be_read(pull):
    """Pull from the origin of a fork only if the user may read the origin. It is read as a folder."""

    def pull_changes(self, repo, username, ip_addr, clone_uri=None):
        found = named(repo)
        origin = found.fork if not (clone_uri or found.clone_uri) else None
        if origin is not None and not may_read(origin.repo_name):
            raise LookupError("This user may not read the repository that %s is a fork of." % found.repo_name)
        return pull(self, found, username, ip_addr, clone_uri)

    return pull_changes


def expect_name(repository, name):
    """Answer 404 unless this is the repository in the page's address."""
    import webob.exc

    if repository.repo_name != name:
        raise webob.exc.HTTPNotFound()


def of_the_repository(comment):
    """Comment on a pull request, or close it, only under its own repository."""

    def call(self, repo_name, pull_request_id):
        from kallithea.model import db

        expect_name(db.PullRequest.get_or_404(pull_request_id).other_repo, repo_name)
        return comment(self, repo_name, pull_request_id)

    return call


def with_its_own_field(delete):
    """Remove a field of a repository only under its own repository."""

    def delete_repo_field(self, repo_name, field_id):
        from kallithea.model import db

        expect_name(db.RepositoryField.get_or_404(field_id).repository, repo_name)
        return delete(self, repo_name, field_id)

    return delete_repo_field


GUARDS = (
    Guard(
        "mercurial.hgweb.hgweb_mod",
        "hgweb.check_perm",
        within_its_right,
        "Mercurial 5.8 to 7.2",
        "anybody who may read an hg repository could push to it",
    ),
    Guard(
        "mercurial.bundle2",
        "parthandlermapping",
        of_what_is_pushed,
        "Mercurial 5.8 to 7.2",
        "anybody who may push could make the server contact any address, even its own, or push without an entry in the journal",
    ),
    Guard(
        "kallithea.lib.vcs.subprocessio",
        "SubprocessIOChunker.__init__",
        of_its_right,
        "Kallithea 0.7.0",
        "a user who may only read a git repository could push to it, if two parts of Kallithea read a request differently",
    ),
    Guard(
        "kallithea.controllers.compare",
        "CompareController._before",
        of_two_repositories,
        "Kallithea 0.7.0",
        "a comparison would show a repository that its reader may not read",
    ),
    Guard(
        "kallithea.model.scm",
        "ScmModel.toggle_following_repo",
        of_what_one_may_read,
        "Kallithea 0.7.0",
        "a user who follows a repository would learn that it exists, and in the journal what is done in it",
    ),
    Guard(
        "kallithea.controllers.journal",
        "JournalController._get_journal_data",
        of_repositories_that_one_may_read,
        "Kallithea 0.7.0",
        "the journal of a user who follows another would tell of repositories that its reader may not read",
    ),
    Guard(
        "kallithea.controllers.admin.repos",
        "ReposController.repo_check",
        of_one_that_may_be_read,
        "Kallithea 0.7.0",
        "anybody could find out whether a repository exists, and which one it is a fork of",
    ),
    Guard(
        "kallithea.model.db",
        "BaseDbModel.guess_instance",
        by_its_name,
        "Kallithea 0.7.0",
        "the owner of a repository whose name is a number could administer the one that has this number",
    ),
    Guard(
        "kallithea.model.scm",
        "ScmModel.mark_as_fork",
        of_what_may_be_read,
        "Kallithea 0.7.0",
        "a user who administers a repository could call it a fork of any other, and learn its name",
    ),
    Guard(
        "kallithea.model.scm",
        "ScmModel.pull_changes",
        from_what_may_be_read,
        "Kallithea 0.7.0",
        "a user who administers a fork could fetch from its origin what the user may not read",
    ),
    Guard(
        "kallithea.controllers.pullrequests",
        "PullrequestsController.comment",
        of_the_repository,
        "Kallithea 0.7.0",
        "a user who may read some repository could comment on pull requests of every other",
    ),
    Guard(
        "kallithea.controllers.admin.repos",
        "ReposController.delete_repo_field",
        with_its_own_field,
        "Kallithea 0.7.0",
        "a user who administers a repository could remove fields of every other",
    ),
    Guard(
        "kallithea.controllers.search",
        "QueryParser",
        within_what_may_be_read,
        "Kallithea 0.7.0",
        "a search would tell how often a word is in repositories that the user may not read, and so which words they contain",
    ),
)
