"""Keeps repositories and groups to names that nothing else has, where Kallithea 0.7.0 would take what is there for its own.

GUARDS says around which functions these go. What is a plain name, is said once, in paths.py. The reasons stand in docs/hardening.md.
"""
import datetime
import os
import re
import threading
import unicodedata

import kallithea_bridge_paths as paths
from kallithea_bridge_guards import Guard

# What Kallithea names the folders of what it has removed, and passes over from then on; and what is an address of a repository by
# its number, which would lead to another as soon as that repository is removed.
OF_KALLITHEAS_OWN = re.compile(r"rm__\d|_\d+$")

# Letters that nobody sees and that languages need: they join and part others.
JOINERS = "\u200c\u200d"

# What a thread is making, and whether the folder that there is now has been made for it.
_making = threading.local()


def of_one_folder(slug):
    """Names that are one folder's, on Windows as well: the letters that Kallithea's own rule leaves, and no ends of dots."""

    def call(value):
        name = slug(value)
        while True:
            found = slug(plain(name))
            if found == name:
                return "_" + name if name and not stands_for_itself(name) else name
            name = found

    return call


def plain(name):
    """A name without letters that nobody sees, and without the dots that hide it or that Windows would take away."""
    seen = (" " if is_unseen(letter) else letter for letter in name)
    return "".join(seen).strip(". ")


def is_unseen(letter):
    return unicodedata.category(letter)[0] in "CZ" and letter not in JOINERS


def stands_for_itself(name):
    """Whether a name is no device, and nothing that Kallithea names so itself."""
    return paths.is_plain(name) and not OF_KALLITHEAS_OWN.match(name)


def where_nothing_is(create):
    """The creation of a repository, where nothing else has its name; what fails is otherwise removed by that name."""

    def call(form_data, *arguments, **options):
        refuse_what_is_there(form_data["repo_name_full"])
        _making.name, _making.is_made = form_data["repo_name_full"], False
        try:
            return create(form_data, *arguments, **options)
        finally:
            _making.name = None

    return call


def refuse_what_is_there(name):
    from kallithea.model import db
    from kallithea.model.repo import RepoModel

    if not name.split("/")[-1]:
        raise Exception("a repository needs a name")
    others = (db.Repository.get_by_repo_name, db.RepoGroup.get_by_group_name)
    if any(find(name, case_insensitive=True) for find in others) or is_there(RepoModel().repos_path, name):
        raise Exception("%s already exists" % name)


def is_there(folder, name):
    """Whether a folder has something of a name, in whatever case: a server with Windows would take the two for one."""
    above, last = os.path.split(os.path.join(folder, name))
    beside = os.listdir(above) if os.path.isdir(above) else []
    return os.path.lexists(os.path.join(above, last)) or last.casefold() in map(str.casefold, beside)


def of_a_free_name(rename):
    """A folder renamed, where nothing else has the new name; it may have it already, but for its case."""

    def call(self, old, new):
        if old.casefold() != new.casefold():
            refuse_a_folder(self.repos_path, new)
        return rename(self, old, new)

    return call


def of_a_new_name(make):
    """The folder of a new group, where nothing has its name."""

    def call(self, name):
        refuse_a_folder(self.repos_path, name)
        return make(self, name)

    return call


def refuse_a_folder(folder, name):
    if is_there(folder, name):
        raise Exception("the folder %s already exists" % name)


def of_its_own(make):
    """The folder of a new repository, where there is none; from here on it is that repository's."""

    def call(self, *arguments, **options):
        name = getattr(_making, "name", None)
        if name:
            refuse_a_folder(self.repos_path, name)
            _making.is_made = True
        return make(self, *arguments, **options)

    return call


def of_a_new_gist(make):
    """The folder of a new gist, whose number no other gist has: what is there was left by one that could not be created, and would
    be in the way of every further one."""

    def call(self, *arguments, **options):
        from kallithea.model import db

        if options.get("repo_group") == db.Gist.GIST_STORE_LOC:
            put_away(os.path.join(self.repos_path, db.Gist.GIST_STORE_LOC), options["repo_name"])
        return make(self, *arguments, **options)

    return call


def put_away(folder, name):
    """Give what a folder has of a name another one, as Kallithea names what it has removed."""
    if os.path.lexists(os.path.join(folder, name)):
        kept = "rm__%s__%s" % (datetime.datetime.now().strftime("%Y%m%d_%H%M%S_%f"), name)
        os.rename(os.path.join(folder, name), os.path.join(folder, kept))
        print("the folder %s of a gist that could not be created is %s now" % (name, kept))


def but_what_was_there(remove):
    """A folder removed, unless somebody fails to make a repository whose folder this is not."""

    def call(self, repo):
        if getattr(_making, "name", None) and not _making.is_made:
            print("the folder of %s stays, because it does not belong to the repository that could not be created" % repo.repo_name)
            return None
        return remove(self, repo)

    return call


GUARDS = (
    Guard(
        "kallithea.lib.utils2",
        "repo_name_slug",
        of_one_folder,
        "Kallithea 0.7.0",
        "a new repository or group could have the folder of another, by a name that Windows reads as that one's",
    ),
    Guard(
        "kallithea.model.validators",
        "repo_name_slug",
        of_one_folder,
        "Kallithea 0.7.0",
        "forms would not say so, and fail later",
    ),
    Guard(
        "kallithea.model.repo",
        "create_repo",
        where_nothing_is,
        "Kallithea 0.7.0",
        "an existing repository or group could be taken for one that could not be made, and be removed",
    ),
    Guard(
        "kallithea.model.repo",
        "create_repo_fork",
        where_nothing_is,
        "Kallithea 0.7.0",
        "a fork could do the same",
    ),
    Guard(
        "kallithea.model.repo",
        "RepoModel._create_filesystem_repo",
        of_its_own,
        "Kallithea 0.7.0",
        "two repositories that are made at the same time could have the same folder",
    ),
    Guard(
        "kallithea.model.repo",
        "RepoModel._create_filesystem_repo",
        of_a_new_gist,
        "Kallithea 0.7.0",
        "a gist that cannot be created would keep everybody from creating any other",
    ),
    Guard(
        "kallithea.model.repo",
        "RepoModel._delete_filesystem_repo",
        but_what_was_there,
        "Kallithea 0.7.0",
        "the second of them would remove the first",
    ),
    Guard(
        "kallithea.model.repo",
        "RepoModel._rename_filesystem_repo",
        of_a_free_name,
        "Kallithea 0.7.0",
        "a repository could get a name that differs from another's by its case",
    ),
    Guard(
        "kallithea.model.repo_group",
        "RepoGroupModel._create_group",
        of_a_new_name,
        "Kallithea 0.7.0",
        "a group could have such a name",
    ),
    Guard(
        "kallithea.model.repo_group",
        "RepoGroupModel._rename_group",
        of_a_free_name,
        "Kallithea 0.7.0",
        "a group could get such a name",
    ),
)
