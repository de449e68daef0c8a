"""Gives repositories and groups only names that nothing else has, where Kallithea 0.7.0 would use an existing folder.

GUARDS lists the functions that these wrap. paths.py decides what a plain name is. docs/hardening.md has the reasons.
"""
import datetime
import os
import re
import threading
import unicodedata

import kallithea_bridge_paths as paths
from kallithea_bridge_guards import Guard

# Names that Kallithea uses itself: for folders of removed repositories, which it ignores, and in addresses that contain the number
# of a repository. Such an address would lead to another repository as soon as the numbered one is removed.
OF_KALLITHEAS_OWN = re.compile(r"rm__\d|_\d+$")

# Invisible letters that some languages need, because they join or separate other letters.
JOINERS = "\u200c\u200d"

# The name of the repository that a thread is creating, and whether its folder has been created for it.
_making = threading.local()


def of_one_folder(slug):
    """Make names that mean one folder on Windows as well: with the letters that Kallithea's rule leaves, without dots at the ends."""

    def call(value):
        name = slug(value)
        while True:
            found = slug(plain(name))
            if found == name:
                return "_" + name if name and not stands_for_itself(name) else name
            name = found

    return call


def plain(name):
    """Return a name without invisible letters, and without dots at its ends: they hide a folder, or Windows removes them."""
    seen = (" " if is_unseen(letter) else letter for letter in name)
    return "".join(seen).strip(". ")


def is_unseen(letter):
    return unicodedata.category(letter)[0] in "CZ" and letter not in JOINERS


def stands_for_itself(name):
    """Whether a name is neither a device nor one that Kallithea uses itself."""
    return paths.is_plain(name) and not OF_KALLITHEAS_OWN.match(name)


def where_nothing_is(create):
    """Create a repository only if nothing else has its name. If creation fails, Kallithea removes what has that name."""

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
    """Whether a folder contains this name in any case, because Windows ignores case."""
    above, last = os.path.split(os.path.join(folder, name))
    beside = os.listdir(above) if os.path.isdir(above) else []
    return os.path.lexists(os.path.join(above, last)) or last.casefold() in map(str.casefold, beside)


def of_a_free_name(rename):
    """Rename a folder only if nothing else has the new name. Only the case of its own name may change."""

    def call(self, old, new):
        if old.casefold() != new.casefold():
            refuse_a_folder(self.repos_path, new)
        return rename(self, old, new)

    return call


def of_a_new_name(make):
    """Create the folder of a group only if nothing has its name."""

    def call(self, name):
        refuse_a_folder(self.repos_path, name)
        return make(self, name)

    return call


def refuse_a_folder(folder, name):
    if is_there(folder, name):
        raise Exception("the folder %s already exists" % name)


def of_its_own(make):
    """Create the folder of a repository only if it does not exist, and remember that it belongs to the repository."""

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
    """Do not remove the folder if the creation of a repository fails and the folder belongs to something else."""

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
        "a new repository or group could use the folder of another, by a name that Windows reads as the same",
    ),
    Guard(
        "kallithea.model.validators",
        "repo_name_slug",
        of_one_folder,
        "Kallithea 0.7.0",
        "forms would accept such a name, and fail later",
    ),
    Guard(
        "kallithea.model.repo",
        "create_repo",
        where_nothing_is,
        "Kallithea 0.7.0",
        "an existing repository or group could be removed in place of one that could not be created",
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
        "two repositories that are created at the same time could have the same folder",
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
        "a repository could get a name that differs from another's only in case",
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
