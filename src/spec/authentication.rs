//! Who the user is, and who says so: `authentication`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::forms;
use super::words::words;

/// Who finds out who the user is, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuthenticationSpec {
    /// `windows`: IIS signs the user on and Kallithea believes it. `ldap`: Kallithea asks a directory.
    /// `internal`: Kallithea's own accounts.
    pub mode: ModeSpec,
    /// The domains whose users are let in, for mode `windows`, by their short names, as in `CORP\alice`; the bridge answers
    /// all others 403. Default: every domain that the server trusts.
    #[schemars(length(max = 100), extend("uniqueItems" = true, "examples" = [["CORP"]]))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// IIS's Windows authentication, for mode `windows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows_authentication: Option<WindowsAuthenticationSpec>,
    /// IIS's Basic authentication beside Windows authentication, for hg and git clients, which do not sign
    /// on by themselves. It sends passwords, so it needs TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_authentication: Option<BasicAuthenticationSpec>,
    /// IIS's anonymous authentication. It follows from the mode: off for `windows`, on for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_authentication: Option<AnonymousAuthenticationSpec>,
    /// Kallithea's `auth_container` plugin, for mode `windows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<ContainerSpec>,
    /// Kallithea's `auth_ldap` plugin, for mode `ldap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ldap: Option<LdapSpec>,
    /// What becomes of a user whom Kallithea sees for the first time. `manual` leaves the account inactive
    /// until an administrator activates it.
    pub activation: ActivationSpec,
    /// Kallithea's anonymous access: whether repositories may be read without signing on at all.
    pub anonymous_access: bool,
}

words! {
    /// Who finds out who the user is.
    #[derive(Default)]
    pub enum ModeSpec, as_word {
        /// IIS, by Windows authentication: single sign-on.
        #[default]
        Windows = "windows",
        /// Kallithea, by asking an LDAP server such as Active Directory.
        Ldap = "ldap",
        /// Kallithea, by its own accounts.
        Internal = "internal",
    }
}

/// IIS's Windows authentication (`system.webServer/security/authentication/windowsAuthentication`). Kerberos signs each request
/// on, whatever the server says of `authPersistNonNTLM`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WindowsAuthenticationSpec {
    /// What IIS offers, the best first. NTLM, which `Negotiate` falls back to, signs a whole connection on: behind a farm's
    /// front or one of `bridge.trustedProxies` only `Negotiate:Kerberos` is taken.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub providers: Vec<ProviderSpec>,
    /// Whether Windows checks tickets in the kernel, with the machine's account. `Negotiate:Kerberos` needs `false`.
    pub use_kernel_mode: bool,
    /// Whether tickets are checked with the pool's account although in the kernel, as Kerberos needs
    /// where the pool runs as a domain account. Default: `true` for `SpecificUser`, else `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_app_pool_credentials: Option<bool>,
    /// Whether a sign-on is bound to the TLS channel it came through, or to the server's name, against relaying.
    pub extended_protection: ExtendedProtectionSpec,
    /// To what a sign-on is bound, as the `flags` of IIS; an empty list for the TLS channel, which has to end at IIS. Default: an
    /// empty list where every client comes by TLS, `Proxy` behind a farm's front that they reach by TLS, else `Proxy` and
    /// `ProxyCohosting`. With `bridge.trustedProxies` and no farm they are to be given.
    #[schemars(extend("uniqueItems" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_protection_flags: Option<Vec<ExtendedProtectionFlagSpec>>,
    /// The names for which clients may have asked for a ticket, where `Proxy` is among the flags. Default: `HTTP/` and each host
    /// name that clients connect to.
    #[schemars(
        length(max = 64),
        transform = forms::Texts(forms::SERVICE_PRINCIPAL_NAME),
        extend("uniqueItems" = true, "examples" = [["HTTP/kallithea.corp.example.com"]])
    )]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service_principal_names: Vec<String>,
}

