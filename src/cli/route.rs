//! `route`: follows one request through IIS.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::output::Output;
use super::spec;
use super::{Outcome, RouteArguments, Trouble};
use crate::files::TextFile;
use crate::merge::host_config;
use crate::merge::{Orders, Stale, Strangers, plan};
use crate::route::{self, Request, Route, compiled_host};

pub(super) fn run(arguments: &RouteArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let Some(compiled) = spec::compile(&arguments.spec, output)? else {
        return Err("the configuration has errors; fix them first".into());
    };
    let request = Request::new(&arguments.url, &arguments.method, arguments.header.clone())?;
    let host = match &arguments.host_config {
        Some(path) => {
            let file = host_config::open(path)?;
            // Nothing is written, so this assumes the answers that apply would ask for first.
            let orders = Orders { strangers: Strangers::Adopt, stale: Stale::Prune };
            let planned = plan(&file.text, &compiled.deployment, orders);
            super::merge::sound(planned, &file, output)?.text
        }
        None => compiled_host(&compiled.deployment),
    };
    let web = match &arguments.web_config {
        Some(path) => TextFile::open(path)?.text,
        None => compiled.tree.get("web.config").unwrap_or_default().to_owned(),
    };
    let route = route::route(&host, &web, &compiled.deployment, &request).map_err(|flaw| flaw.detail)?;
    let reaches = matches!(route.outcome, route::Outcome::Bridge { .. });
    if output.json() {
        output.print_json(&as_json(&route))?;
    } else {
        output.print(&as_text(&route))?;
    }
    Ok(if reaches { Outcome::Fine } else { Outcome::Found })
}

fn as_json(route: &Route) -> serde_json::Value {
    let steps: Vec<_> = route
        .steps
        .iter()
        .map(|step| json!({ "rule": step.rule, "says": step.says, "page": page(step.page) }))
        .collect();
    match &route.outcome {
        route::Outcome::Bridge { script_name, path_info, remote_user } => json!({
            "steps": steps, "reaches": true, "scriptName": script_name, "pathInfo": path_info, "remoteUser": remote_user,
        }),
        route::Outcome::Answered { status, why } => json!({
            "steps": steps, "reaches": false, "status": status, "why": why,
        }),
    }
}

fn page(page: &str) -> String {
    format!("https://learn.microsoft.com/en-us/{page}")
}

fn as_text(route: &Route) -> String {
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").expect("writing to memory does not fail");
    for step in &route.steps {
        line(format!("  {:<18} {}", step.rule, step.says));
    }
    let bold = Style::new().bold();
    match &route.outcome {
        route::Outcome::Bridge { script_name, path_info, remote_user } => {
            let green = AnsiColor::Green.on_default();
            line(format!(
                "{green}It reaches the bridge{green:#}: SCRIPT_NAME {script_name:?}, PATH_INFO \
                 {path_info:?}, REMOTE_USER {remote_user}"
            ));
        }
        route::Outcome::Answered { status: "-", why } => {
            line(format!("{bold}It does not reach the bridge{bold:#}: {why}"))
        }
        route::Outcome::Answered { status, why } => {
            line(format!("{bold}IIS answers {status}{bold:#}: {why}"))
        }
    }
    text
}
