//! `serve`: runs a web server in front of a built bridge.

use std::io::Write;
use std::sync::Arc;

use kallithea_bridge_isapi::visible;

use super::commands::word;
use super::output::Output;
use super::{Outcome, ServeArguments, Trouble};
use crate::deployed::{Deployed, local};
use crate::files;
use crate::probe::{Step, obstacles};
use crate::serve::{Accounts, Event, SignOn, serve};

pub(super) fn run(arguments: &ServeArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let deployed = Deployed::find(&arguments.folder)?;
    deployed.suits_this_process()?;
    let sign_on = sign_on(arguments)?;
    let obstacles = obstacles(&deployed)?;
    for Step { step, detail, .. } in &obstacles {
        output.say(&format!("{step}: {detail}"));
    }
    if !obstacles.is_empty() {
        let folder = word(&arguments.folder).unwrap_or_else(|| "FOLDER".to_owned());
        output.say(&format!(
            "Kallithea will not run like this; `kallithea-iisc probe {folder}` says everything"
        ));
    }
    output.say(
        "this is not IIS: no TLS, no request filtering, and only an imitation of Windows authentication",
    );
    output.say("only programs on this machine can reach it; press Ctrl+C to stop it");
    if let Some(facts) = &deployed.facts {
        output.say(&format!("the bridge logs to {}", local(&facts.log).display()));
    }
    let path = deployed.path().to_owned();
    let listener = Arc::new(move |event: Event| match event {
        // The one line that programs wait for goes to standard output. If that fails, nobody is left to tell.
        Event::Listening(address) => {
            let mut out = std::io::stdout();
            writeln!(out, "http://{address}{path}/").and_then(|()| out.flush()).ok();
        }
        Event::Ending => eprintln!("stopping when the running requests are done"),
        Event::Violation(what) => eprintln!("IIS would not tolerate this: {}", visible::lines(&what)),
    });
    serve(&deployed.library, arguments.port, sign_on, listener)?;
    Ok(Outcome::Fine)
}

fn sign_on(arguments: &ServeArguments) -> Result<SignOn, Trouble> {
    match (&arguments.user, &arguments.basic) {
        (Some(user), _) => Ok(SignOn::Everybody(user.clone())),
        (None, Some(file)) => {
            let accounts = Accounts::read(&files::read_text(file)?);
            Ok(SignOn::Basic(accounts.map_err(|why| format!("{}: {why}", file.display()))?))
        }
        (None, None) => Ok(SignOn::Nobody),
    }
}
