//! The arguments of each subcommand, as clap reads them; what stands in a comment here is the command's help.

use std::path::PathBuf;

use clap::Args;

/// What `build`, `check` and `diff` work on.
#[derive(Args)]
pub(super) struct SpecsArguments {
    /// The deployment specs; of a folder every deploy.yaml in and below it, but none in hidden folders, `out` and `target`
    #[arg(required = true, value_name = "SPEC")]
    pub(super) spec: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct BuildArguments {
    #[command(flatten)]
    pub(super) specs: SpecsArguments,
    /// Where the outputs of one spec go [default: the folder `out` beside the spec]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write everything but the DLLs
    #[arg(long, conflicts_with = "rust_target")]
    pub(super) no_dll: bool,
    /// Build for exactly this Rust target; this machine's own makes a shared object to try things with
    #[arg(long, value_name = "TRIPLE")]
    pub(super) rust_target: Option<String>,
    /// Overwrite files that no build wrote, or that were edited since
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Args)]
pub(super) struct DiffArguments {
    #[command(flatten)]
    pub(super) specs: SpecsArguments,
    /// The checked-in outputs of one spec [default: the folder `out` beside the spec]
    #[arg(long, value_name = "DIR")]
    pub(super) against: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct ImportArguments {
    /// The server's applicationHost.config, or its redirection.config where the configuration is shared
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: PathBuf,
    /// The site's name, as IIS Manager shows it
    #[arg(long, value_name = "NAME")]
    pub(super) site: String,
    /// The application's path in the site
    #[arg(long, value_name = "PATH", default_value = "/")]
    pub(super) app: String,
    /// The web.config in the application's folder
    #[arg(long, value_name = "FILE")]
    pub(super) web_config: Option<PathBuf>,
    /// What the deployment is called [default: as the file says, or from the application's or the site's name]
    #[arg(long, value_name = "DEPLOYMENT")]
    pub(super) name: Option<String>,
    /// Where the spec goes; a file that is there is not overwritten [default: standard output, which `>` of Windows PowerShell
    /// 5.1 makes UTF-16, and `check` refuses]
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct LintArguments {
    /// The configuration files; one that is called web.config is held to what a folder may decide
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The version of IIS
    #[arg(long, value_name = "VERSION", default_value = "10.0", value_parser = |text: &str| text.parse::<iis_config::Version>().map_err(|error| error.to_string()))]
    pub(super) iis: iis_config::Version,
    /// A server's schema files: %windir%\System32\inetsrv\config\schema
    #[arg(long, value_name = "DIR", conflicts_with = "iis")]
    pub(super) schema_dir: Option<PathBuf>,
    /// The server's applicationHost.config, which says what a web.config may hold
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct PlanArguments {
    /// The deployment spec
    pub(super) spec: PathBuf,
    /// The server's applicationHost.config, or its redirection.config where the configuration is shared
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: PathBuf,
    /// The deployed web.config, to be held against the compiled one
    #[arg(long, value_name = "FILE")]
    pub(super) web_config: Option<PathBuf>,
    /// The file is that of the front server of the spec's farm
    #[arg(long, conflicts_with = "web_config")]
    pub(super) front: bool,
    #[command(flatten)]
    pub(super) orders: OrderArguments,
}

/// What `apply` does only where it is told.
#[derive(Args)]
pub(super) struct OrderArguments {
    /// Take nodes of the deployment's names for its own although no comment says so
    #[arg(long)]
    pub(super) adopt: bool,
    /// Delete what this deployment made and its spec no longer has; never what somebody else put into it
    #[arg(long)]
    pub(super) prune: bool,
}

/// What `apply` and `remove` work on.
#[derive(Args)]
pub(super) struct ChangeArguments {
    /// The deployment spec
    pub(super) spec: PathBuf,
    /// The server's applicationHost.config, or its redirection.config where the configuration is shared
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: PathBuf,
    /// Where the former file is kept [default: beside the file]
    #[arg(long, value_name = "DIR")]
    pub(super) backup: Option<PathBuf>,
    /// The file is that of the front server of the spec's farm
    #[arg(long)]
    pub(super) front: bool,
}

#[derive(Args)]
pub(super) struct ApplyArguments {
    #[command(flatten)]
    pub(super) change: ChangeArguments,
    #[command(flatten)]
    pub(super) orders: OrderArguments,
}

#[derive(Args)]
pub(super) struct RemoveArguments {
    #[command(flatten)]
    pub(super) change: ChangeArguments,
    /// Write nothing; only say what would be taken out (1), or why it cannot be (2)
    #[arg(long, conflicts_with = "backup")]
    pub(super) check: bool,
}

#[derive(Args)]
pub(super) struct RouteArguments {
    /// The deployment spec
    pub(super) spec: PathBuf,
    /// The whole URL, as a client sends it
    pub(super) url: String,
    /// The method
    #[arg(long, default_value = "GET")]
    pub(super) method: String,
    /// A header, such as Content-Length:2147483648; may be given again
    #[arg(long, value_name = "NAME:VALUE", value_parser = header)]
    pub(super) header: Vec<(String, String)>,
    /// The server's applicationHost.config; the deployment is put into it, in memory
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: Option<PathBuf>,
    /// A web.config in the place of the compiled one
    #[arg(long, value_name = "FILE")]
    pub(super) web_config: Option<PathBuf>,
}

/// `Name: value`.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header is NAME:VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[derive(Args)]
pub(super) struct ProbeArguments {
    /// An output folder of `build`, or a folder with the DLLs on the server
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// A path below the application to get; may be given again [default: /]
    #[arg(long, value_name = "PATH", value_parser = path_below)]
    pub(super) get: Vec<String>,
    /// The user whom Windows authentication would have signed on, such as CORP\\alice
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
}

#[derive(Args)]
pub(super) struct ServeArguments {
    /// An output folder of `build`, or a folder with the DLLs on the server
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// The port on 127.0.0.1; 0 takes one that is free
    #[arg(long, value_name = "NUMBER", default_value_t = 8080)]
    pub(super) port: u16,
    /// Sign everybody on as this user, as Windows authentication would, such as CORP\\alice
    #[arg(long, value_name = "NAME", conflicts_with = "basic")]
    pub(super) user: Option<String>,
    /// Ask for a password by Basic authentication; FILE is written by Apache's `htpasswd -B`
    #[arg(long, value_name = "FILE")]
    pub(super) basic: Option<PathBuf>,
}

/// A path that begins with a slash and holds what a request line can.
fn path_below(text: &str) -> Result<String, String> {
    let valid = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    valid.then(|| text.to_owned()).ok_or_else(|| "it begins with a slash, and is percent-encoded".to_owned())
}
