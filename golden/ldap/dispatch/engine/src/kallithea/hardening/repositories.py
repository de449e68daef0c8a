"""Treats the contents of repositories as data. Mercurial, Git and Kallithea 0.7.0 would let them read files, connect or run code.

GUARDS lists the functions that these wrap. docs/hardening.md has the reasons.
"""
import os
import re

from kallithea_bridge_guards import Guard

# Characters that must be escaped in a string of Mercurial's revision language.
PLAIN_IN_REVSETS = re.compile(rb"[^\w ./+-]", re.ASCII)

# The section of `.hgsub` with regular expressions, which can take very long, wherever Mercurial finds it.
SUBPATHS = re.compile(rb"\[subpaths\]")

# Sections of a `hgrc`, except those that Mercurial itself writes.
OWN_SECTION = re.compile(rb"(?m)^\[(?!(paths|ui)\])")

# Every option with which Kallithea 0.7.0 starts Git. Any other argument that begins with a hyphen comes from a user.
OPTIONS = re.compile(
    r"--(abbrev=40|advertise-refs|all|bare|binary|branches|children|date-order|ff-only|format=(%\(refname\)|tar|zip)|full-index"
    r"|max-count=-?\d+|no-checkout|not|pretty=format:%H|remotes|reverse|root|since|stateless-rpc|tags|until|version)"
    r"|-[Mhlnpqrsw]|-U\d+"
)

# Git commands that connect to another repository, and the protocols that they may use.
TRANSFERS = ("clone", "fetch", "ls-remote", "pull")
WAYS = "file:git:http:https"

# Settings that keep reading commands from starting programs or entering other repositories.
QUIET = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
}

# Options that keep Git from starting programs to show or compare files.
BARE = {
    "blame": ["--no-textconv"],
    "diff": ["--no-ext-diff", "--no-textconv"],
    "log": ["--no-ext-diff", "--no-textconv"],
    "show": ["--no-ext-diff", "--no-textconv"],
}

# What a git that reads from a folder of this machine starts there. It gets no settings from the environment (connect.c, git_connect), so
# that it would refuse a repository of another account. See git.py for these settings. A server by another protocol would refuse the words.
FROM_HERE = "--upload-pack=git -c 'safe.directory=*' -c safe.bareRepository=all upload-pack"

# Files that were not read, and that the log already mentions.
_told = set()


class NameOfBranch(str):
    """The name of a branch, escaped for Mercurial's revision language."""

    def encode(self, *arguments, **options):
        name = super().encode(*arguments, **options)
        return b"literal:" + PLAIN_IN_REVSETS.sub(lambda found: b"\\x%02x" % found[0][0], name)


def of_a_named_branch(get_changesets):
    """Escape the name of a branch, which Kallithea inserts into a query of Mercurial."""

    def call(self, start=None, end=None, start_date=None, end_date=None, branch_name=None, *arguments, **options):
        name = NameOfBranch(branch_name) if branch_name else None
        return get_changesets(self, start, end, start_date, end_date, name, *arguments, **options)

    return call


def of_a_branch_that_is_no_option(get_changesets):
    """Refuse the name of a branch that Git would read as an option."""

    def call(self, start=None, end=None, start_date=None, end_date=None, branch_name=None, *arguments, **options):
        if branch_name and branch_name.startswith("-"):
            from kallithea.lib.vcs.exceptions import BranchDoesNotExistError

            raise BranchDoesNotExistError("Branch %r would be an option of Git's, and is not shown" % branch_name)
        return get_changesets(self, start, end, start_date, end_date, branch_name, *arguments, **options)

    return call


def by_the_letter(match):
    """Match names in the revision language literally. The name of a branch, bookmark or tag can begin with `re:`."""

    def call(pattern, *arguments, **options):
        return match(b"literal:" + pattern if pattern.startswith(b"re:") else pattern, *arguments, **options)

    return call


def without_expressions(read_state):
    """Read the subrepositories of a change without its regular expressions, which would rewrite their sources."""

    def call(context, *arguments, **options):
        return read_state(WithoutExpressions(context), *arguments, **options)

    return call


