//! Finds the chosen application in applicationHost.config: its site, its pool, its owner.

use iis_config::Version;
use iis_config::check::Level;
use iis_config::effective::Effective;
use iis_config::markup::{Document, Element};
use iis_config::schema::attribute;

use super::{Refusal, Wanted};
use crate::diagnostic::{Code, Diagnostic};
use crate::kallithea::facts::SHORT_NAME;
use crate::merge::mark::marked;

/// What a new application gets if nothing names a pool: page `system.applicationhost/applicationpools`.
const DEFAULT_POOL: &str = "DefaultAppPool";
const POOLS: [&str; 2] = ["system.applicationHost", "applicationPools"];

/// A server's files, seen from one application.
pub(super) struct Server<'d, 'a> {
    pub host: &'d Document<'a>,
    /// The application's web.config, or an empty one.
    pub web: &'d Document<'a>,
    /// The web.config files of the folders above.
    pub above: Vec<Level<'d, 'a>>,
    /// Whether the user gave the web.config.
    pub has_web: bool,
    pub site: &'d Element<'a>,
    pub application: &'d Element<'a>,
    pub pool_name: String,
    pub pool: Option<&'d Element<'a>>,
    /// The deployment of kallithea-iisc that this application is.
    pub owner: Option<String>,
    /// The oldest version that knows everything in the files.
    pub version: Version,
}

impl<'d, 'a> Server<'d, 'a> {
    /// Finds the application; the error names the existing ones.
    pub(super) fn find(
        host: &'d Document<'a>,
        web: &'d Document<'a>,
        wanted: Wanted<'_>,
    ) -> Result<Self, Refusal> {
        let root = host.root();
        let sites = host.descend(root, &["system.applicationHost", "sites"]);
        let all = || sites.into_iter().flat_map(|sites| host.named(sites, "site"));
        let site = all().find(|site| site.says("name", wanted.site)).ok_or_else(|| {
            missing(sites.unwrap_or(root), &format!("site {:?}", wanted.site), "sites", all(), "name")
        })?;
        let applications = || host.named(site, "application");
        let application = applications().find(|known| known.says("path", wanted.application));
        let application = application.ok_or_else(|| {
            let what = format!("application {:?} in the site {:?}", wanted.application, wanted.site);
            missing(site, &what, "applications", applications(), "path")
        })?;
        let mut server = Self {
            host,
            web,
            above: Vec::new(),
            has_web: false,
            site,
            application,
            pool_name: String::new(),
            pool: None,
            owner: None,
            version: super::version::least(host, web),
        };
        server.pool_name = server.pool_of(site, application);
        let pools = host.descend(root, &POOLS).into_iter().flat_map(|pools| host.named(pools, "add"));
        server.pool = pools.into_iter().find(|pool| pool.says("name", &server.pool_name));
        let own = marked(host).into_iter().find(|marked| {
            let is_its = |element: &Element<'_>| {
                element.is_named("location") && element.says("path", &server.location())
            };
            marked.fits(host) && marked.element.is_some_and(is_its)
        });
        server.owner = own.map(|marked| marked.mark.deployment);
        Ok(server)
    }

    /// The application's path.
    pub(super) fn path(&self) -> &'d str {
        self.application.value("path").unwrap_or("/")
    }

    /// The path of the `<location>` that applies to the application.
    pub(super) fn location(&self) -> String {
        format!("{}{}", self.site.value("name").unwrap_or_default(), self.path().trim_end_matches('/'))
    }

    /// What applies to the application.
    pub(super) fn effective(&self) -> Effective<'d, 'a> {
        let mut effective = Effective::new(self.host, self.web, self.location(), self.version);
        effective.levels.splice(1..1, self.above.iter().cloned());
        effective
    }

    /// The name of an application's pool: its own, or that of the site's or all sites' defaults.
    pub(super) fn pool_of(&self, site: &Element<'a>, application: &Element<'a>) -> String {
        let named = |element: Option<&Element<'a>>| element?.value("applicationPool").map(ToOwned::to_owned);
        named(Some(application))
            .or_else(|| named(self.host.descend(site, &["applicationDefaults"])))
            .unwrap_or_else(|| self.default_pool())
    }

    /// The pool of applications that name none.
    pub(super) fn default_pool(&self) -> String {
        let path = ["system.applicationHost", "sites", "applicationDefaults"];
        let defaults = self.host.descend(self.host.root(), &path);
        let named = defaults.and_then(|defaults| defaults.value("applicationPool"));
        named.unwrap_or(DEFAULT_POOL).to_owned()
    }

    /// How many applications of all sites run in the pool, including this one.
    pub(super) fn pool_users(&self) -> usize {
        let sites = self.host.descend(self.host.root(), &["system.applicationHost", "sites"]);
        let sites = sites.into_iter().flat_map(|sites| self.host.named(sites, "site"));
        let of_site = |site: &'d Element<'a>| {
            let uses = |known: &&Element<'a>| self.pool_of(site, known).eq_ignore_ascii_case(&self.pool_name);
            self.host.named(site, "application").filter(uses).count()
        };
        sites.map(of_site).sum()
    }

    /// The value of a pool's attribute: its own, that of the defaults of all pools, or IIS's.
    pub(super) fn pool_value(&self, below: &[&str], name: &str) -> String {
        let pools = self.host.descend(self.host.root(), &POOLS);
        let defaults = pools.and_then(|pools| self.host.descend(pools, &["applicationPoolDefaults"]));
        let mut levels = [self.pool, defaults].into_iter().flatten();
        let written = levels.find_map(|level| self.host.descend(level, below)?.value(name));
        let path = [POOLS.as_slice(), &["add"], below].concat().join("/");
        let usual = || attribute(&format!("{path}@{name}")).and_then(|known| known.default(self.version));
        written.or_else(usual).unwrap_or_default().to_owned()
    }

    /// Whether an element has the comment of the deployment that this application is.
    pub(super) fn owns(&self, element: &Element<'_>) -> bool {
        marked(self.host).iter().any(|marked| {
            let is_its = marked.element.is_some_and(|own| own.index == element.index);
            is_its && marked.fits(self.host) && Some(&marked.mark.deployment) == self.owner.as_ref()
        })
    }

    /// A name for the deployment: the requested one, the one in the file, or one derived from the application or the site.
    pub(super) fn deployment_name(&self, wanted: Option<&str>) -> String {
        if let Some(name) = wanted.map(ToOwned::to_owned).or_else(|| self.owner.clone()) {
            return name;
        }
        let named = self.path().rsplit('/').next().filter(|name| !name.is_empty());
        let named = named.or(self.site.value("name")).unwrap_or_default().to_lowercase();
        let allowed = |found: char| if found.is_ascii_alphanumeric() { found } else { '-' };
        let plain: String = named.chars().map(allowed).take(64).collect();
        let words: Vec<_> = plain.split('-').filter(|word| !word.is_empty()).collect();
        if words.is_empty() { SHORT_NAME.to_owned() } else { words.join("-") }
    }
}

fn missing<'e, 'a: 'e>(
    around: &Element<'_>,
    what: &str,
    nouns: &str,
    there: impl Iterator<Item = &'e Element<'a>>,
    key: &str,
) -> Refusal {
    let names: Vec<_> = there.filter_map(|known| known.value(key)).collect();
    let message = format!("{what} does not exist");
    let help = if names.is_empty() {
        format!("name another file; this one has no {nouns}")
    } else {
        format!("use one of the {nouns} on this server: {}", names.join(", "))
    };
    Refusal::Host(vec![Diagnostic::new(Code::SiteMissing, around.tag(), message).help(help)])
}
