//! URL authorization: which users, roles and methods the configuration admits after they are signed on.
//!
//! Microsoft's page "Understanding IIS URL Authorization": a rule that denies counts before every rule that allows, whatever
//! level it is on, and a request that no rule allows is denied. Absent: which roles a user has. `route` does not know who
//! asks, so a rule for some users is said and not decided.

use iis_config::markup::Element;

use super::{Stop, Way};

const SECTION: &str = "system.webServer/security/authorization";
const PAGE: &str = "iis/configuration/system.webserver/security/authorization/";
const MODULE: &str = "UrlAuthorizationModule";

/// The status of a denied request. Microsoft's pages do not agree on its sub-status.
const DENIED: &str = "401";

/// How a rule concerns the users of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Concerns {
    /// All of them.
    Everybody,
    /// Those with these names and roles.
    Some(String),
    /// None of them.
    Nobody,
}

impl Way<'_, '_> {
    /// Whether the rules admit the request.
    pub(super) fn authorization(&mut self) -> Result<(), Stop> {
        let effective = self.effective();
        let rules = effective.entries_of_keys(SECTION, "", &["users", "roles", "verbs"]);
        // A server without the role service has neither the module nor the section.
        if !effective.has(SECTION) || !self.may_run(MODULE) {
            return Ok(());
        }
        let of = |access: &str| -> Vec<Concerns> {
            let rules =
                rules.iter().filter(|rule| rule.says("accessType", access) && self.is_for_method(rule));
            rules.map(|rule| self.concerns(rule)).filter(|found| *found != Concerns::Nobody).collect()
        };
        let (denied, allowed) = (of("Deny"), of("Allow"));
        let why = |what: &str| format!("{what} ({SECTION}): change the rules for this path");
        if denied.contains(&Concerns::Everybody) {
            return Err((DENIED, why("URL authorization denies everybody")));
        }
        if allowed.is_empty() {
            return Err((DENIED, why("URL authorization allows nobody")));
        }
        let listed = |found: &[Concerns]| -> String {
            let some = found.iter().filter_map(|found| match found {
                Concerns::Some(names) => Some(names.as_str()),
                Concerns::Everybody | Concerns::Nobody => None,
            });
            some.collect::<Vec<_>>().join(", ")
        };
        let mut says = match allowed.contains(&Concerns::Everybody) {
            true => "allows everybody".to_owned(),
            false => format!("allows only {}, and answers {DENIED} to others", listed(&allowed)),
        };
        if !denied.is_empty() {
            says += &format!("; denies {}", listed(&denied));
        }
        self.note("URL authorization", PAGE, says);
        Ok(())
    }

    fn is_for_method(&self, rule: &Element<'_>) -> bool {
        let verbs = rule.value("verbs").unwrap_or_default();
        verbs.trim().is_empty() || verbs.split(',').any(|verb| verb.trim() == self.request.method)
    }

    /// `*` is everybody, and `?` is whoever is not signed on.
    fn concerns(&self, rule: &Element<'_>) -> Concerns {
        let listed = |name: &str| -> Vec<String> {
            let names = rule.value(name).unwrap_or_default().split(',').map(str::trim);
            names.filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
        };
        let (users, roles) = (listed("users"), listed("roles"));
        let is_anonymous = self.is_anonymous();
        if users.iter().any(|user| user == "*" || user == "?" && is_anonymous) {
            return Concerns::Everybody;
        }
        if is_anonymous {
            return Concerns::Nobody;
        }
        let users = users.into_iter().filter(|user| user != "?").map(|user| format!("the user {user}"));
        let named: Vec<String> =
            users.chain(roles.into_iter().map(|role| format!("the role {role}"))).collect();
        if named.is_empty() { Concerns::Nobody } else { Concerns::Some(named.join(", ")) }
    }
}
