"""Shows texts that users wrote or pushed as text, where Kallithea 0.7.0 would let them run in the viewer's browser.

GUARDS lists the functions that these wrap. with_policies() tells browsers what Kallithea's responses may do. docs/hardening.md
has the reasons. Absent: headers that are the same for every response, which the web.config has.
"""
import json
import re

from kallithea_bridge_guards import Guard

# Links that a list of files may contain: these schemes, or none.
LINK = re.compile(r"(https?|ftps?|git|ssh|git\+ssh|svn|svn\+ssh|svn\+https?)://|[\w.+-]+@[\w.-]+:|[^:]*$", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")

# A line of a comparison in Kallithea's pages: of the old file, of the new file, or a heading between them.
LINE = re.compile(r"[no]?[0-9]+")

# The full hash of a git commit.
HASH = re.compile("[0-9a-f]{40}")

# A name of a user group that contains nothing special to HTML or to a script.
NAME = re.compile(r"""[^<>&"'`\\\x00-\x1f\x7f-\x9f\u2028\u2029]+""")

# What makes an address lead to another site, or to none.
OF_OTHER_SITES = frozenset(("host", "protocol", "qualified", "sub_domain"))

# Kallithea's pages contain scripts of their own and show pictures from other servers. None of them sets the base of its links, and
# none runs plug-ins.
OF_PAGES = "base-uri 'self'; object-src 'none'"

# A file from a repository runs nothing and belongs to no site, however the browser opens it.
OF_CONTENTS = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"


def with_policies(application):
    """Add a Content-Security-Policy to the responses of the application."""

    def serve(environ, start_response):
        def start(status, headers, *error):
            policy = policy_of({name.lower(): value.lower() for name, value in headers})
            added = [("Content-Security-Policy", policy)] if policy else []
            return start_response(status, list(headers) + added, *error)

        return application(environ, start)

    return serve


def policy_of(headers):
    """Return the policy of a response with these headers. It is added to one that is already there."""
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if not kind:
        # A 304 would change the policy of a page that the browser already has.
        return None
    # A download may have the type of a page, but Kallithea's own pages are never downloads.
    return OF_PAGES if kind == "text/html" and "content-disposition" not in headers else OF_CONTENTS


def escaped(text):
    """Escape a text for HTML, except for >: the journal has => between a kind and a name."""
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(letter, entity)
    return text


class Escaped:
    """An entry of the journal whose action is escaped for HTML. The parser allows only one colon in it."""

    def __init__(self, entry):
        self._entry = entry
        action, colon, names = entry.action.partition(":")
        self.action = escaped(action) + colon + escaped(names).replace(":", "&#58;")

    def __getattr__(self, name):
        return getattr(self._entry, name)


def with_escaped_names(parse):
    """Escape the names of branches, tags and archives in the journal."""

    def parse_action(user_log, *arguments, **options):
        action, names, *icon = parse(Escaped(user_log), *arguments, **options)
        # Undo the second escape of what Kallithea escapes itself.
        return [action, lambda: re.sub("&amp;(amp|lt|quot|#39|#58);", r"&\1;", names()), *icon]

    return parse_action


def with_a_link(begin):
    """Remove the link of a submodule if it may be a script."""

    def begin_node(self, name, url, *arguments, **options):
        is_link = url and LINK.match(url) and not CONTROL.search(url)
        begin(self, name, url if is_link else None, *arguments, **options)

    return begin_node


def by_its_hash(find):
    """Look for a git commit by its hash first, because a pushed branch may have the hash as its name."""

    def get_revision(self, revision):
        is_hash = isinstance(revision, str) and HASH.fullmatch(revision)
        return revision if is_hash and not self._empty and revision in self.revisions else find(self, revision)

    return get_revision


def html(text):
    """Escape a text for HTML, including the letters that the pages' own scripts replace."""
    return escaped(text).replace(">", "&gt;").replace("$", "&#36;").replace("{", "&#123;")


def of_a_description(repo_info):
    """Escape the description of a repository, which the form of a pull request inserts as HTML."""

    def answer(self, repo_name):
        found = json.loads(repo_info(self, repo_name))
        found["description"] = html(found["description"])
        return json.dumps(found).encode()

    return answer


def of_names_of_files(nodelist):
    """Escape the names of files, which the search in a list of files inserts as HTML."""

    def answer(self, repo_name, revision, f_path):
        found = json.loads(nodelist(self, repo_name, revision, f_path))
        for node in (found or {}).get("nodes", ()):
            node["name"] = html(node["name"])
        return json.dumps(found).encode()

    return answer


def in_plain_text(archive):
    """Send the reason why there is no archive as plain text, because it contains parts of the address."""

    def archivefile(self, repo_name, fname):
        import tg

        answer = archive(self, repo_name, fname)
        if isinstance(answer, str):
            tg.response.content_type = "text/plain"
        return answer

    return archivefile


def of_messages(changesets):
    """Double each $ in the messages of neighbouring changes. A page inserts them by replace(), to which $ is special."""

    def answer(self, repo_name, revision):
        found = json.loads(changesets(self, repo_name, revision))
        for change in found["results"]:
            change["message"] = change["message"].replace("$", "$$")
        return json.dumps(found).encode()

    return answer


def of_names_of_people(collect):
    """Break up ${ in the names of users. The page's script would replace it by a text that is not escaped."""

    def answer(self):
        found = json.loads(collect(self))
        for person in found["results"]:
            for field in {"nname", "fname", "lname"}.intersection(person):
                # The letter between the two is invisible.
                person[field] = (person[field] or "").replace("${", "$\u2060{")
        return json.dumps(found).encode()

    return answer


def of_lines_alone(get_inline_comments):
    """Escape the file and line of comments. If a page does not have the line, it inserts both as HTML."""

    def get(*arguments, **options):
        return [(name.replace("<", "&lt;"), by_line(lines)) for name, lines in get_inline_comments(*arguments, **options)]

    return get


def by_line(lines):
    """Sort comments by line. A comment whose line is not valid is on no line."""
    found = {}
    for line, comments in lines.items():
        found.setdefault(line if LINE.fullmatch(line or "") else "", []).extend(comments)
    return found


def with_escaped_labels(js):
    """Escape names in values for scripts.

    The page of statistics inserts the labels of its curves as HTML: names of authors. Lists do so with the names that sort them.
    """

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
    # Some names are already escaped, and only a < can begin HTML.
    return dict(row, raw_name=row["raw_name"].replace("<", "&lt;")) if isinstance(row.get("raw_name"), str) else row


def expect_a_name(name):
    """Refuse a name of a user group that is unsafe in the scripts of pages."""
    from kallithea.controllers.api import JSONRPCError

    if name is not None and not (isinstance(name, str) and NAME.fullmatch(name)):
        raise JSONRPCError("%r is not a valid name of a user group" % (name,))


# The API reads the names of arguments from these functions.


def by_a_plain_name(create):
    """Check the name of a user group that the API creates. Forms have a rule for it."""

    def create_user_group(self, group_name, description="", owner=None, active=True):
        expect_a_name(group_name)
        return create(self, group_name, description, owner, active)

    return create_user_group


def to_a_plain_name(update):
    """Check the name of a user group that the API changes."""

    def update_user_group(self, usergroupid, group_name=None, description=None, owner=None, active=None):
        expect_a_name(group_name)
        return update(self, usergroupid, group_name, description, owner, active)

    return update_user_group


def of_one_address(gravatar_url):
    """Escape addresses of pictures, so that they cannot end the quotes of the style around them."""

    def call(*arguments, **options):
        return re.sub("""[\\s"'<>()$\\\\]""", lambda letter: "%%%02X" % ord(letter[0]), gravatar_url(*arguments, **options))

    return call


def of_this_site(current):
    """Keep the links of a page to itself on this site: they repeat whatever arguments the request came with."""

    def call(self, *arguments, **options):
        kept = {name: value for name, value in options.items() if name.strip("_") not in OF_OTHER_SITES}
        return current(self, *arguments, **kept)

    return call


# Without these, a user could write a text that runs as a script when another user reads it.
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
        "a branch whose name is the hash of a change would be shown instead of that change",
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
        "the address of an archive that does not exist could be a script, which runs as the user who follows it",
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
        "the message of a change could be inserted in the wrong place on the page of the change after it",
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
        "the name of an author could be a script on the page of statistics, and that of a user group in the list of groups",
    ),
    Guard(
        "kallithea.controllers.api.api",
        "ApiController.create_user_group",
        by_a_plain_name,
        "Kallithea 0.7.0",
        "the name of a user group could be a script where an administrator removes the group or its rights",
    ),
    Guard(
        "kallithea.controllers.api.api",
        "ApiController.update_user_group",
        to_a_plain_name,
        "Kallithea 0.7.0",
        "a user group could get such a name",
    ),
    Guard(
        "kallithea.lib.helpers",
        "gravatar_url",
        of_one_address,
        "Kallithea 0.7.0",
        "an author's address could be a script if pictures of authors come from your own server",
    ),
    Guard(
        "kallithea.lib.webutils",
        "UrlGenerator.current",
        of_this_site,
        "Kallithea 0.7.0",
        "an address of a page could make its links run a script, or lead to another site",
    ),
)