class WithoutExpressions:
    """A change of Mercurial whose files do not have a section [subpaths]."""

    def __init__(self, context):
        self.context = context

    def __getattr__(self, name):
        return getattr(self.context, name)

    def __contains__(self, path):
        return path in self.context

    def __getitem__(self, path):
        return DataWithoutExpressions(self.context[path])


class DataWithoutExpressions:
    def __init__(self, file):
        self.file = file

    def __getattr__(self, name):
        return getattr(self.file, name)

    def data(self):
        return SUBPATHS.sub(b"[ignored]", self.file.data())


def of_its_folder_alone(fill):
    """Make an archive without subrepositories. They can be anywhere, and belong to others."""

    def fill_archive(self, stream=None, kind="tgz", prefix=None, subrepos=False):
        if subrepos:
            print("an archive was asked for with subrepositories, and made without")
        return fill(self, stream=stream, kind=kind, prefix=prefix)

    return fill_archive


def of_no_kind(check):
    """Never open a subrepository on the server. Clients still clone them from their own places."""

    def call(ui, kind):
        import mercurial.error

        raise mercurial.error.Abort(b"subrepositories are not opened on the server")

    return call


def of_the_server(read):
    """Do not read Mercurial's settings from files in repositories. Kallithea keeps its settings in the database."""

    def call(self, filename, root=None, trust=False, *arguments, **options):
        if trust:
            return read(self, filename, root, trust, *arguments, **options)
        tell_of(os.fsdecode(filename))

    return call


def tell_of(path):
    """Log once that a file is not read, if an administrator may have changed it."""
    if path in _told or not os.path.isfile(path):
        return
    _told.add(path)
    with open(path, "rb") as file:
        if OWN_SECTION.search(file.read()):
            print("%s is not read: extensions, hooks and the like are Kallithea's to set, for all repositories" % path)


def below_the_folder(make):
    """Open only repositories of Kallithea. Any other one can have its own settings, hooks and links."""

    def call(ui, path, *arguments, **options):
        if not is_kallitheas(path):
            import mercurial.error

            raise mercurial.error.RepoError(b"repository %s not found" % path)
        # Otherwise the server of a clone could name another address: this machine, a share or a file.
        ui.setconfig(b"ui", b"clonebundles", b"no", b"kallithea-iisc")
        return make(ui, path, *arguments, **options)

    return call


def is_kallitheas(path):
    """Whether a repository is in Kallithea's folder of repositories."""
    import kallithea
    import mercurial.util
    from kallithea.model import db

    place = os.fsdecode(mercurial.util.expandpath(path))
    base = kallithea.CONFIG.get("base_path")
    # An administrator may have changed the folder in the meantime.
    return bool(base) and (stands_free(place, base) or stands_free(place, db.Ui.get_repos_location()))


def stands_free(place, folder):
    """Whether a repository is below a folder and not inside another repository.

    Links above it are allowed, because only an administrator can create them. Others can create links only inside repositories.
    """
    ways = [os.path.realpath] if ".." in re.split(r"[\\/]", place) else [os.path.abspath, os.path.realpath]
    for way in ways:
        root, path = (os.path.normcase(way(name)).rstrip(os.sep) + os.sep for name in (folder, place))
        if path.startswith(root) and path != root:
            above = path[len(root):].rstrip(os.sep).split(os.sep)[:-1]
            if not any(is_repository(os.path.join(root, *above[:end])) for end in range(1, len(above) + 1)):
                return True
    return False


def is_repository(folder):
    """Whether a folder looks like a repository, by the names in it."""
    there = lambda *names: all(os.path.exists(os.path.join(folder, name)) for name in names)
    return there(".hg") or there(".git") or there("HEAD", "objects", "refs")


def by_its_own_options(begin):
    """Start Git only with Kallithea's own options, without further programs, and without other repositories when it reads."""

    def begin_git(self, cmd, *arguments, **options):
        name, cmd = as_data(cmd)
        if name != "receive-pack":
            options["env"] = environment(options.get("env"), WAYS if name in TRANSFERS else None)
        begin(self, cmd, *arguments, **options)

    return begin_git


