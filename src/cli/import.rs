//! `import`: creates a deployment spec from a server's configuration.

use super::above::{Above, is_of_this_server};
use super::answer::{Data, Drafted};
use super::output::Output;
use super::written::needs;
use super::{ImportArguments, Outcome, Trouble};
use crate::diagnostic::Diagnostic;
use crate::files::{self, TextFile};
use crate::import::{Imported, Refusal, Wanted, import};
use crate::lint::place;
use crate::merge::host_config;

pub(super) fn run(arguments: &ImportArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    arguments.out.as_deref().map(files::check_new).transpose()?;
    let config = super::host_config(arguments.host_config.as_ref())?;
    output.about(&config.display().to_string());
    let host = host_config::open(&config)?;
    let web = arguments.web_config.as_deref().map(TextFile::open).transpose()?;
    let location = place::location(&arguments.site, &arguments.app);
    let server = (host.text.as_str(), is_of_this_server(host.path()));
    let above = Above::at(arguments.site_web_config.as_deref(), server, &location)?;
    above.not_looked_at().iter().for_each(|words| output.say(words));
    let names = above.names();
    let wanted = Wanted {
        site: &arguments.site,
        application: &arguments.app,
        above: &above.files(&names),
        name: arguments.name.as_deref(),
    };
    let imported = match import(&host.text, web.as_ref().map(|web| web.text.as_str()), wanted) {
        Ok(imported) => imported,
        Err(Refusal::Above(index, diagnostics)) => return refused(above.file(index), &diagnostics, output),
        Err(Refusal::Host(diagnostics)) => return refused(&host, &diagnostics, output),
        Err(Refusal::WebConfig(diagnostics)) => {
            let web = web.as_ref().ok_or("the web.config has errors; fix them first")?;
            return refused(web, &diagnostics, output);
        }
    };
    match &arguments.out {
        Some(path) => files::create(path, &imported.yaml)?,
        None if output.is_text() => output.print(&imported.yaml)?,
        None => {}
    }
    let name = arguments.out.as_deref().map_or("the spec".into(), |path| path.display().to_string());
    output.say(&message(&name, &imported));
    let Imported { yaml, open, left } = imported;
    output.result(Data::Import(Drafted { yaml, open, left }));
    Ok(Outcome::Fine)
}

fn refused(file: &TextFile, diagnostics: &[Diagnostic], output: &mut Output) -> Result<Outcome, Trouble> {
    output.diagnostics(&super::merge::shown(file, diagnostics), diagnostics);
    Err("nothing was imported".into())
}

/// What the author has to do.
fn message(name: &str, imported: &Imported) -> String {
    let left = match imported.left {
        0 => String::new(),
        1 => "; 1 setting was not imported: see the end of the file".to_owned(),
        count => format!("; {count} settings were not imported: see the end of the file"),
    };
    needs(name, &imported.open, &left)
}
