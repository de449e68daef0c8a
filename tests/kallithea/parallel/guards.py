"""Takes from Kallithea what the bridge's modules, which lie beside this file, put their wrappers around, and ends with an
exception where they serve what they must not, or do not serve what they may."""
import contextlib
import io

import beaker.session
import hgext.largefiles.lfutil
import kallithea.controllers.base
import kallithea.controllers.routing
import kallithea_bridge_adjustments as adjustments
import mercurial.hgweb.common
import mercurial.hgweb.hgweb_mod
import tg.support.statics
from kallithea.config.middleware import pygrack
from kallithea.lib.auth_modules import auth_container

GUARDED = [
    (beaker.session.SessionObject, "__init__"),
    (kallithea.controllers.base, "log_in_user"),
    (kallithea.controllers.base.BaseVCSController, "__call__"),
    (auth_container.KallitheaAuthPlugin, "_get_username"),
    (tg.support.statics.StaticsMiddleware, "__call__"),
    (kallithea.controllers.base, "is_valid_repo"),
    (kallithea.controllers.routing, "is_valid_repo"),
    (kallithea.controllers.routing, "is_valid_repo_group"),
    (mercurial.hgweb.common, "ispathsafe"),
    (mercurial.hgweb.hgweb_mod, "_stylemap"),
    (hgext.largefiles.lfutil, "storepath"),
    (hgext.largefiles.lfutil, "usercachepath"),
]


def main():
    assert said() == ""
    for owner, name in GUARDED:
        assert hasattr(vars(owner)[name], "kallithea_bridge"), "%s of %s is not guarded" % (name, owner)
        with without(owner, name):
            try:
                said()
            except RuntimeError as error:
                assert name in str(error) and "this is not the Kallithea" in str(error), error
            else:
                raise AssertionError("a Kallithea without %s of %s is served" % (name, owner))
    with without(pygrack, "update_server_info"):
        assert "There is no update_server_info in" in said()
    assert said() == ""


@contextlib.contextmanager
def without(owner, name):
    function = vars(owner)[name]
    delattr(owner, name)
    yield
    setattr(owner, name, function)


def said():
    """What is printed while Kallithea is adjusted, which must do it."""
    application = object()
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert adjustments.adjusted(application) is not application
    return output.getvalue()


main()
