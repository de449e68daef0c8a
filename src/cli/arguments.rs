//! The arguments of each subcommand, as clap reads them; the comments here are the command's help.

use std::fmt;
use std::path::PathBuf;

use clap::Args;

/// What `build`, `check` and `diff` work on.
#[derive(Args)]
pub(super) struct SpecsArguments {
    /// The deployment specs; names may contain `*` and `?`; a folder represents every deploy.yaml in and below it, except in hidden folders, `out`
    /// and `target`
    #[arg(required = true, value_name = "SPEC")]
    pub(super) spec: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) specs: SpecsArguments,
    /// Correct what is certain: quotes, units, thumbprints, words in another spelling. Changes no file that a spec extends, unless
    /// you name it. The old file is kept beside it
    #[arg(long)]
    pub(super) fix: bool,
}

#[derive(Args)]
pub(super) struct BuildArguments {
    #[command(flatten)]
    pub(super) specs: SpecsArguments,
    /// Write the outputs of one spec to this folder [default: the folder `out` beside the spec]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write everything except the DLLs
    #[arg(long, conflicts_with = "rust_target")]
    pub(super) no_dll: bool,
    /// Build for exactly this Rust target; this machine's own target makes a library for trials
    #[arg(long, value_name = "TRIPLE")]
    pub(super) rust_target: Option<String>,
    /// Overwrite files that no build wrote, or that were edited since the build
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Args)]
pub(super) struct DiffArguments {
    #[command(flatten)]
    pub(super) specs: SpecsArguments,
    /// Compare with the outputs in this folder [default: the folder `out` beside the spec]
    #[arg(long, value_name = "DIR")]
    pub(super) against: Option<PathBuf>,
    /// Print how many lines of each file differ, not which
    #[arg(long)]
    pub(super) stat: bool,
    /// Print only the paths of the files that differ
    #[arg(long, conflicts_with = "stat")]
    pub(super) name_only: bool,
    /// Compare with the outputs of another version as if this one had made them
    #[arg(long)]
    pub(super) ignore_version: bool,
}

#[derive(Args)]
pub(super) struct ImportArguments {
    /// Read the server's applicationHost.config, or its redirection.config if the configuration is shared [default: this
    /// server's own, on Windows]
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: Option<PathBuf>,
    /// Name the site, as IIS Manager shows it
    #[arg(long, value_name = "NAME")]
    pub(super) site: String,
    /// Name the application's path in the site
    #[arg(long, value_name = "PATH", default_value = "/")]
    pub(super) app: String,
    /// Read the web.config in the application's folder, too
    #[arg(long, value_name = "FILE")]
    pub(super) web_config: Option<PathBuf>,
    /// Read this web.config of the site's folder, too, which an application below the site inherits [default: on the server itself,
    /// the one that is there]
    #[arg(long, value_name = "FILE")]
    pub(super) site_web_config: Option<PathBuf>,
    /// Name the deployment [default: as the file says, or from the application's or the site's name]
    #[arg(long, value_name = "DEPLOYMENT")]
    pub(super) name: Option<String>,
    /// Write the spec to this new file; never overwrites [default: standard output; do not use `>` of Windows
    /// PowerShell 5.1, which writes UTF-16]
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct LintArguments {
    /// The configuration files; names may contain `*` and `?`; a folder represents every web.config and applicationHost.config in and below it, except in
    /// hidden folders. A web.config must respect the locks, and the files above it count if they are named, too
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Check against this version of IIS
    #[arg(long, value_name = "VERSION", default_value = "10.0", value_parser = |text: &str| text.parse::<iis_config::Version>().map_err(|error| error.to_string()))]
    pub(super) iis: iis_config::Version,
    /// Check against a server's schema files: %windir%\System32\inetsrv\config\schema
    #[arg(long, value_name = "DIR", conflicts_with = "iis")]
    pub(super) schema_dir: Option<PathBuf>,
    /// Read the server's applicationHost.config, which decides what a web.config may contain
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: Option<PathBuf>,
    /// Name the site of the outermost web.config [default: the site that has its folder]
    #[arg(long, value_name = "NAME", requires = "host_config")]
    pub(super) site: Option<String>,
    /// Name the application's path in the site
    #[arg(long, value_name = "PATH", default_value = "/", requires = "site")]
    pub(super) app: String,
    /// Correct what is certain: names in another case, a bare `&`, an entry that is there twice. The old file is kept beside it
    #[arg(long)]
    pub(super) fix: bool,
    /// Check the sections of .NET, too, as far as the schema files of IIS know them
    #[arg(long, requires = "schema_dir")]
    pub(super) strict: bool,
}

#[derive(Args)]
pub(super) struct PlanArguments {
    /// The deployment spec
    pub(super) spec: PathBuf,
    /// Read the server's applicationHost.config, or its redirection.config if the configuration is shared [default: this
    /// server's own, on Windows]
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: Option<PathBuf>,
    /// Compare this deployed web.config with the compiled one
    #[arg(long, value_name = "FILE")]
    pub(super) web_config: Option<PathBuf>,
    /// Check against this web.config of the site's folder, which an application below the site inherits [default: on the server
    /// itself, the one that is there]
    #[arg(long, value_name = "FILE", conflicts_with = "front")]
    pub(super) site_web_config: Option<PathBuf>,
    /// Treat the file as that of the front server of the spec's farm
    #[arg(long, conflicts_with = "web_config")]
    pub(super) front: bool,
    #[command(flatten)]
    pub(super) orders: OrderArguments,
}

/// What `apply` does only where it is told.
#[derive(Args)]
pub(super) struct OrderArguments {
    /// Adopt nodes that have the deployment's names, although no comment says that they are its own
    #[arg(long)]
    pub(super) adopt: bool,
    /// Delete what this deployment created and its spec no longer contains, but nothing that others added
    #[arg(long)]
    pub(super) prune: bool,
}

/// What `apply` and `remove` work on.
#[derive(Args)]
pub(super) struct ChangeArguments {
    /// The deployment spec
    pub(super) spec: PathBuf,
    /// Read the server's applicationHost.config, or its redirection.config if the configuration is shared [default: this
    /// server's own, on Windows]
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: Option<PathBuf>,
    /// Keep the backup in this folder [default: beside the file]
    #[arg(long, value_name = "DIR")]
    pub(super) backup: Option<PathBuf>,
    /// Treat the file as that of the front server of the spec's farm
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
    /// Write nothing; only show what would be removed (exit code 1), or why it cannot be (exit code 2)
    #[arg(long, conflicts_with = "backup")]
    pub(super) check: bool,
}

#[derive(Args)]
pub(super) struct RouteArguments {
    /// The deployment spec, or `-` for standard input
    pub(super) spec: PathBuf,
    /// The whole URL, as a client sends it
    pub(super) url: String,
    /// Use this method
    #[arg(long, default_value = "GET")]
    pub(super) method: String,
    /// Add a header, such as Content-Length:2147483648; may be given several times
    #[arg(long, value_name = "NAME:VALUE", value_parser = header)]
    pub(super) header: Vec<(String, String)>,
    /// Use the server's applicationHost.config, with the deployment applied in memory
    #[arg(long, value_name = "FILE")]
    pub(super) host_config: Option<PathBuf>,
    /// Use this web.config instead of the compiled one
    #[arg(long, value_name = "FILE")]
    pub(super) web_config: Option<PathBuf>,
    /// Use this web.config of the site's folder, which an application below the site inherits [default: with --host-config, on the
    /// server itself, the one that is there]
    #[arg(long, value_name = "FILE", conflicts_with = "front")]
    pub(super) site_web_config: Option<PathBuf>,
    /// Begin at the front server of the spec's farm; --host-config is then the front's file
    #[arg(long)]
    pub(super) front: bool,
}

#[derive(Args)]
pub(super) struct VerifyArguments {
    /// The deployment spec
    pub(super) spec: PathBuf,
    /// Ask at this URL of the application [default: the site's first binding with a host name, and the path of the spec]
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Connect to this address, whatever the name in the URL leads to
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) address: Option<String>,
    /// Ask here without TLS, if the site is https only [default: port 80 of the same host]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) http_address: Option<String>,
    /// Check that HTTP.sys accepts more than 16 KB of headers, as after install.ps1 -LongHeaders
    #[arg(long)]
    pub(super) long_headers: bool,
    /// Connect to a farm's node at this address; may be given several times [default: the address of the spec]
    #[arg(long, value_name = "NAME=HOST[:PORT]", value_parser = node)]
    pub(super) node: Vec<(String, String)>,
    /// Sign on as this user, by Basic authentication
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// Read the password from the first line of FILE, or of standard input for - [default: ask for it]
    #[arg(long, value_name = "FILE", requires = "user")]
    pub(super) password_file: Option<PathBuf>,
    /// Sign nobody on, also on Windows
    #[arg(long, conflicts_with = "user")]
    pub(super) anonymous: bool,
    /// Try hg with this repository; may be given several times
    #[arg(long, value_name = "REPOSITORY")]
    pub(super) hg: Vec<String>,
    /// Try git with this repository; may be given several times
    #[arg(long, value_name = "REPOSITORY")]
    pub(super) git: Vec<String>,
}