def as_data(cmd):
    """Return the name of a Git command, and the command with safe settings."""
    from kallithea.lib.vcs.conf import settings

    place = 1
    while cmd[place] == "-c":
        place += 2
    name = cmd[place]
    end = cmd.index("--") if "--" in cmd else len(cmd)
    for argument in cmd[place:end]:
        if argument.startswith("-") and not OPTIONS.fullmatch(argument) and argument != settings.GIT_REV_FILTER:
            # Kallithea expects this error if Git cannot start.
            raise OSError("%r is not an option that Kallithea uses for git" % argument)
    if name == "receive-pack":
        return name, cmd
    quiet = [word for pair in QUIET.items() for word in ("-c", "%s=%s" % pair)]
    own = BARE.get(name, []) + ([FROM_HERE] if name in TRANSFERS and is_from_here(cmd[place + 1:]) else [])
    return name, cmd[:place] + quiet + [name] + own + cmd[place + 1:]


def is_from_here(arguments):
    """Whether the first of a command's arguments that is not an option is a folder of this machine, as Kallithea names one for git."""
    return next((argument for argument in arguments if not argument.startswith("-")), "").startswith("file:")


def environment(variables, ways=None):
    """Return the environment of a command that reads. Without ways, the command connects to no other repository.

    Git also ignores replacements of objects, which a push can contain and which only Git would show.
    """
    found = dict(os.environ if variables is None else variables, GIT_TERMINAL_PROMPT="0", GIT_NO_REPLACE_OBJECTS="1")
    if ways is None:
        found.update(GIT_ALLOW_PROTOCOL="none", GIT_NO_LAZY_FETCH="1")
    else:
        found.setdefault("GIT_ALLOW_PROTOCOL", ways)
    return found


GUARDS = (
    Guard(
        "kallithea.lib.vcs.backends.hg.repository",
        "MercurialRepository.get_changesets",
        of_a_named_branch,
        "Kallithea 0.7.0",
        "the name of a branch could make Mercurial evaluate it as a query, and open other repositories",
    ),
    Guard(
        "kallithea.lib.vcs.backends.git.repository",
        "GitRepository.get_changesets",
        of_a_branch_that_is_no_option,
        "Kallithea 0.7.0",
        "the name of a branch could be an option for git",
    ),
    Guard(
        "mercurial.utils.stringutil",
        "stringmatcher",
        by_the_letter,
        "Mercurial 5.8 to 7.2",
        "the name of a branch could be a regular expression that takes forever",
    ),
    Guard(
        "mercurial.subrepoutil",
        "state",
        without_expressions,
        "Mercurial 5.8 to 7.2",
        "a file that names subrepositories could contain such an expression as well",
    ),
    Guard(
        "kallithea.lib.vcs.backends.hg.changeset",
        "MercurialChangeset.fill_archive",
        of_its_folder_alone,
        "Kallithea 0.7.0",
        "an archive could contain other repositories, without the right to read them",
    ),
    Guard(
        "mercurial.subrepo",
        "_checktype",
        of_no_kind,
        "Mercurial 5.8 to 7.2",
        "the server would fetch and open whatever a repository names as its subrepositories",
    ),
    Guard(
        "mercurial.ui",
        "ui.readconfig",
        of_the_server,
        "Mercurial 5.8 to 7.2",
        "a file in a repository could name extensions and hooks, which Mercurial on Windows trusts regardless of their author",
    ),
    Guard(
        "mercurial.localrepo",
        "makelocalrepository",
        below_the_folder,
        "Mercurial 5.8 to 7.2",
        "a repository anywhere on the server, or on a share, could be opened",
    ),
    Guard(
        "mercurial.localrepo",
        "createrepository",
        below_the_folder,
        "Mercurial 5.8 to 7.2",
        "a repository could be created anywhere on the server",
    ),
    Guard(
        "kallithea.lib.vcs.subprocessio",
        "SubprocessIOChunker.__init__",
        by_its_own_options,
        "Kallithea 0.7.0",
        "a name could be an option for git that writes a file, and a file could start programs with which git shows it",
    ),
)
