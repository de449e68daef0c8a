//! Where Kallithea's log goes: the bridge writes the output of `sys.stderr` to its own log.
//!
//! Without a section [loggers] there is no warning: Python then writes warnings and errors to `sys.stderr` by default
//! (`logging.lastResort`).

use crate::diagnostic::{Code, Diagnostic};
use crate::ini::interpolate::resolved;
use crate::ini::read::{Ini, Section};

/// The root logger's handlers, if none of them leads to the bridge's log, or one writes colours.
pub(super) fn warning(ini: &Ini<'_>) -> Option<Diagnostic> {
    ini.section("loggers")?;
    let root = ini.section("logger_root")?;
    let names = value(ini, root, "handlers").unwrap_or_default();
    let handlers = names.split(',').filter_map(|name| ini.section(&format!("handler_{}", name.trim())));
    let to_bridge: Vec<&Section> = handlers.filter(|handler| is_to_bridge(ini, handler)).collect();
    let (message, help) = if to_bridge.is_empty() {
        (
            "Kallithea's log does not reach the bridge's log",
            "add `console` to the handlers, as in Kallithea's template",
        )
    } else if to_bridge.iter().any(|handler| is_colored(ini, handler)) {
        ("this handler writes colour codes into the bridge's log", "use `console` instead")
    } else {
        return None;
    };
    let place = root.entry(ini, "handlers").map_or(&root.name, |entry| &entry.name);
    Some(Diagnostic::new(Code::IniLogging, place.clone(), message).help(help))
}

/// Whether a handler writes to `sys.stderr`, which is the default of a StreamHandler.
fn is_to_bridge(ini: &Ini<'_>, handler: &Section) -> bool {
    let class = value(ini, handler, "class").unwrap_or_default();
    let arguments: String = value(ini, handler, "args").unwrap_or_default().split_whitespace().collect();
    ["StreamHandler", "logging.StreamHandler"].contains(&&*class)
        && ["", "()", "(sys.stderr,)"].contains(&&*arguments)
}

/// Whether a handler uses Kallithea's formatter for terminals (`kallithea/lib/colored_formatter.py`).
fn is_colored(ini: &Ini<'_>, handler: &Section) -> bool {
    let formatter = value(ini, handler, "formatter");
    let section = formatter.and_then(|name| ini.section(&format!("formatter_{}", name.trim())));
    let class = section.and_then(|section| value(ini, section, "class"));
    class.is_some_and(|class| class.contains("Color"))
}

fn value(ini: &Ini<'_>, section: &Section, name: &str) -> Option<String> {
    let entry = section.entry(ini, name)?;
    resolved(ini, section, &ini.value(entry)).ok()
}
