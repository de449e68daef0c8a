//! Creates a deployment spec from a server's configuration: for users who already run Kallithea, or a similar application,
//! under IIS.
//!
//! What enters: the text of an applicationHost.config, that of the application's web.config if there is one, and which
//! application is meant. What leaves: a spec in YAML with the keys that differ from their defaults, a comment if a value is
//! a guess, [`BLANK`] where only the author knows the value, and at the end, by line, what was not imported. Secrets are
//! never copied. Absent: reading and writing files, and everything that is in neither of the two.

mod draft;
mod left;
mod pool;
mod program;
mod sections;
mod server;
mod site;
mod tracing;
mod version;

use iis_config::markup;

use crate::check::Drafted;
use crate::diagnostic::Diagnostic;
use crate::lower;
use crate::merge::malformed;
use crate::route::FileAbove;
use draft::Draft;
use left::Emitted;
use server::Server;

pub use crate::yaml::{BLANK, Open, text as quoted};

/// Which application is meant, and the name of its deployment.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The site's name.
    pub site: &'w str,
    /// The application's path: `/`, or `/name`.
    pub application: &'w str,
    /// The web.config files of the folders above the application, which it inherits, the outermost first.
    pub above: &'w [FileAbove<'w>],
    /// The deployment's name; without one it is derived from the server's names.
    pub name: Option<&'w str>,
}

/// A spec that was made from a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The spec's text.
    pub yaml: String,
    /// What `check` reports about it: the author must complete it.
    pub open: Vec<Open>,
    /// How many settings of the server were not imported; the text lists them.
    pub left: usize,
}

/// Why there is no spec, and which file is the reason.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// applicationHost.config.
    Host(Vec<Diagnostic>),
    /// The web.config.
    WebConfig(Vec<Diagnostic>),
    /// A file of [`Wanted::above`], by its place there.
    Above(usize, Vec<Diagnostic>),
}

/// Makes a spec. `host` and `web` are without byte-order marks.
pub fn import(host: &str, web: Option<&str>, wanted: Wanted<'_>) -> Result<Imported, Refusal> {
    let host = markup::parse(host).map_err(|flaw| Refusal::Host(malformed(flaw)))?;
    let has_web = web.is_some();
    let web = markup::parse(web.unwrap_or("<configuration/>"));
    let web = web.map_err(|flaw| Refusal::WebConfig(malformed(flaw)))?;
    let parsed = wanted.above.iter().enumerate().map(|(index, file)| {
        let document = markup::parse(file.text).map_err(|flaw| Refusal::Above(index, malformed(flaw)))?;
        Ok((*file, document))
    });
    let parsed: Vec<_> = parsed.collect::<Result<_, _>>()?;
    let above = parsed.iter().map(|(file, document)| file.level(document, wanted.application)).collect();
    let server = Server { has_web, above, ..Server::find(&host, &web, wanted)? };
    let mut draft = Draft::new();
    draft.spec.name = server.deployment_name(wanted.name);
    version::read(&server, &mut draft);
    pool::read(&server, &mut draft);
    site::read(&server, &mut draft);
    program::read(&server, &mut draft);
    sections::read(&server, &mut draft);
    tracing::read(&server, &mut draft);
    let deployment = lower::drafted(&Drafted::of(draft.spec.clone()));
    left::read(&server, &mut draft, &Emitted::of(&deployment));
    Ok(draft.finish(&server))
}
