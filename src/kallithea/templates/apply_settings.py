"""Set the authentication settings in Kallithea's database as in settings.json.

    python apply_settings.py -c my.ini                 apply; records the former values beside my.ini
    python apply_settings.py -c my.ini --check         only show what differs
    python apply_settings.py -c my.ini --diff          the same as a unified diff
    python apply_settings.py -c my.ini --user alice [--administrator]
                                                       add an account that this deployment signs on; recorded, too
    python apply_settings.py -c my.ini --undo FILE     restore what FILE recorded

    python apply_settings.py -c my.ini --ldap-password-from prompt    (or: stdin, env:NAME, none)
                                                       set the password of the account that searches the directory

Run it with Kallithea's own Python. It uses Kallithea's models, changes everything in one transaction or nothing, and keeps
what settings.json does not name. Its changes take effect at once, in running worker processes, too.

It never reads passwords from settings.json, prints them or records them: only --ldap-password-from changes that row.

Exit codes: 0 success; 1 --check or --diff found differences; 2 an error, and nothing was changed.
"""
import argparse
import configparser
import difflib
import getpass
import json
import ntpath
import os
import re
import secrets
import stat
import sys
import time
import urllib.parse

MODULES = "kallithea.lib.auth_modules."
# The default user's permissions that are brought to something: how settings.json calls each, how the words do, which there are.
RIGHTS = {
    "activation": ("extern_activate", "activation of new users", ("hg.extern_activate.auto", "hg.extern_activate.manual")),
    "creation": ("create", "creation of repositories", ("hg.create.repository", "hg.create.none")),
    "registration": ("register", "registration of accounts", ("hg.register.none", "hg.register.manual_activate", "hg.register.auto_activate")),
}
PASSWORD = "auth_ldap_dn_pass"
LONGEST = 4096  # characters: the column's size, which SQLite does not enforce
LONGEST_NAME = 255


class Trouble(Exception):
    """Something that has to be decided or repaired first. Nothing was changed."""


# What is wanted

def read_settings():
    """settings.json, the file beside this script."""
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "settings.json"), encoding="utf-8") as file:
        wanted = json.load(file)
    for name, value in wanted["settings"].items():
        if len(value) > LONGEST:
            raise Trouble("%s is longer than the %d characters that Kallithea allows" % (name, LONGEST))
        if is_password(name):
            raise Trouble("%s is a password: remove it from settings.json" % name)
    return wanted


def is_password(name):
    return name.endswith(("_pass", "_password"))


def brought_to(wanted, state):
    """The state that the database must get: what fits already stays as it is."""
    settings = {}
    for name, value in wanted["settings"].items():
        row = state["settings"][name]
        fits = row and row["value"] == value and row["type"] in types(name, value)
        settings[name] = row if fits else {"id": row and row["id"], "value": value, "type": types(name, value)[0]}
    found = {"settings": settings, "anonymous_access": wanted["default_user"]["active"]}
    for right, (key, _words, _all) in RIGHTS.items():
        permission = wanted["default_user"].get(key)
        if permission is None:
            found[right] = state[right]
            continue
        same = [number for number, name in state[right] if name == permission]
        number = (same or [number for number, _name in state[right]] or [None])[0]
        found[right] = [[number, permission]]
    return found


def types(name, value):
    """The column app_settings_type: what a new row gets, then what reads the same."""
    if name == "auth_plugins":
        return ["list"]
    return ["unicode", "bool", None] if value in ("True", "False") else ["unicode", None]


# What is there

def connect(config_file):
    """Let Kallithea open its database as its own commands do."""
    try:
        import paste.deploy

        import kallithea.config.application

        # As an address, which would end at a `#` in a folder's name and lead to another file.
        address = urllib.parse.quote(os.path.realpath(config_file), safe="/\\:")
        config = paste.deploy.appconfig("config:" + address)
        kallithea.config.application.make_app(config.global_conf, **config.local_conf)
    except SystemExit:
        raise Trouble("Kallithea does not start with this ini file; see the reason above") from None
    except Exception as error:
        raise Trouble("Kallithea does not start with this ini file: " + of_the_start(error)) from None


def of_the_start(error):
    """What may be said of an error while the ini file is read: its text may be the database's address, password and all."""
    found = type(error).__name__
    if isinstance(error, (ImportError, LookupError, OSError)) or getattr(error, "orig", None):
        return "%s: %s" % (found, message(error))
    if isinstance(error, configparser.InterpolationError):
        found += " at the key %s in [%s]" % (error.option, error.section)
    return found + "; check sqlalchemy.url and the percent signs in the ini file"


