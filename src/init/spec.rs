//! Turns answers into a spec: the key that each becomes, and the comments.

use serde_json::{Map, Value, json};

use super::question::{HTTPS, YES};
use super::{Answers, Question};
use crate::schema::{self, SCHEMA};
use crate::spec::{API_VERSION, ActivationSpec, Pointer, pointer};
use crate::yaml::{self, BLANK, Remarks};

/// What is written if an answer is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gaps {
    /// [`BLANK`], for the author.
    Left,
    /// A value that passes every rule, so that the other answers can be checked.
    Bridged,
}

/// The whole file.
pub(super) fn text(answers: &Answers, gaps: Gaps) -> String {
    let spec = Spec { answers, gaps };
    let json = spec.json();
    let mut remarks = Remarks::new();
    describe(&json, &mut Vec::new(), &mut remarks);
    for (pointer, words) in spec.to_do(&json) {
        remarks.entry(pointer.to_string()).or_default().push(words);
    }
    format!("{}\n{}", head(answers), yaml::document(&json, &remarks))
}

fn head(answers: &Answers) -> String {
    let site = answers.value(Question::Site).unwrap_or_default();
    let words = format!(
        "Kallithea under IIS, in the site {site}. Created by `kallithea-iisc init`; edit it as you like. The \
         project's docs/spec.md lists all keys with their defaults; `kallithea-iisc schema -o \
         deploy.schema.json` lets an editor complete and check them."
    );
    format!("# yaml-language-server: $schema=deploy.schema.json\n#\n{}", yaml::comment("", &words))
}

/// A comment for every key: the first paragraph of the schema's description.
fn describe(value: &Value, steps: &mut Vec<String>, remarks: &mut Remarks) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            steps.push(key.clone());
            let path: Vec<&str> = steps.iter().map(String::as_str).collect();
            let said = schema::at(&SCHEMA, &path).and_then(|schema| schema.get("description")?.as_str());
            let words = said.and_then(|said| said.split("\n\n").next()).unwrap_or_default();
            remarks.insert(format!("/{}", steps.join("/")), vec![words.to_owned()]);
            describe(value, steps, remarks);
            steps.pop();
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| {
            steps.push(index.to_string());
            describe(item, steps, remarks);
            steps.pop();
        }),
        _ => {}
    }
}

struct Spec<'a> {
    answers: &'a Answers,
    gaps: Gaps,
}

