//! A redirect of a level above that takes the requests of an application.
//!
//! In: the configuration of the application, and the section that turns the redirect on. Out: a diagnostic. Absent: redirects of some
//! paths only (`childOnly`).

use iis_config::effective::{Effective, REDIRECT};
use iis_config::markup::Element;

use crate::diagnostic::{Code, Diagnostic};

/// Says that the section sends every request of the application at this `<location>` elsewhere.
pub(crate) fn redirected(effective: &Effective<'_, '_>, section: &Element<'_>, location: &str) -> Diagnostic {
    let to = effective.value(REDIRECT, "", "destination");
    let message = format!("httpRedirect sends every request of the application {location:?} to {to}");
    Diagnostic::new(Code::Redirected, section.tag(), message).help(turn_off(location))
}

/// How to turn a redirect off for one application.
pub(crate) fn turn_off(location: &str) -> String {
    format!(
        "turn it off for the application: appcmd set config \"{location}\" /section:httpRedirect /enabled:false /commit:apphost"
    )
}