def lock():
    """Begin the transaction so that nobody else writes between our reading and our writing: a second run waits here."""
    from kallithea.model import db, meta

    connection = meta.Session().connection(db.Setting)
    if connection.dialect.name == "postgresql":
        connection.execute("SET LOCAL lock_timeout = '60s'")
        connection.execute("LOCK TABLE settings, users, user_to_perm IN SHARE ROW EXCLUSIVE MODE")
    else:
        # SQLite has one lock for the whole database, and the first change takes it.
        connection.execute("UPDATE users SET active = active WHERE username = 'default'")


def read(names):
    """What the database says about these settings and about the default user; a row that is absent is None."""
    from kallithea.model import db

    settings = {}
    for name in names:
        row = db.Setting.get_by_name(name)
        # The text as stored: the attribute app_settings_value would convert it.
        settings[name] = row and {
            "id": row.app_settings_id, "value": row._app_settings_value, "type": row._app_settings_type,
        }
    user = db.User.get_default_user()
    found = {"settings": settings, "anonymous_access": bool(user.active)}
    for right in RIGHTS:
        found[right] = [[grant.user_to_perm_id, grant.permission.permission_name] for grant in grants(user, right)]
    return found


def read_again(state):
    """What the database says now about all that a state is about."""
    return read_account(state["username"]) if "username" in state else read(state["settings"])


def grants(user, right):
    """The default user's rows about one of RIGHTS; one, unless somebody edited the table."""
    from kallithea.model import db

    rows = db.UserToPerm.query().filter(db.UserToPerm.user == user).order_by(db.UserToPerm.user_to_perm_id)
    return [row for row in rows if row.permission.permission_name in RIGHTS[right][2]]


def write(state):
    """Make the database say what `state` says, row by row, without a commit."""
    from kallithea.model import db, meta

    session = meta.Session()
    if "username" in state:
        write_account(state["username"], state["account"])
        session.flush()
        return
    for name, wanted in state["settings"].items():
        row = db.Setting.get_by_name(name)
        if wanted is None:
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = db.Setting(name)
            row.app_settings_id = wanted["id"]
            session.add(row)
        row._app_settings_value = wanted["value"]
        row._app_settings_type = wanted["type"]
    user = db.User.get_default_user()
    user.active = state["anonymous_access"]
    for right in RIGHTS:
        write_right(user, right, dict((permission, number) for number, permission in state[right]))
    session.flush()


def write_right(user, right, wanted):
    """Leave the default user exactly these permissions of one of RIGHTS, in rows of these numbers."""
    from kallithea.model import db, meta

    session = meta.Session()
    rows = dict((grant.user_to_perm_id, grant) for grant in grants(user, right))
    for number in set(rows) - set(wanted.values()):
        session.delete(rows.pop(number))
    session.flush()
    for name, number in wanted.items():
        permission = db.Permission.get_by_key(name)
        row = rows.get(number)
        if row is None:
            row = db.UserToPerm(user_to_perm_id=number, user=user)
        row.permission = permission
        session.add(row)


def folders(wanted):
    """Where Kallithea looks for repositories, and where the deployment has them: one text twice where that is one place."""
    from kallithea.model import db

    there, here = db.Ui.get_repos_location() or "", wanted["repositories"]
    # Where a deployment is only tried, on a system that is not Windows: no spec can name such a place.
    is_same = os.sep == "/" and there.startswith("/")
    is_same = is_same or ntpath.normcase(ntpath.normpath(there)) == ntpath.normcase(ntpath.normpath(here))
    try:
        is_same = is_same or os.path.samefile(there, here)  # Kallithea stores what a junction leads to.
    except OSError:
        pass
    return there, there if is_same else here


# One account

def read_account(name):
    """What --user changes in an account. No password: Kallithea sets a new one each time IIS or the directory signs the user on."""
    from kallithea.model import db

    account = db.User.get_by_username(name)
    return {"username": name, "account": account and {
        "extern_type": account.extern_type, "extern_name": account.extern_name,
        "active": bool(account.active), "admin": bool(account.admin),
    }}


