"""Shows what people have written or pushed as what it is, where Kallithea 0.7.0 would let it run in the viewer's browser.

GUARDS says around which functions these go; with_policies() tells browsers what Kallithea's answers may do. The reasons stand
in docs/hardening.md. Absent: the headers that are the same for every answer, which the web.config has.
"""
import json
import re

from kallithea_bridge_guards import Guard

# What a browser may open from a list of files, besides what has no scheme.
LINK = re.compile(r"(https?|ftps?|git|ssh|git\+ssh|svn|svn\+ssh|svn\+https?)://|[\w.+-]+@[\w.-]+:|[^:]*$", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")

# A line of a difference as Kallithea's own pages name it: of the old file, of the new one, or a heading between them.
LINE = re.compile(r"[no]?[0-9]+")

# The whole hash of a change, of git's.
HASH = re.compile("[0-9a-f]{40}")

# A name of a group of users with nothing in it that is more than text to HTML or a script.
NAME = re.compile(r"""[^<>&"'`\\\x00-\x1f\x7f-\x9f\u2028\u2029]+""")

# What makes an address one of another site, or of none, where an address is made of it.
OF_OTHER_SITES = frozenset(("host", "protocol", "qualified", "sub_domain"))

# Kallithea's pages run scripts of their own within the page and show pictures from elsewhere. What none of them does: take the
# base of its links from its contents, and run plug-ins.
OF_PAGES = "base-uri 'self'; object-src 'none'"

# What is out of a repository runs nothing, and belongs to no site, whatever it is opened as.
OF_CONTENTS = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"


def with_policies(application):
    """The application, whose answers say what they may do in a browser (Content-Security-Policy)."""

    def serve(environ, start_response):
        def start(status, headers, *error):
            policy = policy_of({name.lower(): value.lower() for name, value in headers})
            added = [("Content-Security-Policy", policy)] if policy else []
            return start_response(status, list(headers) + added, *error)

        return application(environ, start)

    return serve


def policy_of(headers):
    """The policy of an answer with these headers; it narrows one that is there already."""
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if not kind:
        # A 304 would give the policy to a page that the browser has already.
        return None
    # A file to keep may be called a page all the same; Kallithea's own pages are never that.
    return OF_PAGES if kind == "text/html" and "content-disposition" not in headers else OF_CONTENTS


def escaped(text):
    """A text for HTML, in which a > may stay: the journal has => between a kind and a name."""
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(letter, entity)
    return text


class Escaped:
    """An entry of the journal whose action is fit for HTML. One colon divides it; the parser takes no second one."""

    def __init__(self, entry):
        self._entry = entry
        action, colon, names = entry.action.partition(":")
        self.action = escaped(action) + colon + escaped(names).replace(":", "&#58;")

    def __getattr__(self, name):
        return getattr(self._entry, name)


def with_escaped_names(parse):
    """The journal's entries in HTML, with names of branches, tags and archives in them as text."""

    def parse_action(user_log, *arguments, **options):
        action, names, *icon = parse(Escaped(user_log), *arguments, **options)
        # What Kallithea escapes itself comes out escaped twice.
        return [action, lambda: re.sub("&amp;(amp|lt|quot|#39|#58);", r"&\1;", names()), *icon]

    return parse_action


def with_a_link(begin):
    """Submodules that link to a place, and to no script."""

    def begin_node(self, name, url, *arguments, **options):
        is_link = url and LINK.match(url) and not CONTROL.search(url)
        begin(self, name, url if is_link else None, *arguments, **options)

    return begin_node


def by_its_hash(find):
    """A change of git's by its hash, before anything that somebody has called by the same letters: a push may name a branch so."""

    def get_revision(self, revision):
        is_hash = isinstance(revision, str) and HASH.fullmatch(revision)
        return revision if is_hash and not self._empty and revision in self.revisions else find(self, revision)

    return get_revision


def html(text):
    """A text for HTML, with everything in it escaped, and what the pages' own scripts would put something in the place of."""
    return escaped(text).replace(">", "&gt;").replace("$", "&#36;").replace("{", "&#123;")


def of_a_description(repo_info):
    """What the form of a pull request puts on its page as HTML: a description is text."""

    def answer(self, repo_name):
        found = json.loads(repo_info(self, repo_name))
        found["description"] = html(found["description"])
        return json.dumps(found).encode()

    return answer


def of_names_of_files(nodelist):
    """What the search in a list of files puts on its page as HTML: a file's name is text."""

    def answer(self, repo_name, revision, f_path):
        found = json.loads(nodelist(self, repo_name, revision, f_path))
        for node in (found or {}).get("nodes", ()):
            node["name"] = html(node["name"])
        return json.dumps(found).encode()

    return answer


def in_plain_text(archive):
    """An archive, or why there is none: a text with what the address says in it, which is no page."""

    def archivefile(self, repo_name, fname):
        import tg

        answer = archive(self, repo_name, fname)
        if isinstance(answer, str):
            tg.response.content_type = "text/plain"
        return answer

    return archivefile


def of_messages(changesets):
    """Changes before and after another. A page puts their messages into its HTML by replace(), to which a $ is more than a $."""

    def answer(self, repo_name, revision):
        found = json.loads(changesets(self, repo_name, revision))
        for change in found["results"]:
            change["message"] = change["message"].replace("$", "$$")
        return json.dumps(found).encode()

    return answer


def of_names_of_people(collect):
    """People to complete a name with. The page's script fills ${} in what it shows, in a name as well, with what it does not escape."""

    def answer(self):
        found = json.loads(collect(self))
        for person in found["results"]:
            for field in {"nname", "fname", "lname"}.intersection(person):
                # Nobody sees the letter that comes between the two.
                person[field] = (person[field] or "").replace("${", "$\u2060{")
        return json.dumps(found).encode()

    return answer


def of_lines_alone(get_inline_comments):
    """Comments on lines of a file. Where a page has no such line, it takes the file's name and the line into its HTML."""

    def get(*arguments, **options):
        return [(name.replace("<", "&lt;"), by_line(lines)) for name, lines in get_inline_comments(*arguments, **options)]

    return get


def by_line(lines):
    """Comments by their lines; where one has been said to be on what is none, it is on no line."""
    found = {}
    for line, comments in lines.items():
        found.setdefault(line if LINE.fullmatch(line or "") else "", []).extend(comments)
    return found


def with_escaped_labels(js):
    """Values for scripts. The page of statistics takes the labels of its curves, which are names of authors, for HTML, and a list
    takes the names by which it is sorted for the same."""

    def call(value):
        if isinstance(value, dict):
            value = {key: with_escaped_label(part) for key, part in value.items()}
            if isinstance(value.get("records"), list):
                value["records"] = [with_an_escaped_name(row) for row in value["records"]]
        return js(value)

    return call


def with_escaped_label(part):
    is_labelled = isinstance(part, dict) and isinstance(part.get("label"), str)
    return dict(part, label=html(part["label"])) if is_labelled else part


def with_an_escaped_name(row):
    # Some are escaped already, and nothing but a < makes more than text of one.
    return dict(row, raw_name=row["raw_name"].replace("<", "&lt;")) if isinstance(row.get("raw_name"), str) else row


def expect_a_name(name):
    """Refuse a name of a group of users that pages would put into their scripts and take for more than a name."""
    from kallithea.controllers.api import JSONRPCError

    if name is not None and not (isinstance(name, str) and NAME.fullmatch(name)):
        raise JSONRPCError("%r is not a valid name of a user group" % (name,))


# The API takes the names of arguments from the functions themselves.


def by_a_plain_name(create):
    """A group of users, as a program makes one: a form has a rule for its name."""

    def create_user_group(self, group_name, description="", owner=None, active=True):
        expect_a_name(group_name)
        return create(self, group_name, description, owner, active)

    return create_user_group


def to_a_plain_name(update):
    """The same, where a program changes it."""

    def update_user_group(self, usergroupid, group_name=None, description=None, owner=None, active=None):
        expect_a_name(group_name)
        return update(self, usergroupid, group_name, description, owner, active)

    return update_user_group


def of_one_address(gravatar_url):
    """Addresses of pictures that stay within the quotes of the style that they are put into."""

    def call(*arguments, **options):
        return re.sub("""[\\s"'<>()$\\\\]""", lambda letter: "%%%02X" % ord(letter[0]), gravatar_url(*arguments, **options))

    return call


def of_this_site(current):
    """The address of the page itself with other arguments. Its links have those that the request came with, whatever these are."""

    def call(self, *arguments, **options):
        kept = {name: value for name, value in options.items() if name.strip("_") not in OF_OTHER_SITES}
        return current(self, *arguments, **kept)

    return call


# Whoever may write a text that another reads could write a script that runs as the other.
GUARDS = (
    Guard(
        "kallithea.lib.helpers",
        "action_parser",
        with_escaped_names,
        "Kallithea 0.7.0",
        "the name of a branch or a tag could be a script in the journals of others",
    ),
    Guard(
        "kallithea.lib.vcs.nodes",
        "SubModuleNode.__init__",
        with_a_link,
        "Kallithea 0.7.0",
        "the link of a submodule could be a script",
    ),
    Guard(
        "kallithea.lib.vcs.backends.git.repository",
        "GitRepository._get_revision",
        by_its_hash,
        "Kallithea 0.7.0",
        "a branch that has the hash of a change for its name would be shown instead of that change",
    ),
    Guard(
        "kallithea.controllers.pullrequests",
        "PullrequestsController.repo_info",
        of_a_description,
        "Kallithea 0.7.0",
        "the description of a repository could be a script on the form of a pull request",
    ),
    Guard(
        "kallithea.controllers.files",
        "FilesController.nodelist",
        of_names_of_files,
        "Kallithea 0.7.0",
        "the name of a file could be a script where somebody searches for it",
    ),
    Guard(
        "kallithea.controllers.files",
        "FilesController.archivefile",
        in_plain_text,
        "Kallithea 0.7.0",
        "an address of an archive that is not there could be a script, which runs as the user who follows it",
    ),
    Guard(
        "kallithea.controllers.changeset",
        "ChangesetController.changeset_children",
        of_messages,
        "Kallithea 0.7.0",
        "the message of a change could be a script on the page of the change before it",
    ),
    Guard(
        "kallithea.controllers.changeset",
        "ChangesetController.changeset_parents",
        of_messages,
        "Kallithea 0.7.0",
        "the message of a change could be put into the page of the change after it in the wrong place",
    ),
    Guard(
        "kallithea.controllers.home",
        "HomeController.users_and_groups_data",
        of_names_of_people,
        "Kallithea 0.7.0",
        "the name that a user chooses could be a script where others mention that user",
    ),
    Guard(
        "kallithea.model.comment",
        "ChangesetCommentsModel.get_inline_comments",
        of_lines_alone,
        "Kallithea 0.7.0",
        "a user who may comment could put a script on the page with the comment",
    ),
    Guard(
        "kallithea.lib.helpers",
        "js",
        with_escaped_labels,
        "Kallithea 0.7.0",
        "the name of an author could be a script on the page of statistics, and that of a group of users in the list of them",
    ),
    Guard(
        "kallithea.controllers.api.api",
        "ApiController.create_user_group",
        by_a_plain_name,
        "Kallithea 0.7.0",
        "the name of a group of users could be a script where an administrator removes it, or takes rights from it",
    ),
    Guard(
        "kallithea.controllers.api.api",
        "ApiController.update_user_group",
        to_a_plain_name,
        "Kallithea 0.7.0",
        "a group of users could get such a name",
    ),
    Guard(
        "kallithea.lib.helpers",
        "gravatar_url",
        of_one_address,
        "Kallithea 0.7.0",
        "an author's address could be a script where pictures of authors come from a server of your own",
    ),
    Guard(
        "kallithea.lib.webutils",
        "UrlGenerator.current",
        of_this_site,
        "Kallithea 0.7.0",
        "an address of a page could make its links run a script, or lead to another site",
    ),
)