impl Default for WindowsAuthenticationSpec {
    fn default() -> Self {
        Self {
            providers: vec![ProviderSpec::Negotiate, ProviderSpec::Ntlm],
            use_kernel_mode: true,
            use_app_pool_credentials: None,
            extended_protection: ExtendedProtectionSpec::default(),
            extended_protection_flags: None,
            service_principal_names: Vec::new(),
        }
    }
}

words! {
    /// A provider of Windows authentication.
    pub enum ProviderSpec, as_iis, from_iis {
        /// Kerberos, or NTLM where Kerberos is not possible.
        Negotiate = "Negotiate",
        /// NTLM only.
        Ntlm = "NTLM",
        /// Kerberos only.
        Kerberos = "Negotiate:Kerberos",
    }
}

words! {
    /// To what a sign-on is bound: page `windowsauthentication/extendedprotection` of IIS's reference.
    pub enum ExtendedProtectionFlagSpec, as_iis, from_iis {
        /// The client's TLS connection may end before IIS, and IIS looks at the name for which the client asked for a ticket.
        Proxy = "Proxy",
        /// With `Proxy`: clients may come by plain http all the way.
        ProxyCohosting = "ProxyCohosting",
        /// The name is not looked at.
        NoServiceNameCheck = "NoServiceNameCheck",
        /// Names without a dot are names, too. Whoever can answer for such a name on the network can relay a sign-on.
        AllowDotlessSpn = "AllowDotlessSpn",
    }
}

words! {
    /// How strictly IIS checks channel bindings.
    #[derive(Default)]
    pub enum ExtendedProtectionSpec, as_iis, from_iis {
        /// Not at all.
        #[default]
        None = "None",
        /// For clients that send them.
        Allow = "Allow",
        /// For every client.
        Require = "Require",
    }
}

/// IIS's Basic authentication (`system.webServer/security/authentication/basicAuthentication`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BasicAuthenticationSpec {
    /// Whether IIS offers Basic.
    pub enabled: bool,
    /// The realm that clients show; empty for the host name.
    pub realm: String,
    /// The domain of names that come without one.
    pub default_logon_domain: String,
}

/// IIS's anonymous authentication (`system.webServer/security/authentication/anonymousAuthentication`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AnonymousAuthenticationSpec {
    /// Whether IIS lets everyone through.
    pub enabled: bool,
}

/// Kallithea's `auth_container` plugin: the names of environ keys, as Kallithea's
/// administration page has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ContainerSpec {
    /// The environ key that holds the user's name.
    #[schemars(length(max = 4096), transform = forms::Text(forms::ENVIRON_KEY))]
    pub header: String,
    /// Whether `CORP\alice` becomes `alice`.
    pub clean_username: bool,
    /// The environ key that holds the e-mail address; empty for none.
    #[schemars(length(max = 4096), transform = forms::Text(forms::ANY_ENVIRON_KEY))]
    pub email_header: String,
    /// The environ key that holds the first name; empty for none.
    #[schemars(length(max = 4096), transform = forms::Text(forms::ANY_ENVIRON_KEY))]
    pub first_name_header: String,
    /// The environ key that holds the last name; empty for none.
    #[schemars(length(max = 4096), transform = forms::Text(forms::ANY_ENVIRON_KEY))]
    pub last_name_header: String,
    /// The environ key that is believed where `header` is empty. Kallithea's own default is a header that
    /// any client can send, so it is blank here.
    #[schemars(length(max = 4096), transform = forms::Text(forms::ANY_ENVIRON_KEY))]
    pub fallback_header: String,
}

impl Default for ContainerSpec {
    fn default() -> Self {
        Self {
            header: "REMOTE_USER".to_owned(),
            clean_username: true,
            email_header: String::new(),
            first_name_header: String::new(),
            last_name_header: String::new(),
            fallback_header: String::new(),
        }
    }
}

/// What becomes of a user whom Kallithea sees for the first time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ActivationSpec {
    /// The account is made and active at once.
    #[default]
    Automatic,
    /// The account is made, and an administrator activates it.
    Manual,
}