def write_account(name, wanted):
    """Make the account of this name what `wanted` says; None takes it out."""
    from kallithea.lib.utils2 import PasswordGenerator
    from kallithea.model import db, meta
    from kallithea.model.user import UserModel

    account = db.User.get_by_username(name)
    if wanted is None:
        if account is not None:
            meta.Session().delete(account)
        return
    if account is None:
        password = PasswordGenerator().gen_password(length=24)  # nobody knows it, and nobody is asked for it
        account = UserModel().create_or_update(name, password, "", firstname=name)
    for column, value in wanted.items():
        setattr(account, column, value)


def has_belongings(name):
    """Whether a row of any other table is about this account: a repository of its, a push, a comment, a key."""
    from kallithea.model import db, meta

    number = db.User.get_by_username(name).user_id
    keys = [key for table in meta.Base.metadata.sorted_tables for key in table.foreign_keys]
    rows = (key.parent.table.select().where(key.parent == number).limit(1)
            for key in keys if key.column.table.name == "users")
    return any(meta.Session().execute(row).first() for row in rows)


def way_back(before, state):
    """What undoing leads to: `before`, but an account that has come to own something stays, and can do nothing."""
    is_new = "username" in before and before["account"] is None and state["account"] is not None
    if not is_new or not has_belongings(before["username"]):
        return before
    return dict(state, account=dict(state["account"], active=False, admin=False))


# Words for it

def words(state):
    """A state as names and texts, in the order of settings.json; what is absent has no text."""
    if "username" in state:
        return {"account " + state["username"]: of_account(state["account"])}
    found = {}
    for name, row in state["settings"].items():
        found[name] = row and json.dumps(row["value"])
        if row and row["type"] not in ("unicode", "bool", None):
            found[name] += " (%s)" % row["type"]
    found["anonymous access"] = "on" if state["anonymous_access"] else "off"
    for right, (_key, name, _all) in RIGHTS.items():
        found[name] = ", ".join(sorted(permission for _number, permission in state[right])) or None
    if "repositories" in state:
        found["repositories"] = json.dumps(state["repositories"])
    return found


def of_account(account):
    """An account without the name that its source gives it, which Kallithea writes at every sign-on."""
    return account and "signed on by %s, %s%s" % (
        account["extern_type"] or "any plugin", "active" if account["active"] else "inactive",
        ", administrator" if account["admin"] else "")


def differences(state, wanted):
    """One line for each setting that differs."""
    old, new = words(state), words(wanted)
    changed = [name for name in new if old[name] != new[name]]
    return ["%s: %s -> %s" % (name, old[name] or "absent", new[name] or "absent") for name in changed]


def unified(state, wanted):
    """The lines of a unified diff from the database to settings.json."""
    sides = [["%s = %s" % pair for pair in words(side).items() if pair[1] is not None] for side in (state, wanted)]
    return list(difflib.unified_diff(sides[0], sides[1], "database", "settings.json", lineterm=""))


# Who gets in

def administrators():
    """The active administrators that Kallithea would sign on with the current settings, each with the plugin."""
    from kallithea.model import db

    plugins = plugins_on()
    accounts = db.User.query().filter(db.User.admin.is_(True), db.User.active.is_(True)).order_by(db.User.username)
    return [
        (account.username, name)
        for account in accounts if not account.is_default_user
        for name in plugins if signs_on(name, account, plugins)
    ]


def plugins_on():
    """The plugins that Kallithea asks, by their short names."""
    from kallithea.model import db

    # A list of another type is read letter by letter, and names no plugin.
    row = db.Setting.get_by_name("auth_plugins")
    modules = row.app_settings_value if row and row.app_settings_type == "list" else []
    names = [module.rpartition(".auth_")[2] for module in modules]
    return [name for name in names if is_on(setting("auth_%s_enabled" % name))]


def is_on(text):
    """Whether Kallithea reads a setting's text as yes. At a text that is neither yes nor no it stops, and no user can sign on."""
    from kallithea.lib.utils2 import asbool

    try:
        return asbool(text)
    except ValueError:
        return False


