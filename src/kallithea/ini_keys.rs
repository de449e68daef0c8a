//! The keys that a deployment needs in Kallithea's ini file, in the order of Kallithea's own template.
//!
//! Names are those of Kallithea 0.7.0's `templates/ini/template.ini.mako`; a comment names the code that reads a key.
//! Absent, since the spec cannot know them: passwords in addresses of databases, folders (`cache_dir` and similar, except
//! for a farm's node), mail, `force_https` behind a proxy that ends TLS; and logging, since the template's handlers write
//! to `sys.stderr`, which the bridge writes to its log.

use super::facts::DATABASE_ADDRESS;
use crate::ini::{APPLICATION, Key, Wanted};
use crate::model::{Authentication, Binding, ClonedFrom, Deployment, Node, OwnSite, Protocol};

/// Every key, each once.
pub fn ini_keys(deployment: &Deployment) -> Vec<Key> {
    request_keys(deployment)
        .into_iter()
        .chain(link_keys(deployment))
        .chain(session_keys(deployment))
        .chain(database_keys(deployment))
        .flatten()
        .collect()
}

/// The keys of a single node: values that another node must not have, or cannot have.
pub fn node_keys(deployment: &Deployment, node: &Node) -> Vec<Key> {
    let caches = "Each node keeps caches and their locks on its own disk: shares do not support such locks.";
    let keys = [
        row(
            "instance_id",
            Some(text(&format!("{}-{}", deployment.name, node.name))),
            "The node's name. Every node has a different one.",
        ),
        row("cache_dir", Some(Wanted::Below("data")), caches),
        row("beaker.cache.data_dir", Some(Wanted::Below("data/cache/data")), caches),
        row("beaker.cache.lock_dir", Some(Wanted::Below("data/cache/lock")), caches),
    ];
    keys.into_iter().flatten().collect()
}

/// What Kallithea believes about a request, and what it adds to a response.
fn request_keys(deployment: &Deployment) -> [Option<Key>; 6] {
    let forced = match deployment.farm.is_some() && deployment.tls.required {
        true => (Some(true), "The front server accepts only https, whatever protocol it uses to this one."),
        false => (is_plain(deployment).then_some(false), PLAIN),
    };
    let behind_proxy = !deployment.bridge.trusted_proxies.is_empty() || deployment.farm.is_some();
    let is_strict = deployment.tls.strict_transport_security.is_some();
    [
        // model/user.py: signs the links of mails that reset a password.
        row("app_instance_uuid", Some(Wanted::Secret), "Kallithea signs password reset links with it."),
        // controllers/base.py, get_ip_addr: of several addresses the last one is used.
        row("remote_addr_variable", Some(client_address(behind_proxy)), client_address_reason(behind_proxy)),
        // config/application.py: `asbool` raises ValueError for a name.
        row("url_scheme_variable", Some(Wanted::Absent), "Kallithea 0.7.0 does not start if this is set."),
        // config/middleware/https_fixup.py: the only way to a scheme that differs from the request's.
        row("force_https", forced.0.map(Wanted::Truth), forced.1),
        // config/middleware/https_fixup.py: adds a header of its own, whatever IIS adds.
        row(
            "use_htsts",
            is_strict.then_some(Wanted::Truth(false)),
            "IIS sends Strict-Transport-Security; a second one would contradict it.",
        ),
        // paste/deploy/config.py, PrefixMiddleware.
        row(
            "filter-with",
            Some(Wanted::OtherFilter),
            "The bridge sets SCRIPT_NAME; PasteDeploy's prefix filter would replace it.",
        ),
    ]
}

