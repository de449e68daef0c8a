//! What a running bridge must not reveal: passwords, keys, the secrets of the ini file, session numbers.
//!
//! In: a deployment's ini file, and what was sent to it. Out: a failed test if its log or its server has revealed one
//! of them, as it is or in base64. Absent: the compiler's outputs, which contain none to begin with.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The password of the machine's administrator, as `cargo xtask test` makes it.
pub const ADMINISTRATORS: &str = "test-only";
/// The password of all other users who have one.
pub const PEOPLES: &str = "open-sesame";
/// The password of programs: for the account that searches a directory, and for the database.
pub const PROGRAMS: &str = "planted-s3cret";

/// The ini file's keys whose values are secrets.
const KEYS: [&str; 3] = ["session.secret", "beaker.session.secret", "app_instance_uuid"];

/// A session cookie's value begins with Beaker's signature, of this length.
const SIGNATURE: usize = 40;

/// Secrets, each with its description.
pub struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    /// All passwords, and the secrets of the ini file, if there is one.
    pub fn of(ini: &Path) -> Self {
        let mut secrets = Self(Vec::new());
        if let Ok(ini) = fs::read_to_string(ini) {
            for (key, value) in ini.lines().filter_map(|line| line.split_once('=')) {
                secrets.add("a secret of the ini file", KEYS.contains(&key.trim()).then(|| value.trim()));
            }
            assert!(!secrets.0.is_empty(), "the ini file has no secrets");
        }
        for password in [ADMINISTRATORS, PEOPLES, PROGRAMS] {
            secrets.add("a password", Some(password));
        }
        secrets
    }

    /// Those, and the secrets in the host's requests.
    pub fn and_of_requests(mut self, requests: &Value) -> Self {
        for request in requests.as_array().into_iter().flatten() {
            let text = |key: &str| request[key].as_str().unwrap_or_default();
            self.add("an API key", text("url").split_once("api_key=").map(|(_, key)| key));
            self.add(
                "a form's password",
                text("body").split('&').find(|field| field.starts_with("password=")),
            );
            for header in request["headers"].as_array().into_iter().flatten() {
                let [name, value] = [0, 1].map(|place| header[place].as_str().unwrap_or_default());
                self.add_header(name, value);
            }
        }
        self
    }

    fn add_header(&mut self, name: &str, value: &str) {
        if name.eq_ignore_ascii_case("Cookie") {
            let sessions =
                value.split("; ").filter_map(|cookie| cookie.split_once('=')).map(|(_, value)| value);
            sessions
                .filter(|value| value.len() > SIGNATURE)
                .for_each(|value| self.add("a session", Some(value.trim_matches('"'))));
        } else if name.eq_ignore_ascii_case("Authorization") {
            let secret = value.split_once(' ').map_or(value, |(_, secret)| secret);
            let decoded = STANDARD.decode(secret).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            self.add("credentials", Some(decoded.as_deref().unwrap_or(secret)));
        }
    }

    fn add(&mut self, what: &'static str, secret: Option<&str>) {
        self.0.extend(secret.filter(|secret| !secret.is_empty()).map(|secret| (what, secret.to_owned())));
    }

    /// Fails the test if `said` contains one of them.
    pub fn expect_kept(&self, who: &str, said: &str) {
        for (what, secret) in &self.0 {
            let is_said = said.contains(secret) || in_base64(secret).iter().any(|form| said.contains(form));
            assert!(!is_said, "{who} has {what}, {secret}: {said}");
        }
    }
}

/// The base64 forms of a text, for any position in a longer text. Letters that also depend on neighbouring text are left out.
fn in_base64(text: &str) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let encoded = STANDARD.encode([&vec![0; before], text.as_bytes()].concat());
        let [begin, end] = [(before * 8).div_ceil(6), (before + text.len()) * 8 / 6];
        encoded[begin..end].to_owned()
    })
}