def signs_on(plugin, account, plugins):
    """Whether a plugin of Kallithea would sign this account on, as far as the database tells."""
    if account.extern_type and account.extern_type != plugin:
        return False  # Kallithea asks only the plugin that an account came from.
    if plugin == "container":
        return bool(setting("auth_container_header")) and is_said_by_iis(account.username)
    # The others use Kallithea's login form, which users signed on by IIS never see, unless the name belongs to an
    # account that the container plugin refuses.
    if "container" in plugins and setting("auth_container_header") and not is_said_by_iis(account.username):
        return False
    if plugin == "internal":
        return account.extern_type == "internal"
    if plugin == "ldap":
        from kallithea.lib.auth_modules import auth_ldap

        return bool(auth_ldap.ldap and setting("auth_ldap_host") and setting("auth_ldap_base_dn"))
    return True


def is_said_by_iis(name):
    r"""Whether Kallithea may look this name up when IIS says DOMAIN\name: with the domain, or cleaned of it."""
    is_cleaned = is_on(setting("auth_container_clean_username"))
    return "@" not in name and ("\\" in name) != is_cleaned


def setting(name):
    """A setting's text, or nothing."""
    from kallithea.model import db

    row = db.Setting.get_by_name(name)
    return row._app_settings_value if row else ""


def refuse_lock_out(before, options):
    """Stop if administrators could sign on before, and none can after this transaction."""
    if not before or administrators() or options.allow_lock_out:
        return
    raise Trouble(
        "this would lock out every administrator (now: %s). %s. To continue anyway, use --allow-lock-out"
        % (", ".join("%s by %s" % pair for pair in before), way_in(options))
    )


def way_in(options):
    """What to do first, so that Kallithea has an administrator after this transaction."""
    if options.user is not None:
        return ("First apply settings.json without --user, and follow its notes; or first create another administrator: "
                "--user NAME --administrator")
    plugins, source = plugins_on(), source_of(read_settings()["settings"])
    if source in plugins:
        return ("First create another one who can sign on afterwards: "
                "apply_settings.py -c %s --user %s --administrator" % (options.config, pattern_of_names(source)))
    if "internal" in plugins:
        return "First create one under Admin, Users, which creates Kallithea's own accounts, with a password"
    return "One of Kallithea's own accounts needs auth_internal"


def source_of(wanted):
    """The plugin of these settings by which accounts come from elsewhere, if there is one."""
    plugins = wanted["auth_plugins"].split(",")
    return next((source for source in ("container", "ldap") if MODULES + "auth_" + source in plugins), None)


def pattern_of_names(source):
    is_cleaned = is_on(setting("auth_container_clean_username"))
    return "NAME" if source != "container" or is_cleaned else "DOMAIN\\NAME"


def advice():
    """What prevents users from signing on although the settings are as wanted."""
    plugins = plugins_on()
    if "container" in plugins and not any(plugin == "container" for _name, plugin in administrators()):
        name = pattern_of_names("container")
        shown = ("only to Windows users whose name belongs to one of its own accounts" if name == "NAME"
                 else "to no user whose account, with the domain in its name, is active")
        yield ("no user of IIS is an administrator, and Kallithea shows its own login page %s: "
               "create one with --user %s --administrator" % (shown, name))
    if "ldap" in plugins:
        from kallithea.lib.auth_modules import auth_ldap

        account = setting("auth_ldap_dn_user")
        if auth_ldap.ldap is None:
            yield "the Python package python-ldap is not installed, so the directory cannot sign users on: install it"
        if "$login" in account and setting(PASSWORD):
            yield "with a password in the database, $login is not replaced; remove the password with --ldap-password-from none"
        if account and "$login" not in account and not setting(PASSWORD):
            yield "the account that searches the directory has no password yet; set it with --ldap-password-from prompt"


def advice_on_folders(wanted):
    """What to do where Kallithea and the application pool's rights have two folders; this script leaves both alone."""
    there, here = folders(wanted)
    if there != here:
        yield ("Kallithea's repositories are in %s, but the application pool has its rights in %s: "
               "change kallithea.repositories in the spec; or change the path under Admin, Settings, VCS, and recycle the pool"
               % (there, here))


def advice_on_own_account(state, target):
    """What becomes of a password of Kallithea's where an account changes its kind."""
    from kallithea.model import db

    was_own, is_own = (side.get("account") and side["account"]["extern_type"] == "internal" for side in (state, target))
    if is_own and not was_own:
        yield ("if IIS or the directory has signed this account on since, Kallithea has overwritten its password: "
               "set a new one under Admin, Users")
    own = db.User.query().filter_by(admin=True, active=True, extern_type="internal")
    if was_own and not is_own and state["account"]["admin"] and own.first() is None:
        yield ("this was the last administrator with one of Kallithea's own accounts: while IIS or the directory cannot "
               "sign users on, Kallithea has no administrator")


