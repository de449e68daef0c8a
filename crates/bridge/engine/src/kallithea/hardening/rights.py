"""Keeps to what a user may do, where Kallithea 0.7.0 asks for one right, and it or a library of its then does something else.

GUARDS says around which functions these go. The reasons stand in docs/hardening.md.
"""
from kallithea_bridge_guards import Guard

# What has a number for its name in the addresses of its pages, and the controller of these.
NUMBERED = {"User": "admin/users", "UserGroup": "admin/user_groups"}


def may_push():
    """Whether Kallithea has let the request on this thread push.

    It tells its hooks by what it has asked for, and they write the journal by that: what is done is what the journal says.
    """
    from kallithea.lib.utils2 import HookEnvironmentError, get_hook_environment

    try:
        return get_hook_environment().action == "push"
    except HookEnvironmentError:
        return False


def within_its_right(check):
    """Mercurial's own look at each command, the last before it runs, a batch's included, held to the right that was asked for.

    Kallithea takes the first `cmd` in the letters of the URL, and Mercurial the last one, decoded; of a batch they take the
    commands apart in another order. Mercurial's own pages, which Kallithea knows nothing of, count as pushes to it.
    """

    def check_perm(self, rctx, request, operation):
        if operation != b"pull" and not may_push():
            from mercurial.hgweb.common import ErrorResponse

            print("a request with the right to pull would have done more than that, and was refused")
            raise ErrorResponse(403, b"push not authorized")
        return check(self, rctx, request, operation)

    return check_perm


def of_its_right(begin):
    """Git's program that takes a push, started for whom Kallithea has let push, whichever part of a request named it."""

    def start(self, cmd, *arguments, **options):
        if "receive-pack" in cmd[1:2] and not may_push():
            import webob.exc

            print("a request with the right to fetch would have pushed, and was refused")
            raise webob.exc.HTTPForbidden()
        return begin(self, cmd, *arguments, **options)

    return start


class Handlers(dict):
    """What Mercurial does with the parts of a bundle, in a place where it can be known again."""


def of_what_is_pushed(handlers):
    """Bundles, whose parts are those that clients push.

    Of the others one has an address in the place of what is pushed, and one is a repository's own files and what it calls for, of
    which no hook hears.
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

    # Mercurial asks a handler for the parameters that it knows.
    part.params = handle.params
    return part


def may_read(name):
    """Whether the user of the requested page may read a repository. A repository that does not exist cannot be read."""
    return has_level(name, "read")


def has_level(name, level):
    """Whether the user of the requested page has a right to a repository.

    Without a page nobody asks: Kallithea's own work has every right. Clients of hg and git are checked before they come so far.
    """
    import tg

    try:
        request = tg.request._current_obj()
    except (AttributeError, TypeError):
        return True
    return request.authuser.has_repository_permission_level(name, level)


def of_two_repositories(begin):
    """Pages that compare two repositories, for anybody who may read the second one as well; to anybody else it is not there."""

    def before(self, *arguments, **options):
        import tg
        import webob.exc

        other = tg.request.GET.get("other_repo")
        if other is not None and not may_read(other):
            raise webob.exc.HTTPNotFound()
        return begin(self, *arguments, **options)

    return before


def of_what_one_may_read(toggle):
    """A user follows what is his or what he may read. What he follows already he may leave."""

    def call(self, follow_repo_id, user_id):
        from kallithea.model import db

        repository = db.Repository.get(follow_repo_id)
        following = db.UserFollowing.query().filter_by(follows_repository_id=follow_repo_id, user_id=user_id)
        # Of a repository that is just being made, a page has asked for the rights before there was one.
        may_follow = repository is not None and (repository.owner_id == user_id or may_read(repository.repo_name))
        if not may_follow and not following.count():
            raise LookupError("There is no repository %r that this user may read." % follow_repo_id)
        return toggle(self, follow_repo_id, user_id)

    return call


def of_repositories_that_one_may_read(find):
    """Journals without what was done in repositories that their reader may not read, or that are no more."""

    def journal(self, following_repos):
        import sqlalchemy
        import tg
        from kallithea.model import db, meta

        found = find(self, following_repos)
        if tg.request.authuser.is_admin or isinstance(found, list):
            return found
        names = meta.Session().query(db.Repository.repo_id, db.Repository.repo_name)
        hidden = ["%d" % number for number, name in names if not may_read(name)]
        # Numbers of our own, in the text of the query: a database has a limit to what a query may bring along.
        is_shown = "user_logs.repository_id NOT IN (%s)" % ", ".join(hidden) if hidden else "user_logs.repository_id IS NOT NULL"
        is_of_none = "user_logs.repository_id IS NULL AND user_logs.repository_name = ''"
        return found.filter(sqlalchemy.text("(%s OR %s)" % (is_shown, is_of_none)))

    return journal


def within_what_may_be_read(make):
    """Searches in repositories that may be read alone: the page leaves out what is found in others, and says how much it was."""

    def parser(*arguments, **options):
        made = make(*arguments, **options)
        parse = made.parse
        made.parse = lambda *arguments, **options: within(parse(*arguments, **options))
        return made

    return parser


def within(query):
    """A query of Whoosh's that finds nothing in other repositories. Its kind stays, by which the page finds words to show."""
    from kallithea.model import db, meta
    from whoosh.matching import FilterMatcher
    from whoosh.query import NullQuery, Or, Term

    # There is one such query for everybody.
    if query == NullQuery:
        return query

    class Found(FilterMatcher):
        # Which blocks are worth a look is known of what is found anywhere.
        def supports_block_quality(self):
            return False

    names = [name for name, in meta.Session().query(db.Repository.repo_name) if may_read(name)]
    readable = Or([Term("repository_rawname", name) for name in names])
    find = query.matcher
    query.matcher = lambda searcher, context=None: Found(find(searcher, context), frozenset(readable.docs(searcher)))
    return query


