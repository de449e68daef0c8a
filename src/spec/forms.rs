//! The forms that texts of a spec have: what each is called, what it looks like, and what to write instead of another.
//!
//! A field names its form, and the schema has all three of it: `pattern`, `x-noun`, and `patternErrorMessage`, which editors
//! show. What is said of a text that does not have its form comes from there, so that no advice is for another key.

use regex::Regex;
use schemars::Schema;
use schemars::transform::Transform;

/// The key of the schema that says what a text is called.
pub const NOUN: &str = "x-noun";
/// The key of the schema that says what to write. It is that of the language servers for JSON and YAML.
pub const ADVICE: &str = "patternErrorMessage";
/// The key of the schema that says in what a number counts.
pub(crate) const UNIT: &str = "x-unit";

/// A form of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    noun: &'static str,
    pattern: &'static str,
    pub(super) advice: &'static str,
}

impl Form {
    /// What finds out whether a text has it.
    pub(super) fn regex(self) -> Regex {
        Regex::new(self.pattern).expect("a pattern of ours")
    }

    fn write(self, schema: &mut Schema) {
        schema.insert("pattern".to_owned(), self.pattern.into());
        schema.insert(NOUN.to_owned(), self.noun.into());
        schema.insert(ADVICE.to_owned(), self.advice.into());
    }
}

/// The form of a text.
pub(super) struct Text(pub Form);

impl Transform for Text {
    fn transform(&mut self, schema: &mut Schema) {
        self.0.write(schema);
    }
}

/// The form of each text in a list.
pub(super) struct Texts(pub Form);

impl Transform for Texts {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(items) = schema.get_mut("items").and_then(|items| <&mut Schema>::try_from(items).ok()) {
            self.0.write(items);
        }
    }
}

/// A name in outputs, of which an application pool may be called, too.
pub(super) const NAME: Form = Form {
    noun: "name",
    pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
    advice: "use at most 64 letters, digits, `-` and `_`, and begin with a letter or digit",
};
/// A name of PostgreSQL's or MySQL's that needs no escaping in a URL: the shorter of their limits (`NAMEDATALEN`).
pub(super) const DATABASE_NAME: Form = Form {
    noun: "name",
    pattern: "^[A-Za-z0-9_-]{1,63}$",
    advice: "use at most 63 letters, digits, `-` and `_`",
};
pub(super) const COOKIE_NAME: Form = Form {
    noun: "name",
    pattern: "^[A-Za-z0-9_-]{1,64}$",
    advice: "use at most 64 letters, digits, `-` and `_`",
};
pub(super) const PYTHON_VERSION: Form = Form {
    noun: "Python version",
    pattern: "^[0-9]+\\.[0-9]+(\\.[0-9]+)?$",
    advice: "write major and minor version in quotes, such as \"3.13\"",
};
pub(super) const LISTENING_ADDRESS: Form = Form {
    noun: "IP address",
    pattern: "^(\\*|[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9A-Fa-f:.]+\\])$",
    advice: "write `*`, an IPv4 address such as 192.0.2.1, or an IPv6 address in brackets",
};
pub(super) const HOST_NAME: Form = Form {
    noun: "host name",
    pattern: "^([A-Za-z0-9_*]([A-Za-z0-9_-]*[A-Za-z0-9])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*)?$",
    advice: "write a DNS name such as kallithea.example.com, without protocol and port",
};
pub(super) const DIRECTORY_HOSTS: Form = Form {
    noun: "directory host name",
    pattern: "^ *([A-Za-z0-9_][A-Za-z0-9_.-]*|\\[[0-9A-Fa-f:.]+\\])( *, *([A-Za-z0-9_][A-Za-z0-9_.-]*|\\[[0-9A-Fa-f:.]+\\]))* *$",
    advice: "write only host names, such as dc01.corp.example.com, separated by commas, and IPv6 addresses in brackets; use \
             `port` for the port and `connectionSecurity` for TLS",
};
pub(super) const MACHINE: Form = Form {
    noun: "host name or address",
    pattern: "^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$",
    advice: "write only a host name or an IPv4 address, without protocol and port",
};
pub(super) const SERVICE_PRINCIPAL_NAME: Form = Form {
    noun: "service principal name",
    pattern: "^HTTP/[A-Za-z0-9_]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?(:[0-9]{1,5})?$",
    advice: "write `HTTP/` and a host name, such as HTTP/kallithea.corp.example.com, and `:` and a port if clients ask so",
};
pub(super) const HEALTH_PATH: Form = Form {
    noun: "path below the application",
    pattern: "^(/[A-Za-z0-9._~-]+)+$",
    advice: "begin with `/`, and use letters, digits, `.`, `_`, `~` and `-` between single slashes",
};
pub(super) const THUMBPRINT: Form = Form {
    noun: "certificate thumbprint",
    pattern: "^[0-9A-Fa-f]{40}$",
    advice: "write the 40 hexadecimal digits that the certificate's Details tab shows, without spaces",
};
pub(super) const STORE: Form = Form {
    noun: "certificate store",
    pattern: "^[A-Za-z0-9 _-]{1,64}$",
    advice: "write the store's name, such as MY or WebHosting",
};
pub(super) const STATUS_CODES: Form = Form {
    noun: "list of status codes",
    pattern: "^[1-9][0-9]{2}(\\.[1-9][0-9]{0,2}|-[1-9][0-9]{2})?(,[1-9][0-9]{2}(\\.[1-9][0-9]{0,2}|-[1-9][0-9]{2})?)*$",
    advice: "separate codes and ranges by commas, without spaces: 400,404.2,500-599; use sub-status codes only outside ranges",
};
/// Less than a day, to the second.
pub(super) const TIME_SPAN: Form = Form {
    noun: "time span",
    pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
    advice: "write hh:mm:ss, such as 00:01:30",
};
/// IIS counts an idle worker process in minutes.
pub(super) const IDLE_TIME: Form = Form {
    noun: "time span",
    pattern: "^([0-9]{1,2}\\.)?([01][0-9]|2[0-3]):[0-5][0-9]:00$",
    advice: "write hh:mm:00 in whole minutes, such as 00:20:00",
};
/// IIS counts the time between restarts in minutes.
pub(super) const RESTART_TIME: Form = Form {
    noun: "time span",
    pattern: "^([0-9]{1,3}\\.)?([01][0-9]|2[0-3]):[0-5][0-9]:00$",
    advice: "write [days.]hh:mm:00 in whole minutes, such as 1.05:00:00",
};
pub(super) const TIME_OF_DAY: Form = Form {
    noun: "time of day",
    pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]:00$",
    advice: "write hh:mm:00, such as 03:30:00",
};
pub(super) const ENVIRON_KEY: Form = Form {
    noun: "environ key",
    pattern: "^[A-Z][A-Z0-9_]*$",
    advice: "use capital letters, digits and `_`, as in REMOTE_USER",
};
/// An environ key, or nothing.
pub(super) const ANY_ENVIRON_KEY: Form = Form { pattern: "^([A-Z][A-Z0-9_]*)?$", ..ENVIRON_KEY };
