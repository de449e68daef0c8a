//! `route`: follows one request through IIS.

use std::fmt::Write;

use super::above::{Above, is_of_this_server};
use super::answer::{Data, Routed};
use super::merge::{machine, sound};
use super::output::Output;
use super::spec::{self, Compiled};
use super::{Outcome, RouteArguments, Trouble};
use crate::files::TextFile;
use crate::merge::host_config;
use crate::merge::{Orders, Stale, Strangers, plan};
use crate::route::{self, Files, Front, Request, Route, Step, compiled_host};
use anstyle::{AnsiColor, Style};

pub(super) fn run(arguments: &RouteArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let Some(compiled) = spec::compile_or_read(&arguments.spec, output)? else {
        return Err("the configuration has errors; fix them first".into());
    };
    let request = Request::new(&arguments.url, &arguments.method, arguments.header.clone())?;
    let first = machine(&compiled, arguments.front)?;
    let (host, is_own) = match &arguments.host_config {
        Some(path) => {
            let file = host_config::open(path)?;
            // Nothing is written, so this assumes the answers that apply would ask for first.
            let orders = Orders { strangers: Strangers::Adopt, stale: Stale::Prune };
            let planned = plan(&file.text, &first, orders);
            (sound(planned, &file, output)?.text, is_of_this_server(file.path()))
        }
        None => (compiled_host(&first), false),
    };
    if !arguments.front {
        let above = Above::of(arguments.site_web_config.as_deref(), (&host, is_own), &compiled.deployment)?;
        return at_bridge((&host, above), &compiled, arguments, &request, None, output);
    }
    let front = route::front(&host, &first, &request).map_err(|flaw| flaw.detail)?;
    match &front.onward {
        Ok(onward) => {
            let node = compiled_host(&compiled.deployment);
            // The server's file is the front's, and a node's folders are not known.
            at_bridge((&node, Above::default()), &compiled, arguments, onward, Some(&front), output)
        }
        Err((status, why)) => {
            let outcome = route::Outcome::Answered { status, why: why.clone() };
            told(&Route { steps: front.steps.clone(), offers: Vec::new(), outcome }, None, output)
        }
    }
}

/// Follows a request through the machine that runs the bridge; `front` has sent it on, if there is one.
fn at_bridge(
    (host, above): (&str, Above),
    compiled: &Compiled,
    arguments: &RouteArguments,
    request: &Request,
    front: Option<&Front>,
    output: &mut Output,
) -> Result<Outcome, Trouble> {
    let (is_web_utf16, web) = match &arguments.web_config {
        Some(path) => {
            let file = TextFile::open(path)?;
            (file.is_utf16(), file.text)
        }
        None => (false, compiled.tree.get("web.config").unwrap_or_default().to_owned()),
    };
    let deployment = &compiled.deployment;
    above.not_looked_at().iter().for_each(|words| output.say(words));
    let names = above.names();
    let files = Files { host, above: &above.files(&names), web: &web, is_web_utf16 };
    let route = route::route(files, deployment, request).map_err(|flaw| flaw.detail)?;
    told(&route, front, output)
}

fn told(route: &Route, front: Option<&Front>, output: &mut Output) -> Result<Outcome, Trouble> {
    let reaches = matches!(route.outcome, route::Outcome::Bridge { .. });
    match output.is_text() {
        true => {
            let front = front.map(|front| steps_as_text(&front.steps)).unwrap_or_default();
            output.print(&format!("{front}{}", as_text(route)))?;
        }
        false => output.result(Data::Route(Routed::of(route, front))),
    }
    Ok(if reaches { Outcome::Fine } else { Outcome::Found })
}

fn steps_as_text(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("  {:<18} {}\n", step.rule, step.says)).collect()
}

fn as_text(route: &Route) -> String {
    let mut text = steps_as_text(&route.steps);
    let mut line = |line: String| writeln!(text, "{line}").expect("writing to memory does not fail");
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
