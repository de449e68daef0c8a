//! The arguments of `init`: one for each question.

use std::path::PathBuf;

use clap::Args;

use crate::init::Question;

/// The arguments of `init`.
#[derive(Args)]
pub struct InitArguments {
    /// Where the spec goes
    #[arg(short, long, value_name = "FILE", default_value = "deploy.yaml")]
    pub out: PathBuf,
    /// Ask nothing: take what is usual for what is not given
    #[arg(short, long)]
    pub yes: bool,
    /// The server's applicationHost.config, to know its sites [default: this machine's, on Windows]
    #[arg(long, value_name = "FILE")]
    pub host_config: Option<PathBuf>,
    /// What would be asked.
    #[command(flatten)]
    pub answers: AnswerArguments,
}

/// A flag for each question.
#[derive(Args)]
#[command(next_help_heading = "Answers")]
pub struct AnswerArguments {
    /// The site's name in IIS Manager [usual: Kallithea]
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Whether that site is there already [usual: where the server has it]
    #[arg(long, value_name = "yes|no", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    existing_site: Option<String>,
    /// The number of an existing site
    #[arg(long, value_name = "NUMBER")]
    site_id: Option<String>,
    /// http or https [usual: https]
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// The host name that people type [usual: any]
    #[arg(long, value_name = "NAME")]
    host_name: Option<String>,
    /// The port [usual: 443, or 80 for http]
    #[arg(long, value_name = "NUMBER")]
    port: Option<String>,
    /// The certificate's thumbprint [usual: to be filled in]
    #[arg(long, value_name = "DIGITS")]
    thumbprint: Option<String>,
    /// Where in the site Kallithea stands [usual: /, or /kallithea in an existing site]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Kallithea's folder [usual: C:\inetpub\kallithea]
    #[arg(long, value_name = "DIR")]
    distribution: Option<String>,
    /// The folder of the repositories [usual: repositories in Kallithea's folder]
    #[arg(long, value_name = "DIR")]
    repositories: Option<String>,
    /// The folder of python.exe [usual: C:\Python311]
    #[arg(long, value_name = "DIR")]
    python_home: Option<String>,
    /// 3.9, 3.10 or 3.11 [usual: 3.11]
    #[arg(long, value_name = "VERSION")]
    python_version: Option<String>,
    /// x64 or x86, as Python is [usual: x64]
    #[arg(long, value_name = "ARCHITECTURE")]
    architecture: Option<String>,
    /// The folder of Kallithea's virtual environment, or none [usual: venv in Kallithea's folder]
    #[arg(long, value_name = "DIR|none")]
    virtual_environment: Option<String>,
    /// windows, ldap or internal [usual: windows]
    #[arg(long, value_name = "MODE")]
    authentication: Option<String>,
    /// The domains whose users are let in, with commas between, for windows [usual: all that the server trusts]
    #[arg(long, value_name = "DOMAINS")]
    domains: Option<String>,
    /// The directory's host name, for ldap
    #[arg(long, value_name = "NAME")]
    ldap_host: Option<String>,
    /// Where in the directory people are, for ldap
    #[arg(long, value_name = "DN")]
    ldap_base_dn: Option<String>,
    /// Basic authentication for hg and git, for windows [usual: yes with https]
    #[arg(long, value_name = "yes|no", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    basic: Option<String>,
    /// The deployment's name [usual: after the site]
    #[arg(long, value_name = "DEPLOYMENT")]
    name: Option<String>,
}

impl AnswerArguments {
    /// What was given, in the order of the questions.
    pub fn given(&self) -> Vec<(Question, &str)> {
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
        };
        let all = Question::ALL.into_iter();
        all.filter_map(|question| Some((question, answer(question).as_deref()?))).collect()
    }
}