/// Kallithea's `auth_ldap` plugin. The bind account's password never stands here: `apply_settings.py
/// --ldap-password-from` takes it on the server. 4096 characters are what Kallithea's database holds of a setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["host", "baseDn"]))]
pub struct LdapSpec {
    /// The server's host name or address, an IPv6 address in brackets; several, separated by commas, are tried in turn.
    #[schemars(length(min = 1, max = 4096), transform = forms::Text(forms::DIRECTORY_HOSTS), extend("examples" = ["dc01.corp.example.com"]))]
    pub host: String,
    /// The port. Default: 636 for `LDAPS`, else 389.
    #[schemars(range(min = 1, max = 65535))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is protected.
    pub connection_security: LdapSecuritySpec,
    /// How strictly the server's certificate is checked.
    pub certificate_checks: LdapCertificateSpec,
    /// The folder of the certificates by which the directory's own is checked, each named by its hash as OpenSSL
    /// does; empty for those that the LDAP library trusts by itself.
    #[schemars(length(max = 4096))]
    pub ca_certificates: String,
    /// The account that searches. With `$login` in it and no password in the database, every user binds
    /// as himself.
    #[schemars(length(max = 4096))]
    pub bind_account: String,
    /// Where the search begins.
    #[schemars(length(min = 1, max = 4096), extend("examples" = ["dc=corp,dc=example,dc=com"]))]
    pub base_dn: String,
    /// A filter that narrows the search, in parentheses.
    #[schemars(length(max = 4096), extend("examples" = ["(memberOf=cn=developers,ou=groups,dc=corp,dc=example,dc=com)"]))]
    pub filter: String,
    /// How deep the search goes.
    pub search_scope: LdapScopeSpec,
    /// The attribute that holds the login name.
    #[schemars(length(min = 1, max = 4096))]
    pub login_attribute: String,
    /// The attribute that holds the first name.
    #[schemars(length(max = 4096))]
    pub first_name_attribute: String,
    /// The attribute that holds the last name.
    #[schemars(length(max = 4096))]
    pub last_name_attribute: String,
    /// The attribute that holds the e-mail address.
    #[schemars(length(max = 4096))]
    pub email_attribute: String,
}

impl Default for LdapSpec {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: None,
            connection_security: LdapSecuritySpec::default(),
            certificate_checks: LdapCertificateSpec::default(),
            ca_certificates: String::new(),
            bind_account: String::new(),
            base_dn: String::new(),
            filter: String::new(),
            search_scope: LdapScopeSpec::default(),
            login_attribute: "sAMAccountName".to_owned(),
            first_name_attribute: "givenName".to_owned(),
            last_name_attribute: "sn".to_owned(),
            email_attribute: "mail".to_owned(),
        }
    }
}

words! {
    /// How the connection to the directory is protected (auth_ldap's `tls_kind`).
    #[derive(Default)]
    pub enum LdapSecuritySpec, as_kallithea {
        /// Not at all: passwords cross the network in the clear.
        Plain = "PLAIN",
        /// TLS from the first byte.
        #[default]
        Ldaps = "LDAPS",
        /// TLS after a plain greeting.
        StartTls = "START_TLS",
    }
}

words! {
    /// How strictly the directory's certificate is checked (auth_ldap's `tls_reqcert`).
    #[derive(Default)]
    pub enum LdapCertificateSpec, as_kallithea {
        /// Not at all.
        Never = "NEVER",
        /// A bad one is taken.
        Allow = "ALLOW",
        /// A bad one is refused, none is taken.
        Try = "TRY",
        /// A good one is needed.
        #[default]
        Demand = "DEMAND",
        /// The same as `DEMAND`.
        Hard = "HARD",
    }
}

words! {
    /// How deep the search goes (auth_ldap's `search_scope`).
    #[derive(Default)]
    pub enum LdapScopeSpec, as_kallithea {
        /// The base alone.
        Base = "BASE",
        /// One level below the base.
        OneLevel = "ONELEVEL",
        /// Everything below the base.
        #[default]
        SubTree = "SUBTREE",
    }
}
