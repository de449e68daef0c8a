//! PasteDeploy's filter that replaces SCRIPT_NAME by a path of its own.
//!
//! What enters: the name that `filter-with` gives. What leaves: whether it leads to this filter. Files of Kallithea behind
//! nginx or Apache have it (`[filter:proxy-prefix]` of its template). The bridge sets SCRIPT_NAME itself, so with the filter
//! no page below a path would be found.

use super::interpolate::resolved;
use super::read::{Ini, Section};

/// The filter (`paste/deploy/config.py`, `PrefixMiddleware`), by the name that `use` gives it.
const PREFIX: &str = "pastedeploy#prefix";

pub(super) fn sets_script_name(ini: &Ini<'_>, name: &str) -> bool {
    let is_prefix = |address: &str| address.to_lowercase().contains(PREFIX);
    let is_meant = |section: &&Section| {
        let of_filter = ini.text[section.name.clone()].strip_prefix("filter:");
        of_filter.is_some_and(|of_filter| of_filter.trim() == name.trim())
    };
    // PasteDeploy stops at a name that does not exist, unless it is an address such as `egg:Package#name`.
    let scheme = name.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_address = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphabetic());
    let Some(section) = ini.sections.iter().find(is_meant).filter(|_| !is_address) else {
        return is_prefix(name) || !is_address;
    };
    let address = section.entry(ini, "use").map(|entry| resolved(ini, section, &ini.value(entry)));
    address.is_some_and(|address| address.is_ok_and(|address| is_prefix(&address)))
}
