# Made by kallithea-iisc 0.1.0 from deploy.yaml. Change that file and build again; edits here are lost.
"""Bring Kallithea's database to the authentication settings of settings.json.

    python apply_settings.py -c my.ini            apply
    python apply_settings.py -c my.ini --check    only say what differs

Run it with the Python that Kallithea is installed in. It uses Kallithea's own models, changes everything in
one transaction, and leaves alone what settings.json does not name. The settings take effect when the
application pool is recycled.

Exit status: 0 nothing to do, or done; 1 --check found differences; 2 trouble.
"""
import argparse
import json
import os
import sys

DEFAULT_USER = "default"
ACTIVATION_PREFIX = "hg.extern_activate."


def connect(config_file):
    """Let Kallithea open its database as its own commands do."""
    import paste.deploy

    import kallithea.config.application

    config = paste.deploy.appconfig("config:" + os.path.realpath(config_file))
    kallithea.config.application.make_app(config.global_conf, **config.local_conf)


def changes(wanted):
    """Every difference as (what, current value, wanted value, function that makes it so)."""
    from kallithea.model import db

    for name, value in wanted["settings"].items():
        row = db.Setting.get_by_name(name)
        # The text as stored: the attribute app_settings_value would convert it.
        current = None if row is None else row._app_settings_value
        if current != value:
            yield name, current, value, lambda name=name, value=value: db.Setting.create_or_update(name, value)

    user = db.User.get_by_username(DEFAULT_USER)
    active = wanted["default_user"]["active"]
    if bool(user.active) != active:
        yield "anonymous access", bool(user.active), active, lambda: setattr(user, "active", active)

    activation = wanted["default_user"]["extern_activate"]
    current = sorted(
        grant.permission.permission_name
        for grant in grants(user)
    )
    if current != [activation]:
        yield "activation of new users", ", ".join(current) or None, activation, lambda: activate(user, activation)


def grants(user):
    """The default user's rows about the activation of new users; one, unless somebody edited the table."""
    from kallithea.model import db

    return [
        grant
        for grant in db.UserToPerm.query().filter(db.UserToPerm.user == user)
        if grant.permission.permission_name.startswith(ACTIVATION_PREFIX)
    ]


def activate(user, activation):
    """Replace those rows by one, as Kallithea's permissions page does."""
    from kallithea.model import db, meta

    for grant in grants(user):
        meta.Session().delete(grant)
    grant = db.UserToPerm()
    grant.user = user
    grant.permission = db.Permission.get_by_key(activation)
    meta.Session().add(grant)


def run(options):
    connect(options.config)
    from kallithea.model import meta

    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "settings.json"), encoding="utf-8") as file:
        wanted = json.load(file)
    found = list(changes(wanted))
    for what, current, value, _apply in found:
        print("%s: %r -> %r" % (what, current, value))
    if options.check:
        print("%d setting(s) differ" % len(found) if found else "the database is as settings.json says")
        return 1 if found else 0
    for _what, _current, _value, apply in found:
        apply()
    meta.Session().commit()
    print("%d setting(s) changed" % len(found))
    return 0


def main():
    parser = argparse.ArgumentParser(description="Bring Kallithea's database to the settings of settings.json.")
    parser.add_argument("-c", "--config", required=True, help="Kallithea's ini file")
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 where something differs")
    options = parser.parse_args()
    if not os.path.isfile(options.config):
        parser.error("there is no file %s" % options.config)
    try:
        return run(options)
    except Exception as error:
        print("apply_settings.py: nothing was changed: %s: %s" % (type(error).__name__, error), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
