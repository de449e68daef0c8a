//! The word that an author most likely meant.
//!
//! What enters: a word, and those that are possible. What leaves: one of them, if it is near. Absent: what the words mean.

use iis_config::Version;

use crate::diagnostic::Certainty;

/// Other words for the same, by the word of the spec.
const SYNONYMS: [(&str, &[&str]); 27] = [
    // Values.
    ("x64", &["amd64", "x86_64", "64", "64-bit", "win64"]),
    ("x86", &["i386", "i686", "32", "32-bit", "win32"]),
    ("warning", &["notice"]),
    ("error", &["critical", "fatal", "severe"]),
    ("debug", &["trace", "verbose", "all"]),
    ("postgresql", &["pg", "pgsql", "psql"]),
    ("mysql", &["mariadb"]),
    ("windows", &["kerberos", "ntlm", "negotiate", "spnego", "sso", "integrated", "iis", "container"]),
    ("ldap", &["ldaps", "ad", "active directory"]),
    ("internal", &["local", "built-in", "database", "forms"]),
    ("https", &["ssl", "tls"]),
    ("LDAPS", &["ssl", "tls"]),
    ("PLAIN", &["none", "off", "no", "false"]),
    ("None", &["off", "no", "false", "never"]),
    ("Require", &["always", "on", "yes", "true"]),
    ("NEVER", &["none", "off", "no", "false"]),
    ("DEMAND", &["always", "on", "yes", "true", "require", "required"]),
    ("SpecificUser", &["user", "account", "custom"]),
    ("ApplicationPoolIdentity", &["apppool", "apppoolidentity", "default", "virtual"]),
    ("AlwaysRunning", &["true", "yes", "on"]),
    ("OnDemand", &["lazy", "false", "no", "off"]),
    ("everybody", &["everyone", "all", "anyone"]),
    ("everywhere", &["anywhere", "all"]),
    // Keys.
    ("serverNameIndication", &["sni"]),
    ("thumbprint", &["hash", "certhash", "certificatehash", "sha1", "fingerprint"]),
    ("hostName", &["hostheader", "domain", "fqdn"]),
    ("virtualEnvironment", &["venv", "virtualenv"]),
];

/// Words that look like one of ours, and mean something else.
const OTHERS: [&str; 3] = ["mssql", "sqlserver", "oracle"];

/// The word without what people write differently.
fn bare(text: &str) -> String {
    text.to_lowercase().replace(['-', '_', ' '], "")
}

/// The candidate that differs only by a typing error, if there is one.
pub(super) fn mistyped<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = bare(word);
    candidates
        .map(|candidate| (strsim::osa_distance(&wanted, &bare(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The candidate that is another word for the same, or a longer or shorter form of it.
pub(super) fn meant<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let wanted = bare(word);
    let find = |is_it: &dyn Fn(&str) -> bool| candidates.iter().copied().find(|candidate| is_it(candidate));
    find(&|candidate| bare(candidate) == wanted)
        .or_else(|| find(&|candidate| is_synonym(word, candidate)))
        .or_else(|| find(&|candidate| wanted.len() >= 2 && bare(candidate).starts_with(&wanted)))
        .or_else(|| find(&|candidate| wanted.len() >= 4 && bare(candidate).contains(&wanted)))
        .or_else(|| {
            let shorter = candidates.iter().copied().filter(|candidate| candidate.len() >= 4);
            shorter.filter(|candidate| wanted.starts_with(&bare(candidate))).max_by_key(|it| it.len())
        })
}

/// The nearest of a key's words.
pub(super) fn word<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if OTHERS.contains(&bare(word).as_str()) {
        return None;
    }
    // A wrong digit is no typing error of a version.
    if candidates.iter().all(|candidate| candidate.starts_with(|first: char| first.is_ascii_digit())) {
        // Windows 7 has IIS 7.5.
        let is_of_windows = word.to_lowercase().contains("win");
        let number = word.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let number = if is_of_windows { "" } else { number };
        let find = |wanted: String| candidates.iter().copied().find(|candidate| *candidate == wanted);
        return find(number.to_owned())
            .or_else(|| find(format!("{number}.0")))
            .or_else(|| release(word, candidates));
    }
    meant(word, candidates).or_else(|| mistyped(word, candidates.iter().copied()))
}

/// Whether two words differ only in what people write differently.
pub(super) fn is_same(word: &str, other: &str) -> bool {
    bare(word) == bare(other)
}

/// Whether a text has the same letters and digits as another, in the same order, whatever is between them.
pub(super) fn is_kept(written: &str, right: &str) -> bool {
    let kept = |text: &str| {
        text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
    };
    kept(written) == kept(right)
}

/// How certain it is that the nearest of a key's words is meant: another one must not be near, too, and another word for the same
/// can have another meaning to its author.
pub(super) fn certainty(word: &str, near: &str, candidates: &[&str]) -> Certainty {
    let others: Vec<&str> = candidates.iter().copied().filter(|other| *other != near).collect();
    let is_version = is_number_of(word, near, candidates);
    let is_begun = word.len() > 2 && bare(near).starts_with(&bare(word));
    let is_mistyped = !is_synonym(word, near) && mistyped(word, std::iter::once(near)).is_some();
    let is_alone = self::word(word, &others).is_none();
    match is_same(word, near) || is_version || is_alone && (is_begun || is_mistyped) {
        true => Certainty::Certain,
        false => Certainty::Likely,
    }
}

/// Whether a word is the number of a version, or a release of Windows that has it.
fn is_number_of(word: &str, version: &str, candidates: &[&str]) -> bool {
    let number = word.trim().to_lowercase();
    let number = number.trim_start_matches("iis").trim_start_matches('v').trim();
    let is_version = version.starts_with(|first: char| first.is_ascii_digit());
    is_version
        && (number == version
            || version.strip_suffix(".0") == Some(number)
            || release(word, candidates) == Some(version))
}

fn is_synonym(word: &str, candidate: &str) -> bool {
    let words = SYNONYMS.iter().filter(|(ours, _)| *ours == candidate);
    words.flat_map(|(_, others)| others.iter()).any(|other| is_same(other, word))
}

/// The version of IIS in a release of Windows: `2022`, `Windows Server 2012 R2`.
fn release<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let words: Vec<&str> = word.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    let year: u32 = words
        .iter()
        .find_map(|word| word.trim_end_matches("r2").parse().ok().filter(|year| *year >= 2008))?;
    let is_second = words.iter().any(|word| word.ends_with("r2"));
    let of = |version: Version| {
        version.windows_releases().iter().any(|release| {
            let is_later = release.ends_with("and later") && year >= 2016 && release.contains("Server");
            let is_it = release.contains(&format!("Server {year}")) && release.ends_with("R2") == is_second;
            is_later || is_it
        })
    };
    let version = Version::ALL.into_iter().find(|version| of(*version))?;
    candidates.iter().copied().find(|candidate| *candidate == version.number())
}