def of_one_that_may_be_read(check):
    """Whether a repository has been made, to anybody who may read it; to anybody else it has not."""

    def repo_check(self, repo_name):
        return check(self, repo_name if may_read(repo_name) else "")

    return repo_check


def by_its_name(guess):
    """A repository, group or user by what a page's address calls it: by its name before it is taken for a number.

    Pages ask for the right to a name, and their models for the row of that number, where the name is made of digits.
    """

    def guess_instance(cls, value, callback=None):
        is_either = callback is not None and isinstance(value, str) and value.isdigit() and not is_its_number(cls, value)
        named = callback(value) if is_either else None
        return guess(cls, value, callback) if named is None else named

    return guess_instance


def is_its_number(cls, value):
    """Whether a page's address says this number of a user or a user group: those it names by nothing else, and asks for the right so."""
    import tg

    try:
        page = tg.request.environ.get("pylons.routes_dict", {})
    except TypeError:
        # Kallithea is at its start, and there is no page.
        return False
    return page.get("controller") == NUMBERED.get(cls.__name__) and page.get("id") == value


def named(repository):
    """A repository by its name, as the page of it has asked for the right; some models take digits for its number."""
    from kallithea.model import db

    if isinstance(repository, str):
        return db.Repository.get_by_repo_name(repository) or db.Repository.guess_instance(repository)
    return db.Repository.guess_instance(repository)


def numbered(text):
    """A repository by the number that a form has, which may be the name of another; None where it has no number."""
    from kallithea.model import db

    return db.Repository.get(int(text)) if str(text).isdecimal() else None


def of_what_may_be_read(mark):
    """A repository becomes a fork of what its administrator may read; of another it does not, as of one that is not there."""

    def mark_as_fork(self, repo, fork, user):
        # No repository has an empty name; it is how one says that there is none.
        marked = mark(self, named(repo), numbered(fork) or "", user)
        if marked.fork is not None and not may_read(marked.fork.repo_name):
            marked.fork = None
        return marked

    return mark_as_fork


def from_what_may_be_read(pull):
    """Changes out of the repository that another is a fork of, for anybody who may read it: it is fetched as a folder."""

    def pull_changes(self, repo, username, ip_addr, clone_uri=None):
        found = named(repo)
        origin = found.fork if not (clone_uri or found.clone_uri) else None
        if origin is not None and not may_read(origin.repo_name):
            raise LookupError("This user may not read the repository that %s is a fork of." % found.repo_name)
        return pull(self, found, username, ip_addr, clone_uri)

    return pull_changes


def expect_name(repository, name):
    """Nothing where a repository is the one that a page's address names; otherwise what is asked for is not there."""
    import webob.exc

    if repository.repo_name != name:
        raise webob.exc.HTTPNotFound()


def of_the_repository(comment):
    """Comments on a pull request, and its end, by the repository that it is for and no other."""

    def call(self, repo_name, pull_request_id):
        from kallithea.model import db

        expect_name(db.PullRequest.get_or_404(pull_request_id).other_repo, repo_name)
        return comment(self, repo_name, pull_request_id)

    return call


def with_its_own_field(delete):
    """A field of a repository, taken out by anybody who administers that repository and no other."""

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
        "anybody who may read a repository of hg could push to it",
    ),
    Guard(
        "mercurial.bundle2",
        "parthandlermapping",
        of_what_is_pushed,
        "Mercurial 5.8 to 7.2",
        "anybody who may push could have the server ask any address, this machine's own among them, or push past the journal",
    ),
    Guard(
        "kallithea.lib.vcs.subprocessio",
        "SubprocessIOChunker.__init__",
        of_its_right,
        "Kallithea 0.7.0",
        "a user who may only read a git repository could push to it, as soon as two parts of Kallithea read a request differently",
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
        "anybody could find out whether a repository exists, and of what it is a fork",
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
        "a user who administers a repository could take fields out of every other",
    ),
    Guard(
        "kallithea.controllers.search",
        "QueryParser",
        within_what_may_be_read,
        "Kallithea 0.7.0",
        "a search would tell how often words are in repositories that its user may not read, and so which words they are",
    ),
)