# The record

def record_path(options):
    """Where this run's record goes: a new file, since an older one may be the only way back to the beginning."""
    if options.record:
        if os.path.lexists(options.record):
            raise Trouble("%s already exists and may be needed: name another file" % options.record)
        return os.path.abspath(options.record)
    stem = os.path.splitext(os.path.abspath(options.config))[0]
    stem += time.strftime(".settings-%Y%m%d-%H%M%S", time.gmtime())
    number, path = 1, stem + ".json"
    while os.path.lexists(path):
        number, path = number + 1, "%s-%d.json" % (stem, number + 1)
    return path


def write_record(options, path, before, after):
    """Lay the record down so that it is whole or not there, also where the machine stops, and goes through nobody's link."""
    text = json.dumps({
        "$comment": "What apply_settings.py replaced. Back to `before`: apply_settings.py -c INI --undo THIS_FILE",
        "before": before,
        "after": after,
    }, indent=2)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise Trouble("the folder of %s does not exist" % path)
    prefix = ".%s.settings.kallithea-iisc-" % os.path.splitext(os.path.basename(options.config))[0]
    take_away_left(folder, prefix)
    temporary = os.path.join(folder, prefix + secrets.token_hex(8))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    for flag in ("O_NOFOLLOW", "O_BINARY", "O_NOINHERIT"):
        flags |= getattr(os, flag, 0)
    with open(os.open(temporary, flags, 0o600), "wb") as file:
        try:
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            file.close()
            put_new(temporary, path)
        except BaseException:
            file.close()
            os.remove(temporary)
            raise


def take_away_left(folder, prefix):
    """What a killed run has left. Only the run with the database's lock writes a record."""
    for name in os.listdir(folder):
        left = os.path.join(folder, name)
        if not name.startswith(prefix) or not re.fullmatch("[0-9a-f]{16}", name[len(prefix):]):
            continue
        found = os.lstat(left)
        if stat.S_ISREG(found.st_mode) and (os.name == "nt" or found.st_uid == os.geteuid()):
            os.remove(left)


def put_new(temporary, path):
    """Give a file a name that nothing has."""
    try:
        if os.name == "nt":
            os.rename(temporary, path)
            return
        os.link(temporary, path)
    except FileExistsError:
        raise Trouble("%s already exists and may be needed: name another file" % path) from None
    os.remove(temporary)
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_record(options):
    """A record of this deployment's administrators: a stranger's would bring what he likes to the database."""
    path = options.undo
    with open(path, encoding="utf-8") as file:
        owner = os.fstat(file.fileno()).st_uid
        if os.name != "nt" and owner not in (0, os.geteuid(), os.stat(options.config).st_uid):
            raise Trouble("%s belongs to another user, %d: find out who created it" % (path, owner))
        try:
            record = json.load(file)
        except ValueError:
            record = None
    if not is_record(record):
        raise Trouble("%s is not a valid record of apply_settings.py" % path)
    return record


def is_record(record):
    """Whether this is what write_record has written: nothing else may come to the database by --undo."""
    sides = record if isinstance(record, dict) else {}
    if set(sides) - {"$comment"} != {"before", "after"}:
        return False
    before, after = sides["before"], sides["after"]
    if is_state(before) and is_state(after):
        return set(before["settings"]) == set(after["settings"])
    return is_account(before) and is_account(after) and before["username"] == after["username"]


def is_state(value):
    """Whether this is a state of settings, as `read` gives it."""
    return (
        has_types(value, settings=[dict], anonymous_access=[bool], **{right: [list] for right in RIGHTS})
        and all(name.startswith("auth_") and not is_password(name) for name in value["settings"])
        and all(row is None or has_types(row, id=[int], value=[str], type=[str, type(None)])
                for row in value["settings"].values())
        and all(isinstance(grant, list) and [type(part) for part in grant] == [int, str]
                and grant[1] in RIGHTS[right][2] for right in RIGHTS for grant in value[right])
    )


def is_account(value):
    """Whether this is a state of an account, as `read_account` gives it."""
    text = [str, type(None)]
    return (
        has_types(value, username=[str], account=[dict, type(None)]) and value["username"] not in ("", "default")
        and (value["account"] is None
             or has_types(value["account"], extern_type=text, extern_name=text, active=[bool], admin=[bool]))
    )


