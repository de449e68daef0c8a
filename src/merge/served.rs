//! Tells an application of the deployment from one that has taken its place.
//!
//! What enters: the comments of the deployment, and its spec. What leaves: whether an application, a site, or the location of an
//! application is still the one that the deployment created. Path and name do not show that: if another team deletes the
//! application and creates one of the same path, IIS Manager keeps the comment. The folder shows it. Whoever took the
//! application's place owns its location too. Absent: other kinds of nodes, for which the key is enough.

use iis_config::markup::{Document, Element};
use iis_config::names::is_same;
use iis_config::paths;

use super::locate::Merge;
use super::mark::{Claim, Home, Marked};
use super::ownership::{Identity, home};
use super::pools;
use crate::emit::{Kind, xml};
use crate::model::Deployment;

/// What the deployment serves and has served, according to its spec and its comments.
#[derive(Debug, Default)]
pub(crate) struct Served {
    /// Folders of the application.
    folders: Vec<String>,
    /// The folder of the site's root, if the application is below it.
    root: Option<String>,
    /// Its own application pools: what runs in one belongs to the deployment, wherever its folder is now.
    pools: Vec<String>,
    /// Where the application was when the comments were written, as `Site` or `Site/name`.
    locations: Vec<String>,
}

impl Served {
    /// From the comments that name the deployment and its home, and from its spec.
    pub fn of(marked: &[Marked<'_, '_>], deployment: &Deployment) -> Self {
        let own = home(deployment);
        let mut served = Self {
            folders: vec![own.folder.clone()],
            root: deployment
                .site
                .own
                .as_ref()
                .and_then(|site| site.root_folder.as_ref())
                .map(ToString::to_string),
            ..Self::default()
        };
        served.pools.extend(deployment.pool.own.as_ref().map(|_| deployment.pool.name.to_string()));
        for marked in marked.iter().filter(|marked| marked.mark.deployment == deployment.name) {
            if let Claim::Node(identity, home) = &marked.mark.claim
                && home.is_same(&own)
            {
                served.says(identity, home);
            }
        }
        if served.locations.is_empty() {
            served.locations.push(own.location);
        }
        served
    }

    fn says(&mut self, identity: &Identity, home: &Home) {
        self.folders.push(home.folder.clone());
        self.locations.push(home.location.clone());
        if identity.kind == Kind::ApplicationPool {
            self.pools.push(identity.key.clone());
        }
    }

    /// Whether a node that a comment names is still the one that the deployment created.
    pub fn is_still(&self, document: &Document<'_>, kind: Kind, element: &Element<'_>) -> bool {
        match kind {
            Kind::Site => {
                let mut known = document
                    .named(element, "application")
                    .filter(|application| self.is_known(element, application))
                    .peekable();
                known.peek().is_none() || known.any(|application| self.made(document, element, application))
            }
            Kind::Application => match document.parent(element) {
                Some(site) => self.made(document, site, element),
                None => false,
            },
            Kind::Location => {
                let path = element.value("path").unwrap_or_default();
                let mut here = pools::applications(document)
                    .filter(|(site, application)| is_same(&pools::location(site, application), path))
                    .peekable();
                // Nothing else answers while the bridge still takes every request.
                pools::leads_to_bridge(document, element)
                    || here.peek().is_none()
                    || here.any(|(site, application)| self.is_own(document, site, application))
            }
            _ => true,
        }
    }

    /// Whether an application in a site of the deployment is the deployment's, too.
    pub fn is_own(&self, document: &Document<'_>, site: &Element<'_>, application: &Element<'_>) -> bool {
        let is_root = || pools::path(application) == "/" && self.is_root(document, application);
        self.made(document, site, application) || is_root()
    }

    /// Whether it serves the deployment's folder; or is where the deployment put an application, and runs in its pool.
    fn made(&self, document: &Document<'_>, site: &Element<'_>, application: &Element<'_>) -> bool {
        let served = folder(document, application);
        let pool = pools::pool_of(document, site, application);
        let runs = || self.pools.iter().any(|own| is_same(own, &pool));
        let is_root = || self.pools.is_empty() && self.is_root(document, application);
        self.folders.iter().any(|own| paths::same(own, served))
            || self.is_known(site, application) && (runs() || is_root())
    }

    fn is_root(&self, document: &Document<'_>, application: &Element<'_>) -> bool {
        self.root.as_ref().is_some_and(|root| paths::same(root, folder(document, application)))
    }

    /// Whether the deployment put an application there: at the root of its site, and at its own place.
    fn is_known(&self, site: &Element<'_>, application: &Element<'_>) -> bool {
        let location = pools::location(site, application);
        pools::path(application) == "/" || self.locations.iter().any(|known| is_same(known, &location))
    }
}

/// The folder of an application, or an empty text.
pub(super) fn folder<'d>(document: &'d Document<'_>, application: &Element<'_>) -> &'d str {
    physical_path(document, application).unwrap_or_default()
}

/// The folder of an application: that of its virtual directory `/`.
pub(crate) fn physical_path<'d>(document: &'d Document<'_>, application: &Element<'_>) -> Option<&'d str> {
    let application = &document.elements[application.index];
    let mut folders = document.named(application, "virtualDirectory");
    folders.find(|folder| matches!(folder.value("path"), None | Some("/")))?.value("physicalPath")
}

/// Applications of others in a site that have the path of a wanted one.
pub(super) fn strangers_in<'m>(
    merge: &'m Merge<'_, '_>,
    wanted: &'m xml::Element,
    site: &'m Element<'_>,
) -> impl Iterator<Item = &'m Element<'m>> {
    let paths = wanted.elements().iter().filter(|child| child.name() == "application");
    let paths: Vec<&str> = paths.filter_map(|child| child.value("path")).collect();
    merge.document.named(site, "application").filter(move |application| {
        paths.iter().any(|wanted| is_same(wanted, pools::path(application)))
            && !merge.holdings.served.is_own(merge.document, site, application)
    })
}
