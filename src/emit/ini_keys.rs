//! The keys that a deployment needs in Kallithea's ini file, in the order of Kallithea's own template.
//!
//! Names are those of Kallithea 0.7.0's `templates/ini/template.ini.mako`; who reads a key stands behind it. Absent, since the
//! spec cannot know them: the database, folders (`cache_dir` and its like), mail, `force_https` behind a proxy that ends TLS;
//! and logging, since the template's handlers write to `sys.stderr`, which the bridge takes into its log.

use crate::ini::{APPLICATION, Key, Wanted};
use crate::model::{Authentication, Deployment};

/// Every key, each once.
pub fn ini_keys(deployment: &Deployment) -> Vec<Key> {
    request_keys(deployment)
        .into_iter()
        .chain(link_keys(deployment))
        .chain(session_keys(deployment))
        .flatten()
        .collect()
}

/// What Kallithea is to believe of a request, and what it adds to a response.
fn request_keys(deployment: &Deployment) -> [Option<Key>; 5] {
    let behind_proxy = !deployment.bridge.trusted_proxies.is_empty() || deployment.farm.is_some();
    let is_strict = deployment.tls.strict_transport_security.is_some();
    [
        // model/user.py: signs the links of mails that reset a password.
        row("app_instance_uuid", Some(Wanted::Secret), "Kallithea signs links of password resets with it."),
        // controllers/base.py, get_ip_addr: of several addresses the last one counts.
        row("remote_addr_variable", Some(client_address(behind_proxy)), client_address_reason(behind_proxy)),
        // config/application.py: `asbool` of a name raises ValueError.
        row("url_scheme_variable", Some(Wanted::Absent), "Kallithea 0.7.0 does not start where this is set."),
        // config/middleware/https_fixup.py: the one way to a scheme that is not the request's own.
        row(
            "force_https",
            (deployment.farm.is_some() && deployment.tls.required).then_some(Wanted::Truth(true)),
            "The front server takes https alone, and speaks as it likes to this one.",
        ),
        // config/middleware/https_fixup.py: adds a header of its own, whatever IIS says.
        row(
            "use_htsts",
            is_strict.then_some(Wanted::Truth(false)),
            "IIS sends Strict-Transport-Security; a second one would contradict it.",
        ),
    ]
}

/// What hooks, links and clients are told, and what does its work elsewhere.
fn link_keys(deployment: &Deployment) -> [Option<Key>; 4] {
    let signs_on_itself = !matches!(deployment.authentication, Authentication::Windows(_));
    [
        // model/scm.py, _get_git_hook_interpreter: sys.executable is the default.
        row(
            "git_hook_interpreter",
            Some(text(&deployment.python.executable().replace('\\', "/"))),
            "What runs Git's hooks: the worker process is no Python, and Git's shell wants forward slashes.",
        ),
        // lib/webutils.py, canonical_url: what follows `://` goes to Routes as the host, and Routes (URLGenerator) adds SCRIPT_NAME,
        // the path of the application, by itself.
        row(
            "canonical_url",
            deployment.public_origin().as_deref().map(text),
            "Under which name people know this server, for full links in pages and e-mails. Kallithea adds the path.",
        ),
        // controllers/base.py, BasicAuth: empty is 401.
        row(
            "auth_ret_code",
            signs_on_itself.then(|| text("")),
            "Who brings no password is asked for it by 401: hg and git send none otherwise.",
        ),
        // lib/celerylib: the template says that Celery does not support Windows.
        row("use_celery", Some(Wanted::Truth(false)), "Celery does not support Windows."),
    ]
}

/// Sessions, and who may look into the running program.
fn session_keys(deployment: &Deployment) -> [Option<Key>; 7] {
    let below = deployment.application.path != "/";
    let in_farm = || deployment.farm.as_ref().map(drop);
    [
        // beaker/session.py: cookies are of path `/`, and IIS takes `/Kallithea` for `/kallithea`, which no cookie's path would.
        row(
            "session.key",
            below.then(|| text(&format!("kallithea_{}", deployment.name))),
            "The session cookie's name: another Kallithea on this host name has one, too.",
        ),
        row(
            "session.httponly",
            Some(Wanted::Truth(true)),
            "Scripts in a page do not see the session cookie.",
        ),
        row(
            "session.secure",
            deployment.tls.required.then_some(Wanted::Truth(true)),
            "Session cookies cross the network over TLS alone.",
        ),
        // beaker/session.py: sessions in the database that session.url names.
        row(
            "session.type",
            in_farm().map(|()| text("ext:database")),
            "Whoever signed on at one node is known to all.",
        ),
        row("session.table_name", in_farm().map(|()| text("db_session")), "The table of the sessions."),
        row("session.secret", Some(Wanted::Secret), "Session cookies are signed with it."),
        // The template: visitors of a page with an error may run any code there.
        row(
            "debug",
            Some(Wanted::Truth(false)),
            "The debugger would let every visitor run code on the server.",
        ),
    ]
}

fn row(name: &'static str, wanted: Option<Wanted>, why: &'static str) -> Option<Key> {
    wanted.map(|wanted| Key { section: APPLICATION, name, wanted, why })
}

fn text(value: &str) -> Wanted {
    Wanted::Text(value.to_owned())
}

fn client_address(behind_proxy: bool) -> Wanted {
    text(if behind_proxy { "HTTP_X_FORWARDED_FOR" } else { "REMOTE_ADDR" })
}

fn client_address_reason(behind_proxy: bool) -> &'static str {
    match behind_proxy {
        true => {
            "The client's address as the trusted proxy says it; the bridge drops this header from anybody else."
        }
        false => "The client's address as IIS sees it; never a header, which any client can send.",
    }
}