def has_types(value, /, **types_of):
    """Whether a value is a dictionary of exactly these keys, with values of these types."""
    return (isinstance(value, dict) and set(value) == set(types_of)
            and all(type(value[key]) in types_of[key] for key in types_of))


# What the command line asks for

def compare(options):
    wanted = read_settings()
    state = read(wanted["settings"])
    target = brought_to(wanted, state)
    there, here = folders(wanted)
    if there != here:
        state["repositories"], target["repositories"] = there, here
    found = differences(state, target)
    for line in unified(state, target) if options.diff else found:
        print(line)
    say("%d difference(s)" % len(found) if found else "the database already matches settings.json")
    remark(advice_on_folders(wanted))
    return 1 if found else 0


def apply(options):
    wanted = read_settings()
    lock()
    state = read(wanted["settings"])
    return bring(options, state, brought_to(wanted, state), lambda: [*advice(), *advice_on_folders(wanted)])


def undo(options):
    record = read_record(options)
    lock()
    state = read_again(record["before"])
    target = way_back(record["before"], state)
    if not any(is_alike(state, known) for known in (record["before"], record["after"], target)) and not options.force:
        for line in differences(record["after"], state):
            say("changed since: " + line)
        raise Trouble("somebody has changed this after that run, and undoing it would lose the change; use --force to do it anyway")
    return bring(options, state, target, lambda: [*advice(), *advice_on_own_account(state, target)])


def is_alike(state, other):
    """Whether nobody has changed anything in between. An account's sign-on changes what words leave out."""
    return state == other or "username" in state and words(state) == words(other)


def bring(options, state, target, notes):
    """Change the database from `state` to `target`, with a record of it, or say that there is nothing to do."""
    from kallithea.model import meta

    if state != target:
        before = administrators()
        write(target)
        refuse_lock_out(before, options)
        path = record_path(options)
        after = read_again(target)
        # Only undoing knows the number of every row beforehand, and rows that were made anew have others.
        is_exact = options.undo is not None and not options.force
        if after != target and (is_exact or words(after) != words(target)):
            raise Trouble("the database did not accept the changes")
        write_record(options, path, state, after)
        # All that can fail comes before the commit, so that "nothing was changed" is always true.
        remarks = list(notes())
        for line in differences(state, after):
            print(line, flush=True)
        meta.Session().commit()
        say("done; undo with --undo %s" % path)
    else:
        remarks = list(notes())
        meta.Session().rollback()
        say("there was nothing to do")
    remark(remarks)
    return 0


def ldap_password(options):
    from kallithea.model import db, meta

    password = read_password(options.ldap_password_from)
    lock()
    row = db.Setting.get_by_name(PASSWORD)
    if password is not None:
        db.Setting.create_or_update(PASSWORD, password, "unicode")
    elif row is not None:
        meta.Session().delete(row)
    meta.Session().commit()
    say("the database now contains no password" if password is None else "the password is set")
    return 0


def read_password(source):
    """The password from where the command line says; None where there is to be none. Kallithea's own page strips it, too."""
    if source == "none":
        return None
    if source == "prompt":
        password = getpass.getpass("Password of the account that searches the directory: ").strip()
    elif source == "stdin":
        password = from_stdin().strip()
    elif source.startswith("env:") and source[4:] in os.environ:
        password = os.environ[source[4:]].strip()
    else:
        raise Trouble("use --ldap-password-from with prompt, stdin, none, or env: and the name of a variable that is set")
    if not password:
        # A program that should have said it may have failed.
        raise Trouble("the password is empty; use --ldap-password-from none to remove the one in the database")
    if len(password) > LONGEST:
        raise Trouble("the password is longer than the %d characters that Kallithea allows" % LONGEST)
    return password


def from_stdin():
    """A line of UTF-8. Consoles have encodings of their own, and a guess would be another password."""
    try:
        return sys.stdin.buffer.readline().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Trouble("the password on standard input is not valid UTF-8; use --ldap-password-from prompt") from None


