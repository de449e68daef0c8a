//! The command line: arguments in, exit code out; one file per subcommand, each a few lines over the library.
//!
//! Problems of a spec go to standard error as text, or to standard output as JSON. Exit codes are diff's: 0 fine or
//! the same, 1 the spec is wrong or the files differ, 2 trouble.

mod arguments;
mod build;
mod check;
mod diff;
mod explain;
mod import;
mod ini;
mod init;
mod init_arguments;
mod lint;
mod merge;
mod output;
mod parallel;
mod probe;
mod progress;
mod route;
mod schema;
mod serve;
mod spec;
mod specs;
mod trace;
mod written;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use arguments::{
    ApplyArguments, BuildArguments, DiffArguments, ImportArguments, LintArguments, PlanArguments,
    ProbeArguments, RemoveArguments, RouteArguments, ServeArguments, SpecsArguments,
};
use init_arguments::InitArguments;
use output::Output;
use schema::SchemaArguments;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Nothing is wrong, or nothing differs.
    Fine,
    /// The spec is wrong, or the files differ.
    Found,
    /// Something kept a part of the run from its work, and was told.
    Trouble,
}

/// What kept a run from its work, in words for a person.
type Trouble = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(name = "kallithea-iisc", version, about, long_about = LONG_ABOUT, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

const LONG_ABOUT: &str = "Compiles one deployment spec into everything that Kallithea needs under Microsoft IIS: \
    web.config, applicationHost.config fragments, Kallithea's settings, a runbook, and the bridge DLL.";

const EXIT_CODES: &str =
    "Exit codes: 0 fine or the same, 1 the spec is wrong or the files differ, 2 trouble.";

#[derive(Args)]
struct Common {
    /// How problems are shown: text on standard error, json on standard output
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: FormatArgument,
    /// When to use colours; NO_COLOR is heeded, too
    #[arg(long, global = true, value_enum, default_value = "auto")]
    color: ColorArgument,
    /// Print nothing but problems
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say what is tried and why
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArgument {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorArgument {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Command {
    /// Put a deployment into a server's applicationHost.config
    ///
    /// Adds what is missing, brings what is the deployment's own to what the spec says, and leaves every other byte as it
    /// is. Every conflict is found before anything is written; the former file is kept. It deletes nothing that it was not
    /// told to: what the spec no longer has is listed, and the end is 2 unless --prune is given. What others put into such a
    /// node is never deleted. Run it elevated, then copy the other outputs as RUNBOOK.md says.
    #[command(after_help = "Example: kallithea-iisc apply deploy.yaml --host-config \
        %windir%\\System32\\inetsrv\\config\\applicationHost.config")]
    Apply(ApplyArguments),
    /// Compile specs into a folder each, and build the bridge's DLLs
    ///
    /// A folder is replaced as a whole or not at all, and one that is right already stays untouched. Files in it that no
    /// build wrote stay; those that would be lost are named, and nothing is written. Of several specs, each is built
    /// whatever is wrong with another; DLLs are built one after the other.
    #[command(after_help = "Example: kallithea-iisc build examples/intranet-sso/deploy.yaml")]
    Build(BuildArguments),
    /// Say everything that is wrong with specs, and write nothing
    ///
    /// Of several specs, all are checked; reports are in the order of the arguments, and the exit code is the worst.
    #[command(after_help = "Example: kallithea-iisc check deploy.yaml")]
    Check(SpecsArguments),
    /// Compile specs in memory and hold them against checked-in files
    ///
    /// Reports files that changed, are missing, or are extra. Binaries in bin/ are not compared. Of several specs, all
    /// are compared; reports are in the order of the arguments, and the exit code is the worst.
    #[command(after_help = "Example: kallithea-iisc diff deploy.yaml --against out")]
    Diff(DiffArguments),
    /// Say what a code, a status or an error number means here, and what to do
    ///
    /// A code of this program (KI301): what it means, why it matters, an example that is wrong, the same put right. A status of
    /// IIS (404.8, or 404 for all of them), an error number (0x80070021) or a symptom by its word: the causes that a deployment
    /// of Kallithea has, with the spec's keys. Alone it lists all of them. Exit codes: 0 explained, 1 something is not known.
    #[command(after_help = "Example: kallithea-iisc explain KI301 404.8")]
    Explain(explain::ExplainArguments),
    /// Make a deployment spec from what a server has
    ///
    /// For those who run Kallithea, or anything like it, under IIS already: what the server's files say of the application as
    /// keys of a spec, FILL-IN where only you know, and in comments what was not taken over. Secrets are never copied. Exit
    /// codes: 0 there is a spec, 2 trouble.
    #[command(
        after_help = "Example: kallithea-iisc import --host-config applicationHost.config --site Kallithea \
        --web-config D:\\kallithea\\web.config -o deploy.yaml"
    )]
    Import(ImportArguments),
    /// Begin a deployment spec: asks the few questions, and writes a commented deploy.yaml
    ///
    /// Each answer is held against the rules at once. Every question has a flag; --yes takes what is usual for those that are
    /// not given. A file that is there is not overwritten. On Windows it looks at the server's sites, where it may read them.
    /// Exit codes: 0 there is a spec, 2 trouble.
    #[command(
        after_help = "Example: kallithea-iisc init --site Kallithea --host-name kallithea.corp.example.com --yes"
    )]
    Init(Box<InitArguments>),
    /// Bring Kallithea's ini file to what a deployment needs
    ///
    /// Changes the keys of the deployment and leaves every other byte as it is: comments, order, line ends. Secrets that are
    /// there stay; missing ones are made on this machine and shown nowhere. The former file is kept. Then recycle the
    /// application pool. Exit codes of --check: 0 as needed, 1 something differs, 2 trouble.
    #[command(
        after_help = "Example: kallithea-iisc ini deploy.yaml --config C:\\inetpub\\kallithea\\my.ini --check"
    )]
    Ini(ini::IniArguments),
    /// Hold configuration files against the rules of IIS
    ///
    /// Any applicationHost.config or web.config, made by this program or not: elements, attributes, values, keys, and in a
    /// web.config the locks (500.19). With --schema-dir against a server's own schema files, all sections of IIS; without
    /// it those that a deployment of Kallithea uses. Exit codes: 0 nothing found, 1 something found, 2 trouble.
    #[command(after_help = "Example: kallithea-iisc lint web.config --host-config \
        %windir%\\System32\\inetsrv\\config\\applicationHost.config")]
    Lint(LintArguments),
    /// Say what apply would change in a server's applicationHost.config, and write nothing
    ///
    /// Shows the nodes and a unified diff; what the server holds that differs from the spec is there, too. The last line
    /// counts: 2 to add, 1 to change, 0 to delete. Exit codes: 0 nothing to do, 1 apply would change something, 2 apply would
    /// refuse: a conflict, something to delete without --prune, or other trouble.
    #[command(after_help = "Example: kallithea-iisc plan deploy.yaml --host-config applicationHost.config")]
    Plan(PlanArguments),
    /// Run a built bridge in this process, and say whether it will run on the server
    ///
    /// Loads the bridge as IIS would, makes some requests, and goes through what a server needs: bitness, Python, virtual
    /// environment, ini file, application, database. The bridge writes to the deployment's own log, as always. Rights of
    /// the pool's identity are not looked at: the run has those of whoever starts it.
    #[command(after_help = "Example: kallithea-iisc probe out --get / --get /repository --user CORP\\alice")]
    Probe(ProbeArguments),
    /// Take a deployment out of a server's applicationHost.config
    ///
    /// Takes out the nodes that apply put in, and nothing else: directly after apply the file is what it was, byte for
    /// byte. What IIS Manager wrote into them in daily use goes with them, and is named; applications and virtual directories
    /// of others are a reason to refuse. An application pool that anything else uses stays.
    #[command(after_help = "Example: kallithea-iisc remove deploy.yaml --host-config applicationHost.config")]
    Remove(RemoveArguments),
    /// Follow one request through IIS, and say where it ends
    ///
    /// Goes rule by rule through binding, application, request filtering, TLS, authentication, handler mapping and ISAPI
    /// restriction, as the compiled files have them, or with --host-config as the server will have them after apply. Exit
    /// codes: 0 it reaches the bridge, 1 IIS answers it, 2 trouble.
    #[command(
        after_help = "Example: kallithea-iisc route deploy.yaml https://kallithea.corp.example.com/c++/raw/web.config"
    )]
    Route(RouteArguments),
    /// Print the JSON schema of the spec, or write it into a file
    ///
    /// In Windows PowerShell 5.1 name the file with -o: its `>` writes UTF-16, which editors do not take for JSON.
    #[command(after_help = "Example: kallithea-iisc schema -o deploy.schema.json")]
    Schema(SchemaArguments),
    /// Put a web server in front of a built bridge, on this machine only, to try it with
    ///
    /// It is not IIS: HTTP/1.1 on 127.0.0.1, without TLS and request filtering, with a stand-in for Windows
    /// authentication. Ctrl+C lets what runs come to its end, and ends it.
    #[command(after_help = "Example: kallithea-iisc serve out --user CORP\\alice")]
    Serve(ServeArguments),
    /// Show what the running bridge logs, live; on Windows
    ///
    /// Reads the shared memory that pywin32's `python -m win32traceutil` reads, and like that shows what any program
    /// writes there. Run it in an elevated prompt: others do not hear IIS. Ctrl+C ends it.
    #[command(after_help = "Example: kallithea-iisc trace")]
    Trace,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::new(&arguments.common);
    let outcome = match &arguments.command {
        Command::Apply(apply) => merge::run_apply(apply, &mut output),
        Command::Build(build) => build::run(build, &mut output),
        Command::Check(check) => check::run(check, &mut output),
        Command::Diff(diff) => diff::run(diff, &mut output),
        Command::Explain(explain) => explain::run(explain, &mut output),
        Command::Import(import) => import::run(import, &mut output),
        Command::Ini(arguments) => ini::run(arguments, &mut output),
        Command::Init(init) => init::run(init, &mut output),
        Command::Lint(lint) => lint::run(lint, &mut output),
        Command::Plan(plan) => merge::run_plan(plan, &mut output),
        Command::Probe(probe) => probe::run(probe, &mut output),
        Command::Remove(remove) => merge::run_remove(remove, &mut output),
        Command::Route(route) => route::run(route, &mut output),
        Command::Schema(schema) => schema::run(schema, &mut output),
        Command::Serve(serve) => serve::run(serve, &mut output),
        Command::Trace => trace::run(&mut output),
    };
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::Trouble) => ExitCode::from(2),
        Err(trouble) => {
            output.trouble(trouble.as_ref());
            ExitCode::from(2)
        }
    }
}

/// The folder `out` beside a spec, unless another is named.
fn folder_beside(spec: &std::path::Path, given: Option<&PathBuf>) -> PathBuf {
    given.cloned().unwrap_or_else(|| spec.with_file_name("out"))
}