impl Spec<'_> {
    fn json(&self) -> Value {
        let given = |question| self.given(question, BLANK);
        json!({
            "apiVersion": API_VERSION,
            "name": given(Question::Name),
            "target": { "architecture": given(Question::Architecture) },
            "kallithea": {
                "distribution": given(Question::Distribution),
                "repositories": given(Question::Repositories),
            },
            "python": self.python(),
            "site": self.site(),
            "virtualDirectory": { "path": given(Question::Path) },
            "authentication": self.authentication(),
            "tls": self.tls(),
        })
    }

    /// An answer, or what replaces it.
    fn given(&self, question: Question, bridge: &str) -> String {
        let gap = if self.gaps == Gaps::Bridged { bridge } else { BLANK };
        self.answers.value(question).filter(|text| !text.is_empty()).unwrap_or_else(|| gap.to_owned())
    }

    fn python(&self) -> Value {
        let mut python = Map::new();
        python.insert("home".into(), self.given(Question::PythonHome, BLANK).into());
        python.insert("version".into(), self.given(Question::PythonVersion, BLANK).into());
        let environment = self.answers.value(Question::VirtualEnvironment).filter(|text| !text.is_empty());
        if let Some(environment) = environment {
            python.insert("virtualEnvironment".into(), environment.into());
        }
        python.into()
    }

    fn site(&self) -> Value {
        let mut site = Map::new();
        site.insert("name".into(), self.given(Question::Site, BLANK).into());
        if self.answers.is(Question::ExistingSite, YES) {
            site.insert("existing".into(), true.into());
            if Question::SiteId.applies(self.answers) {
                site.insert("id".into(), number(&self.given(Question::SiteId, "2")));
            }
        } else {
            site.insert("bindings".into(), json!([self.binding()]));
        }
        site.into()
    }

    fn binding(&self) -> Value {
        let protocol = self.given(Question::Protocol, BLANK);
        let is_https = protocol == HTTPS;
        let mut binding = Map::new();
        binding.insert("protocol".into(), protocol.into());
        binding.insert("port".into(), number(&self.given(Question::Port, BLANK)));
        let host_name = self.answers.value(Question::HostName).unwrap_or_default();
        let is_named = !host_name.is_empty();
        if is_named {
            binding.insert("hostName".into(), host_name.into());
        }
        if is_https {
            let thumbprint = self.given(Question::Thumbprint, &"0".repeat(40));
            binding.insert("certificate".into(), json!({ "thumbprint": thumbprint }));
        }
        if is_https && is_named {
            binding.insert("serverNameIndication".into(), true.into());
        }
        binding.into()
    }

    fn authentication(&self) -> Value {
        let mut authentication = Map::new();
        authentication.insert("mode".into(), self.given(Question::Authentication, BLANK).into());
        let domains = self.domains();
        if !domains.is_empty() {
            authentication.insert("domains".into(), json!(domains));
        }
        if Question::Basic.applies(self.answers) {
            authentication.insert("basicAuthentication".into(), self.basic(&domains));
        }
        if Question::LdapHost.applies(self.answers) {
            let ldap = json!({
                "host": self.given(Question::LdapHost, "dc01.example.com"),
                "baseDn": self.given(Question::LdapBaseDn, "dc=example,dc=com"),
            });
            authentication.insert("ldap".into(), ldap);
        }
        authentication.insert("activation".into(), ActivationSpec::Automatic.as_word().into());
        authentication.insert("anonymousAccess".into(), false.into());
        authentication.into()
    }

    fn domains(&self) -> Vec<String> {
        let answer =
            self.answers.value(Question::Domains).filter(|_| Question::Domains.applies(self.answers));
        let named = answer.unwrap_or_default();
        named.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// A user who types a name without a domain means the first domain of the list: IIS would pass on the bare name, and
    /// bare names are allowed for this domain only.
    fn basic(&self, domains: &[String]) -> Value {
        let enabled = self.answers.is(Question::Basic, YES);
        match domains.first().filter(|_| enabled) {
            Some(domain) => json!({ "enabled": enabled, "defaultLogonDomain": domain }),
            None => json!({ "enabled": enabled }),
        }
    }

    /// The protocol is asked only for a new site; an existing one must have https if passwords are sent.
    fn tls(&self) -> Value {
        let asks_for_passwords =
            !Question::Basic.applies(self.answers) || self.answers.is(Question::Basic, YES);
        let required = match self.answers.is(Question::ExistingSite, YES) {
            true => asks_for_passwords,
            false => self.answers.is(Question::Protocol, HTTPS),
        };
        json!({ "required": required })
    }

    /// What the author still has to do, by JSON pointer.
    fn to_do(&self, json: &Value) -> Vec<(Pointer, String)> {
        let mut to_do = Vec::new();
        let thumbprint = pointer!(site.bindings[0].certificate?.thumbprint);
        if json.pointer(thumbprint.as_ref()).is_some_and(|value| value == BLANK) {
            let words = r"TO DO: fill in the thumbprint. In PowerShell, Get-ChildItem Cert:\LocalMachine\My shows the server's certificates.";
            to_do.push((thumbprint, words.to_owned()));
        }
        if self.answers.is(Question::ExistingSite, YES) && json["tls"]["required"] == true {
            let words = "The site needs its own https binding: IIS then answers 403.4 to Kallithea's URLs \
                without TLS.";
            to_do.push((pointer!(tls.required), words.to_owned()));
        }
        to_do
    }
}

/// A number if the text is one; the schema refuses anything else.
fn number(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| text.into(), Value::from)
}
