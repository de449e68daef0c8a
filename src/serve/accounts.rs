//! The file of `serve --basic`: a name and the bcrypt hash of a password in each line, as Apache's `htpasswd -B` writes it.
//!
//! What enters: the file's text, then names and passwords. What leaves: whether they match. Absent: passwords in plain
//! text, and hashes that are fast to guess.

use std::collections::HashMap;
use std::fmt;

/// Names, and the hashes of their passwords.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    hashes: HashMap<String, String>,
}

/// Why a text is not a valid accounts file. It never shows the file's contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountsError {
    /// This line, counted from 1, is not a name and a bcrypt hash.
    BadLine(usize),
    /// It has no users.
    Empty,
}

impl fmt::Display for AccountsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadLine(number) => write!(
                formatter,
                "line {number} is not `name:hash` with a bcrypt hash; `htpasswd -B FILE NAME` writes one"
            ),
            Self::Empty => {
                formatter.write_str("the file has no users; `htpasswd -cB FILE NAME` writes the first line")
            }
        }
    }
}

impl std::error::Error for AccountsError {}

impl Accounts {
    /// Reads a file's text.
    ///
    /// # Errors
    /// See [`AccountsError`].
    pub fn read(text: &str) -> Result<Self, AccountsError> {
        let mut hashes = HashMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, hash) = line
                .split_once(':')
                .filter(|(_, hash)| is_bcrypt(hash))
                .ok_or(AccountsError::BadLine(number))?;
            hashes.insert(name.to_owned(), hash.to_owned());
        }
        if hashes.is_empty() {
            return Err(AccountsError::Empty);
        }
        Ok(Self { hashes })
    }

    /// Whether the password belongs to the name. This is slow, as bcrypt is meant to be.
    #[must_use]
    pub(crate) fn fit(&self, name: &str, password: &str) -> bool {
        self.hashes.get(name).is_some_and(|hash| bcrypt::verify(password, hash).unwrap_or(false))
    }
}

fn is_bcrypt(hash: &str) -> bool {
    ["$2a$", "$2b$", "$2x$", "$2y$"].iter().any(|begin| hash.starts_with(begin)) && hash.len() == 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_hash_only() {
        let hash = bcrypt::hash("secret", 4).expect("bcrypt works").replace("$2b$", "$2y$");
        let accounts = Accounts::read(&format!("# people\n\nCORP\\alice:{hash}\n")).expect("a good file");
        assert!(accounts.fit(r"CORP\alice", "secret"));
        assert!(!accounts.fit(r"CORP\alice", "Secret"));
        assert!(!accounts.fit("bob", "secret"));
    }

    #[test]
    fn a_plain_password_is_refused_and_not_repeated() {
        let why = Accounts::read("alice:hunter2").expect_err("a plain password").to_string();
        assert!(why.starts_with("line 1") && !why.contains("hunter2"), "{why}");
        assert!(Accounts::read("# nobody").is_err());
    }
}
