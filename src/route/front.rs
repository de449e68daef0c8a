//! A request at the front of a farm: whether the farm's rule takes it, and what the nodes get.
//!
//! What enters: the front's configuration and a request. What leaves: the rules that were checked, and the request that the front sends
//! to a node. Absent: rules of others, other modules, and the choice of the node.

use iis_config::markup::{self, Document, Element, Flaw};
use regex::RegexBuilder;

use super::{Request, Step, Stop, Way};
use crate::emit::{Kind, Part, parts};
use crate::model::{Deployment, Protocol};

pub(super) const REWRITE: &str =
    "iis/extensions/url-rewrite-module/url-rewrite-module-configuration-reference";

/// What the front does with a request.
#[derive(Debug, Clone)]
pub struct Front {
    /// Every rule that was checked, in order.
    pub steps: Vec<Step>,
    /// The request that a node gets; or the status with which the front answers, and why.
    pub onward: Result<Request, Stop>,
}

/// Follows a request through the front. `host` is its applicationHost.config with the deployment in it, `front` the deployment as it
/// is on the front.
///
/// # Errors
/// If the text is not XML.
pub fn front(host: &str, front: &Deployment, request: &Request) -> Result<Front, Flaw> {
    let (host, web) = (markup::parse(host)?, markup::parse("<configuration />")?);
    let (above, steps, offers) = (Vec::new(), Vec::new(), Vec::new());
    let mut way =
        Way { host: &host, above, web: &web, is_web_utf16: false, deployment: front, request, steps, offers };
    let onward = way.through();
    Ok(Front { steps: way.steps, onward })
}

impl Way<'_, '_> {
    fn through(&mut self) -> Result<Request, Stop> {
        self.http_sys()?;
        self.binding()?;
        self.filtering()?;
        self.rule()
    }

    /// The farm's rule: its pattern sees the decoded path without the slash before it.
    fn rule(&mut self) -> Result<Request, Stop> {
        let parts = parts(self.deployment);
        let part = parts.iter().find(|part| part.kind == Kind::GlobalRule);
        let rule = part.and_then(|part| found(self.host, part));
        let (Some(rule), Some(farm)) = (rule, &self.deployment.farm) else {
            return Err(("404.0", "the front has no rule for the farm: run apply --front".into()));
        };
        let name = rule.value("name").unwrap_or_default();
        self.global_rules(Some(name));
        let path = self.read()?;
        let pattern =
            self.host.descend(rule, &["match"]).and_then(|inner| inner.value("url")).unwrap_or_default();
        if !matches(pattern, path.trim_start_matches('/')) {
            return Err((
                "404.0",
                format!("the pattern {pattern:?} of the rule {name:?} does not match {path}"),
            ));
        }
        for condition in
            self.host.descend(rule, &["conditions"]).into_iter().flat_map(|all| self.host.children(all))
        {
            let (input, pattern) = (
                condition.value("input").unwrap_or_default(),
                condition.value("pattern").unwrap_or_default(),
            );
            if !matches(pattern, &self.variable(input)) {
                let why =
                    format!("the rule {name:?} needs {input} to match {pattern:?}: the farm gets nothing");
                return Err(("404.0", why));
            }
        }
        let secure = farm.protocol == Protocol::Https;
        let request = Request { secure, port: farm.port, ..self.request.clone() };
        let url = format!("{}://{}{}", farm.protocol.as_iis(), farm.name, self.request.target);
        self.note("URL Rewrite", REWRITE, format!("the rule {name:?} hands it on as it was sent: {url}"));
        Ok(request)
    }

    /// The server variables that the rule's conditions use.
    fn variable(&self, input: &str) -> String {
        match input {
            "{HTTPS}" => if self.request.secure { "on" } else { "off" }.to_owned(),
            _ => self.request.host.clone(),
        }
    }
}

/// A part in the server's file.
fn found<'d, 'a>(document: &'d Document<'a>, part: &Part) -> Option<&'d Element<'a>> {
    let around: Vec<&str> = part.around.iter().map(|around| around.name()).collect();
    let list = document.descend(document.root(), &around)?;
    let name = part.element.value("name")?;
    document.named(list, "rule").find(|rule| rule.says("name", name))
}

/// Whether a pattern of the farm's rule matches. Rules ignore case by default.
fn matches(pattern: &str, text: &str) -> bool {
    RegexBuilder::new(pattern).case_insensitive(true).build().is_ok_and(|pattern| pattern.is_match(text))
}
