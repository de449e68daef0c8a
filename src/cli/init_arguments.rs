//! The arguments of `init`: one for each question.

use std::path::PathBuf;

use clap::Args;

use crate::init::Question;

/// The arguments of `init`.
#[derive(Args)]
pub(super) struct InitArguments {
    /// Write the spec to this file
    #[arg(short, long, value_name = "FILE", default_value = "deploy.yaml")]
    pub out: PathBuf,
    /// Ask nothing: use the default for every answer that is not given
    #[arg(short, long)]
    pub yes: bool,
    /// Read the sites from this applicationHost.config [default: this machine's, on Windows]
    #[arg(long, value_name = "FILE")]
    pub host_config: Option<PathBuf>,
    /// What would be asked.
    #[command(flatten)]
    pub answers: AnswerArguments,
}

/// A flag for each question.
#[derive(Args)]
#[command(next_help_heading = "Answers")]
pub(super) struct AnswerArguments {
    /// Name the site as in IIS Manager [default: Kallithea]
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Say whether that site already exists [default: as the server has it]
    #[arg(long, value_name = "yes|no", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    existing_site: Option<String>,
    /// Give the number of an existing site
    #[arg(long, value_name = "NUMBER")]
    site_id: Option<String>,
    /// Choose http or https [default: https]
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// Give the host name that users type [default: any]
    #[arg(long, value_name = "NAME")]
    host_name: Option<String>,
    /// Give the port [default: 443, or 80 for http]
    #[arg(long, value_name = "NUMBER")]
    port: Option<String>,
    /// Give the certificate's thumbprint [default: to be filled in]
    #[arg(long, value_name = "DIGITS")]
    thumbprint: Option<String>,
    /// Give Kallithea's path in the site [default: /, or /kallithea in an existing site]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Name Kallithea's folder [default: C:\inetpub\kallithea]
    #[arg(long, value_name = "DIR")]
    distribution: Option<String>,
    /// Name the folder of the repositories [default: repositories in Kallithea's folder]
    #[arg(long, value_name = "DIR")]
    repositories: Option<String>,
    /// Name the folder of python.exe [default: C:\Python313]
    #[arg(long, value_name = "DIR")]
    python_home: Option<String>,
    /// Choose Python 3.9 to 3.14 [default: 3.13]
    #[arg(long, value_name = "VERSION")]
    python_version: Option<String>,
    /// Choose x64 or x86, as Python is [default: x64]
    #[arg(long, value_name = "ARCHITECTURE")]
    architecture: Option<String>,
    /// Name the folder of Kallithea's virtual environment, or none [default: venv in Kallithea's folder]
    #[arg(long, value_name = "DIR|none")]
    virtual_environment: Option<String>,
    /// Choose who signs users on: windows, ldap or internal [default: windows]
    #[arg(long, value_name = "MODE")]
    authentication: Option<String>,
    /// Admit only users of these domains, separated by commas; for windows [default: all that the server trusts]
    #[arg(long, value_name = "DOMAINS")]
    domains: Option<String>,
    /// Give the directory's host name; for ldap
    #[arg(long, value_name = "NAME")]
    ldap_host: Option<String>,
    /// Give the base DN of the users in the directory; for ldap
    #[arg(long, value_name = "DN")]
    ldap_base_dn: Option<String>,
    /// Offer Basic authentication to hg and git; for windows [default: yes with https]
    #[arg(long, value_name = "yes|no", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    basic: Option<String>,
    /// Name the deployment [default: after the site]
    #[arg(long, value_name = "DEPLOYMENT")]
    name: Option<String>,
    /// Add to .gitattributes and .gitignore beside the spec what git must know of the outputs [default: yes in a repository]
    #[arg(long, value_name = "yes|no", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    git: Option<String>,
}

impl AnswerArguments {
    /// What was given, in the order of the questions.
    pub(super) fn given(&self) -> Vec<(Question, &str)> {
        let answer = |question| match question {
            Question::Site => &self.site,
            Question::ExistingSite => &self.existing_site,
            Question::SiteId => &self.site_id,
            Question::Protocol => &self.protocol,
            Question::HostName => &self.host_name,
            Question::Port => &self.port,
            Question::Thumbprint => &self.thumbprint,
            Question::Path => &self.path,
            Question::Distribution => &self.distribution,
            Question::Repositories => &self.repositories,
            Question::PythonHome => &self.python_home,
            Question::PythonVersion => &self.python_version,
            Question::Architecture => &self.architecture,
            Question::VirtualEnvironment => &self.virtual_environment,
            Question::Authentication => &self.authentication,
            Question::Domains => &self.domains,
            Question::LdapHost => &self.ldap_host,
            Question::LdapBaseDn => &self.ldap_base_dn,
            Question::Basic => &self.basic,
            Question::Name => &self.name,
            Question::Git => &self.git,
        };
        let all = Question::ALL.into_iter();
        all.filter_map(|question| Some((question, answer(question).as_deref()?))).collect()
    }
}
