//! Who the user is, and who says so: `authentication`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::forms;
use super::words::words;

/// Who signs users on, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuthenticationSpec {
    /// `windows`: IIS signs users on, and Kallithea trusts IIS. `ldap`: Kallithea queries a directory. `internal`:
    /// Kallithea uses its own accounts.
    pub mode: ModeSpec,
    /// The domains whose users are admitted, for mode `windows`. Write their short names, as in `CORP\alice`. The
    /// bridge answers 403 to all other users. Default: every domain that the server trusts.
    #[schemars(length(max = 100), extend("uniqueItems" = true, "examples" = [["CORP"]]))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// IIS's Windows authentication, for mode `windows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows_authentication: Option<WindowsAuthenticationSpec>,
    /// IIS's Basic authentication in addition to Windows authentication, for hg and git clients that do not sign on
    /// automatically. It sends passwords, so it needs TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_authentication: Option<BasicAuthenticationSpec>,
    /// IIS's anonymous authentication. The mode decides it: off for `windows`, on for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_authentication: Option<AnonymousAuthenticationSpec>,
    /// Kallithea's `auth_container` plugin, for mode `windows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<ContainerSpec>,
    /// Kallithea's `auth_ldap` plugin, for mode `ldap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ldap: Option<LdapSpec>,
    /// What happens when Kallithea sees a user for the first time. `manual` leaves the account inactive until an
    /// administrator activates it.
    pub activation: ActivationSpec,
    /// Kallithea's anonymous access: whether users may read repositories without signing on.
    pub anonymous_access: bool,
}

words! {
    /// Who signs users on.
    #[derive(Default)]
    pub enum ModeSpec, as_word {
        /// IIS, with Windows authentication: single sign-on.
        #[default]
        Windows = "windows",
        /// Kallithea, with an LDAP server such as Active Directory.
        Ldap = "ldap",
        /// Kallithea, with its own accounts.
        Internal = "internal",
    }
}

/// IIS's Windows authentication (`system.webServer/security/authentication/windowsAuthentication`). Kerberos signs on
/// each request, whatever the server's `authPersistNonNTLM` is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WindowsAuthenticationSpec {
    /// The providers that IIS offers, the best first. `Negotiate` falls back to NTLM, which signs on a whole
    /// connection. Behind a farm's front or one of `bridge.trustedProxies` only `Negotiate:Kerberos` is allowed.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub providers: Vec<ProviderSpec>,
    /// Whether Windows checks tickets in kernel mode, with the machine's account. `Negotiate:Kerberos` needs `false`.
    pub use_kernel_mode: bool,
    /// Whether kernel mode checks tickets with the pool's account. Kerberos needs this if the pool runs as a domain
    /// account. Default: `true` for `SpecificUser`, else `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_app_pool_credentials: Option<bool>,
    /// Whether a sign-on is bound to its TLS channel or to the server's name, to prevent relay attacks.
    pub extended_protection: ExtendedProtectionSpec,
    /// What a sign-on is bound to, as the `flags` of IIS. An empty list binds it to the TLS channel, which must end
    /// at IIS. With `bridge.trustedProxies` and no farm you must give the flags. Default: an empty list if every
    /// client uses TLS, `Proxy` behind a farm's front that clients reach by TLS, else `Proxy` and `ProxyCohosting`.
    #[schemars(extend("uniqueItems" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_protection_flags: Option<Vec<ExtendedProtectionFlagSpec>>,
    /// The names for which a client's ticket is valid, if `Proxy` is one of the flags. Default: `HTTP/` and each host
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
    /// What a sign-on is bound to: page `windowsauthentication/extendedprotection` of IIS's reference.
    pub enum ExtendedProtectionFlagSpec, as_iis, from_iis {
        /// The client's TLS connection may end before IIS, and IIS checks the name in the client's ticket.
        Proxy = "Proxy",
        /// With `Proxy`: clients may use plain http all the way.
        ProxyCohosting = "ProxyCohosting",
        /// IIS does not check the name.
        NoServiceNameCheck = "NoServiceNameCheck",
        /// IIS accepts names without a dot. Any machine that answers for such a name on the network can relay a sign-on.
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
    /// Whether IIS offers Basic authentication.
    pub enabled: bool,
    /// The realm that clients show; empty for the host name.
    pub realm: String,
    /// The domain for names without one.
    pub default_logon_domain: String,
}

/// IIS's anonymous authentication (`system.webServer/security/authentication/anonymousAuthentication`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AnonymousAuthenticationSpec {
    /// Whether IIS lets everyone through.
    pub enabled: bool,
}

