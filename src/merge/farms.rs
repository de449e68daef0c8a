//! What sends requests to a server farm: rules with its name in the place of a host, which Application Request Routing
//! then treats as the farm (page "Define and configure an Application Request Routing server farm").
//!
//! What enters: the file and a farm's name. What leaves: the elements that name it, in words. Absent: rules in a web.config.

use iis_config::markup::{Document, Element};
use iis_config::names::is_same;

use crate::model::Protocol;

/// What names a farm. `is_ours` says whether an element does not count.
pub fn users(document: &Document<'_>, farm: &str, is_ours: impl Fn(&Element<'_>) -> bool) -> Vec<String> {
    let names_it = |element: &&Element<'_>| {
        element
            .attributes
            .iter()
            .any(|attribute| host(&attribute.value).is_some_and(|host| is_same(host, farm)))
    };
    let users = document.elements.iter().filter(names_it).filter(|element| !is_ours(element));
    users.map(|element| called(document, element)).collect()
}

/// The host of a web address.
fn host(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    Protocol::from_iis(scheme)?;
    rest.split(['/', ':', '?', '{']).next()
}

/// The rule that contains an element, or else the element.
fn called(document: &Document<'_>, element: &Element<'_>) -> String {
    let rule = document.outwards(element).find(|around| around.name.eq_ignore_ascii_case("rule"));
    match rule.and_then(|rule| rule.value("name")) {
        Some(name) => format!("the rule {name:?}"),
        None => format!("<{}>", element.name),
    }
}