/// Why the value of an argument is not valid.
#[derive(Debug)]
enum ValueError {
    /// It is not a header.
    Header,
    /// It is not a path below the application.
    Path,
    /// It is not the address of a node.
    Node,
}

impl fmt::Display for ValueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Header => "write the header as NAME:VALUE",
            Self::Node => "write the node as NAME=HOST or NAME=HOST:PORT",
            Self::Path => "write a percent-encoded path that begins with a slash",
        })
    }
}

impl std::error::Error for ValueError {}

/// `Name: value`.
fn header(text: &str) -> Result<(String, String), ValueError> {
    let (name, value) = text.split_once(':').ok_or(ValueError::Header)?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[derive(Args)]
pub(super) struct ProbeArguments {
    /// An output folder of `build`, or a folder with the DLLs on the server
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Request this path below the application; may be given several times [default: /]
    #[arg(long, value_name = "PATH", value_parser = path_below)]
    pub(super) get: Vec<String>,
    /// Sign on as this user, as Windows authentication would, such as CORP\\alice
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
}

#[derive(Args)]
pub(super) struct ServeArguments {
    /// An output folder of `build`, or a folder with the DLLs on the server
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Listen on this port of 127.0.0.1; 0 chooses a free one
    #[arg(long, value_name = "NUMBER", default_value_t = 8080)]
    pub(super) port: u16,
    /// Sign everybody on as this user, as Windows authentication would, such as CORP\\alice
    #[arg(long, value_name = "NAME", conflicts_with = "basic")]
    pub(super) user: Option<String>,
    /// Require Basic authentication with the passwords in FILE, which Apache's `htpasswd -B` writes
    #[arg(long, value_name = "FILE")]
    pub(super) basic: Option<PathBuf>,
}

/// A path that begins with a slash and consists of what a request line may contain.
fn path_below(text: &str) -> Result<String, ValueError> {
    let valid = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    valid.then(|| text.to_owned()).ok_or(ValueError::Path)
}

/// `node1=192.0.2.11:80`.
fn node(text: &str) -> Result<(String, String), ValueError> {
    let (name, address) = text.split_once('=').ok_or(ValueError::Node)?;
    Ok((name.to_owned(), address.to_owned()))
}