def user(options):
    """An account that the deployment's plugin signs on: a new one, or one that another plugin has had so far."""
    from kallithea.model import db

    wanted = read_settings()["settings"]
    source = source_of(wanted)
    if source is None:
        raise Trouble("this deployment uses only Kallithea's own accounts: create them in Kallithea under Admin, Users")
    check_name(options.user, source, is_on(wanted.get("auth_container_clean_username", "")))
    lock()
    account = db.User.get_by_username(options.user, case_insensitive=True)
    if account is not None and account.is_default_user:
        raise Trouble("this account represents everybody who is not signed on; give another name")
    state = read_account(account.username if account else options.user)
    had = state["account"] or {"extern_name": options.user, "admin": False}
    target = dict(state, account={
        "extern_type": source, "extern_name": had["extern_name"],
        "active": True, "admin": had["admin"] or options.administrator,
    })
    return bring(options, state, target, lambda: advice_on_own_account(state, target))


def check_name(name, source, is_cleaned):
    """Stop if this deployment never signs a user on with that name: nobody could use the account."""
    if not name or name != name.strip():
        raise Trouble("the name must not be empty, and must not begin or end with a space")
    if len(name) > LONGEST_NAME:
        raise Trouble("the name is longer than the %d characters that Kallithea allows" % LONGEST_NAME)
    if source == "container" and is_cleaned and set("\\@") & set(name):
        raise Trouble("this deployment removes the domain: give the name without it")
    if source == "container" and not is_cleaned and "\\" not in name:
        raise Trouble("this deployment keeps the domain in the name: give it as DOMAIN\\name")
    if "@" in name:
        raise Trouble("Kallithea treats a name with an at sign as an e-mail address: give a name without one")
    if source == "ldap" and "," in name:
        raise Trouble("Kallithea cannot search the directory for a name with a comma: give another name")


def say(sentence):
    """A remark, kept apart from what a program may want to read."""
    print(sentence, file=sys.stderr)


def remark(sentences):
    for sentence in sentences:
        say("note: " + sentence)


def message(error):
    """What the database says, not the statement: in its parameters a password may stand."""
    text = without_password(str(getattr(error, "orig", None) or error).strip())
    if re.search("lock timeout|is locked|deadlock", text):
        text += "; Kallithea or somebody else is writing to the database: run this again"
    return text


def without_password(text):
    """A message without whatever may be the database's address or a part of it, however that is mistyped."""
    text = re.sub(r"""(["'])[^"'\n]*@[^"'\n]*\1""", r"\1***\1", text)
    return re.sub(r"\S*@\S*", "***", text)


def main():
    parser = argparse.ArgumentParser(description="Set the authentication settings in Kallithea's database as in settings.json.")
    parser.add_argument("-c", "--config", required=True, help="use this ini file of Kallithea")
    wish = parser.add_mutually_exclusive_group()
    wish.add_argument("--check", action="store_true", help="change nothing, and exit with 1 if something differs")
    wish.add_argument("--diff", action="store_true", help="do the same, and print a unified diff")
    wish.add_argument("--undo", metavar="FILE", help="restore what a run recorded in this file")
    wish.add_argument("--user", metavar="NAME", help="create or adopt an account that this deployment signs on")
    wish.add_argument(
        "--ldap-password-from", metavar="SOURCE", help="read the password from prompt, stdin or env:NAME; none removes it")
    parser.add_argument("--record", metavar="FILE", help="write the record of this run to this file; by default beside the ini file")
    parser.add_argument("--administrator", action="store_true", help="make the user of --user an administrator")
    parser.add_argument("--force", action="store_true", help="undo although something was changed since")
    parser.add_argument("--allow-lock-out", action="store_true", help="continue although no administrator can sign on afterwards")
    options = parser.parse_args()
    act = (compare if options.check or options.diff else undo if options.undo is not None
           else user if options.user is not None else ldap_password if options.ldap_password_from is not None else apply)
    # A word without its other half must not end in an apply that nobody asked for.
    if options.administrator and act is not user:
        parser.error("use --administrator only with --user NAME")
    if options.force and act is not undo:
        parser.error("use --force only with --undo FILE")
    sys.stdout.reconfigure(errors="backslashreplace")  # as standard error: no console has every letter of a name
    try:
        if not os.path.isfile(options.config):
            raise Trouble("the file %s does not exist" % options.config)
        connect(options.config)
        return act(options)
    except Trouble as trouble:
        say("apply_settings.py: nothing was changed: %s" % trouble)
    except Exception as error:
        say("apply_settings.py: nothing was changed: %s: %s" % (type(error).__name__, message(error)))
    return 2


if __name__ == "__main__":
    sys.exit(main())