/// What hooks, links and clients get, and which work runs elsewhere.
fn link_keys(deployment: &Deployment) -> [Option<Key>; 5] {
    let signs_on_itself = !matches!(deployment.authentication, Authentication::Windows(_));
    [
        // model/scm.py, _get_git_hook_interpreter: sys.executable is the default. Git for Windows (compat/mingw.c,
        // parse_interpreter) takes the name after the last `/` and searches PATH for it, where the bridge puts
        // this Python first.
        row(
            "git_hook_interpreter",
            Some(text(&deployment.python.executable().replace('\\', "/"))),
            "The Python for Git's hooks, because the worker process is not Python. Git needs forward slashes \
             here.",
        ),
        // lib/webutils.py, canonical_url: passes what follows `://` to Routes as the host, and Routes
        // (URLGenerator) itself adds SCRIPT_NAME, the path of the application.
        row(
            "canonical_url",
            deployment.public_origin().as_deref().map(text),
            "The server's public URL, for full links in pages and e-mails. Kallithea adds the path.",
        ),
        // controllers/base.py, BasicAuth: an empty value causes 401.
        row(
            "auth_ret_code",
            signs_on_itself.then(|| text("")),
            "Kallithea answers 401 to a request without a password: hg and git do not send one otherwise.",
        ),
        // The bridge's own, hardening/addresses.py.
        row(
            "kallithea_iisc.clones_from_this_machine",
            Some(match deployment.kallithea.cloned_from {
                ClonedFrom::OtherMachines => Wanted::Absent,
                ClonedFrom::Everywhere => Wanted::Truth(true),
            }),
            "Otherwise anybody who may create a repository could reach services that only this machine can \
             reach.",
        ),
        // lib/celerylib: the template says that Celery does not support Windows.
        row("use_celery", Some(Wanted::Truth(false)), "Celery does not support Windows."),
    ]
}

/// Sessions, and who may inspect the running program.
fn session_keys(deployment: &Deployment) -> [Option<Key>; 7] {
    let below = deployment.application.path != "/";
    let in_farm = || deployment.farm.as_ref().map(drop);
    let secure = match deployment.tls.required {
        true => (Some(true), "Browsers send session cookies only over TLS."),
        false => (is_plain(deployment).then_some(false), PLAIN),
    };
    [
        // beaker/session.py: cookies have the path `/`, and IIS accepts `/Kallithea` for `/kallithea`, which a
        // cookie's path does not match.
        row(
            "session.key",
            below.then(|| text(&format!("kallithea_{}", deployment.name))),
            "The session cookie's name. It must differ from that of another Kallithea on this host name.",
        ),
        row(
            "session.httponly",
            Some(Wanted::Truth(true)),
            "Scripts in a page cannot read the session cookie.",
        ),
        row("session.secure", secure.0.map(Wanted::Truth), secure.1),
        // beaker/session.py: keeps sessions in the database that session.url names.
        row(
            "session.type",
            in_farm().map(|()| text("ext:database")),
            "A user who signs on at one node is known to all.",
        ),
        row("session.table_name", in_farm().map(|()| text("db_session")), "The table of the sessions."),
        row("session.secret", Some(Wanted::Secret), "Kallithea signs session cookies with it."),
        // The template: visitors of an error page may run any code there.
        row(
            "debug",
            Some(Wanted::Truth(false)),
            "The debugger would let every visitor run code on the server.",
        ),
    ]
}

/// The databases of the tables and of the sessions.
fn database_keys(deployment: &Deployment) -> [Option<Key>; 2] {
    let database = deployment.kallithea.database.as_ref();
    let kind = database.map(|database| database.kind.as_kallithea());
    let of_sessions = kind.filter(|_| deployment.farm.is_some());
    [
        // config/app_cfg.py.
        row(DATABASE_ADDRESS, kind.map(Wanted::Address), "The deployment's database."),
        // beaker/ext/database.py: without it the answer to every page is 500.
        row("session.url", of_sessions.map(Wanted::Address), "The database of the sessions."),
    ]
}

/// Why no https setting may remain if nothing listens for https.
const PLAIN: &str = "This site has no https binding: otherwise links would lead nowhere, and browsers would \
    not send the cookie.";

/// Whether clients reach the site by http only, as far as the spec can know. In front of a binding for the machine's own
/// address, a proxy may end TLS.
fn is_plain(deployment: &Deployment) -> bool {
    let may_be_secure =
        |binding: &Binding| binding.protocol == Protocol::Https || binding.ip_address.is_loopback();
    let is_secure = |own: &OwnSite| own.bindings.iter().any(may_be_secure);
    deployment.farm.is_none()
        && deployment.bridge.trusted_proxies.is_empty()
        && deployment.site.own.as_ref().is_some_and(|own| !is_secure(own))
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
            "The client's address from the trusted proxy; the bridge removes this header from all other \
             clients."
        }
        false => "The client's address from IIS, never from a header, which any client can send.",
    }
}
