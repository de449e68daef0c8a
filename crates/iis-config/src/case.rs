//! Where IIS distinguishes upper and lower case, decided in one place.
//!
//! Names of groups, sections, elements and attributes match exactly: `Enabled` is an unknown attribute, `<system.webserver>`
//! an unknown section (pages "Select a Provisioning Option" and "IISAdministration PowerShell Cmdlets"). The values of
//! attributes match in any case, except where the schema has `caseSensitive="true"`, as for the names of handlers and
//! modules (page "`IAppHostPropertySchema::IsCaseSensitive`"): [`Attribute::compared`](crate::schema::Attribute::compared).

/// Whether a name that a file contains is the known name.
pub fn is_name(written: &str, known: &str) -> bool {
    written == known
}

/// Whether a name would be the known name if IIS ignored case: what the author meant, and IIS refuses.
pub fn is_name_in_other_case(written: &str, known: &str) -> bool {
    written != known && written.eq_ignore_ascii_case(known)
}
