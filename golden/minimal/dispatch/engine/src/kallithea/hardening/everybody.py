"""Keeps what everybody may do, where Kallithea 0.7.0 takes a repository or a group without such a right for an error, or for one that
is nobody's, and where a private repository has one.

Everybody's right is a row of the strangers' account for each repository and group. GUARDS says around which functions these go. The
reasons stand in docs/hardening.md.
"""
from kallithea_bridge_guards import Guard


def but_everybodys(kind):
    """A right that is taken away from a user; from the strangers' account, it becomes none: Kallithea needs one to be there."""

    def instead(revoke):
        def call(self, *arguments, **options):
            from kallithea.model import db

            user = db.User.guess_instance(options["user"] if "user" in options else arguments[1])
            if user is not None and user.is_default_user:
                print("everybody's right was to be taken away, and is %s.none instead" % kind)
                return self.grant_user_permission(*arguments, **options, perm=kind + ".none")
            return revoke(self, *arguments, **options)

        return call

    return instead


OF_REPOSITORIES = but_everybodys("repository")
OF_GROUPS = but_everybodys("group")
OF_GROUPS_OF_USERS = but_everybodys("usergroup")


def from_none_up(bump):
    """A user's right, where it is more than everybody's; where everybody has none in the database, it is more than none."""

    def call(permissions, key, new_perm):
        permissions.setdefault(key, new_perm.rpartition(".")[0] + ".none")
        return bump(permissions, key, new_perm)

    return call


class OfEach:
    """What a user may do in each repository, found when it is first asked for: strangers nothing in one that is private, and
    administrators everything in each that there is."""

    def __init__(self, collect):
        self._collect = collect

    def __get__(self, user, kind=None):
        if user is None:
            return self
        # From here on, the user has what was found as an attribute of its own, which comes before this.
        if user.is_admin:
            # Kallithea would find only repositories where everybody has a right.
            user.repository_permissions = {name: "repository.admin" for name in names()}
            return user.repository_permissions
        found = self._collect.__get__(user, kind)
        if user.is_anonymous:
            found.update((name, "repository.none") for name in names(private=True))
        return found


def names(**of):
    """The names of the repositories that have these values."""
    from kallithea.model import db, meta

    return [name for name, in meta.Session().query(db.Repository.repo_name).filter_by(**of)]


GUARDS = (
    Guard(
        "kallithea.model.repo",
        "RepoModel.revoke_user_permission",
        OF_REPOSITORIES,
        "Kallithea 0.7.0",
        "anybody who administers a repository could make every page an error to others, and hide the repository from administrators",
    ),
    Guard(
        "kallithea.model.repo_group",
        "RepoGroupModel.revoke_user_permission",
        OF_GROUPS,
        "Kallithea 0.7.0",
        "anybody who administers a group of repositories could do the same",
    ),
    Guard(
        "kallithea.model.user_group",
        "UserGroupModel.revoke_user_permission",
        OF_GROUPS_OF_USERS,
        "Kallithea 0.7.0",
        "anybody who administers a group of users could do the same",
    ),
    Guard(
        "kallithea.lib.auth",
        "bump_permission",
        from_none_up,
        "Kallithea 0.7.0",
        "where that has happened before, pages would stay errors",
    ),
    Guard(
        "kallithea.lib.auth",
        "AuthUser.repository_permissions",
        OfEach,
        "Kallithea 0.7.0",
        "strangers could read a private repository that was made with the rights of another or of its group",
    ),
)
