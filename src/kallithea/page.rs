//! The page of Kallithea that shows whether it reaches its database.
//!
//! In: the status code of its answer. Out: what that says about the database. Absent: the request, which `probe` makes.

use super::facts::DATABASE_ADDRESS;

/// The sign-on page: it queries the database, whoever is signed on (`controllers/login.py`).
pub(crate) const DATABASE_PAGE: &str = "/_admin/login";

/// What an answer says about the database: what was found and what to do.
pub(crate) enum Database {
    /// The application reaches it.
    Reached(String),
    /// The application cannot use it.
    Failed(String),
    /// The page belongs to another application.
    Unknown(String),
}

/// What the page's status code says.
pub(crate) fn database(code: u16) -> Database {
    match code {
        200..400 => Database::Reached(format!("reached: {DATABASE_PAGE} queries it and answers")),
        500.. => Database::Failed(format!(
            "{DATABASE_PAGE} queries it and fails. Check {DATABASE_ADDRESS} in the ini file."
        )),
        code => Database::Unknown(format!("{DATABASE_PAGE} answers {code}: this is not Kallithea")),
    }
}