/// Kallithea's `auth_container` plugin: the names of environ keys, as on Kallithea's administration page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ContainerSpec {
    /// The environ key of the user's name.
    #[schemars(length(max = 4096), transform = forms::Text(forms::ENVIRON_KEY))]
    pub header: String,
    /// Whether `CORP\alice` becomes `alice`.
    pub clean_username: bool,
    /// The environ key of the e-mail address; empty for none.
    #[schemars(length(max = 4096), transform = forms::Text(forms::ANY_ENVIRON_KEY))]
    pub email_header: String,
    /// The environ key of the first name; empty for none.
    #[schemars(length(max = 4096), transform = forms::Text(forms::ANY_ENVIRON_KEY))]
    pub first_name_header: String,
    /// The environ key of the last name; empty for none.
    #[schemars(length(max = 4096), transform = forms::Text(forms::ANY_ENVIRON_KEY))]
    pub last_name_header: String,
    /// The environ key that Kallithea uses if `header` is empty. Kallithea's own default is a header that any client
    /// can send, so the default here is empty.
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

words! {
    /// What happens when Kallithea sees a user for the first time.
    #[derive(Default)]
    pub enum ActivationSpec, as_word {
        /// Kallithea creates an active account.
        #[default]
        Automatic = "automatic",
        /// Kallithea creates an inactive account, and an administrator activates it.
        Manual = "manual",
    }
}

/// Kallithea's `auth_ldap` plugin. The spec never contains the bind account's password: give it on the server with
/// `apply_settings.py --ldap-password-from`. Kallithea's database stores at most 4096 characters of a setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["host", "baseDn"]))]
pub struct LdapSpec {
    /// The server's host name or address, with an IPv6 address in brackets. Kallithea tries several, separated by
    /// commas, in turn.
    #[schemars(length(min = 1, max = 4096), transform = forms::Text(forms::DIRECTORY_HOSTS), extend("examples" = ["dc01.corp.example.com"]))]
    pub host: String,
    /// The port. Default: 636 for `LDAPS`, else 389.
    #[schemars(range(min = 1, max = 65535))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is protected.
    pub connection_security: LdapSecuritySpec,
    /// How strictly Kallithea checks the server's certificate.
    pub certificate_checks: LdapCertificateSpec,
    /// The folder with the certificates of trusted authorities, each named after its OpenSSL hash. Empty for those
    /// that the LDAP library trusts by default.
    #[schemars(length(max = 4096))]
    pub ca_certificates: String,
    /// The account that searches. If it contains `$login` and the database has no password, every user binds with
    /// their own account.
    #[schemars(length(max = 4096))]
    pub bind_account: String,
    /// The base DN of the search.
    #[schemars(length(min = 1, max = 4096), extend("examples" = ["dc=corp,dc=example,dc=com"]))]
    pub base_dn: String,
    /// A filter that narrows the search, in parentheses.
    #[schemars(length(max = 4096), extend("examples" = ["(memberOf=cn=developers,ou=groups,dc=corp,dc=example,dc=com)"]))]
    pub filter: String,
    /// The depth of the search.
    pub search_scope: LdapScopeSpec,
    /// The attribute of the login name.
    #[schemars(length(min = 1, max = 4096))]
    pub login_attribute: String,
    /// The attribute of the first name.
    #[schemars(length(max = 4096))]
    pub first_name_attribute: String,
    /// The attribute of the last name.
    #[schemars(length(max = 4096))]
    pub last_name_attribute: String,
    /// The attribute of the e-mail address.
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
        /// Not at all: passwords cross the network in clear text.
        Plain = "PLAIN",
        /// TLS from the first byte.
        #[default]
        Ldaps = "LDAPS",
        /// TLS after a plain start (StartTLS).
        StartTls = "START_TLS",
    }
}

words! {
    /// How strictly Kallithea checks the directory's certificate (auth_ldap's `tls_reqcert`).
    #[derive(Default)]
    pub enum LdapCertificateSpec, as_kallithea {
        /// Not at all.
        Never = "NEVER",
        /// An invalid certificate is accepted.
        Allow = "ALLOW",
        /// An invalid certificate is refused, a missing one is accepted.
        Try = "TRY",
        /// A valid certificate is required.
        #[default]
        Demand = "DEMAND",
        /// The same as `DEMAND`.
        Hard = "HARD",
    }
}

words! {
    /// The depth of the search (auth_ldap's `search_scope`).
    #[derive(Default)]
    pub enum LdapScopeSpec, as_kallithea {
        /// Only the base.
        Base = "BASE",
        /// One level below the base.
        OneLevel = "ONELEVEL",
        /// Everything below the base.
        #[default]
        SubTree = "SUBTREE",
    }
}
