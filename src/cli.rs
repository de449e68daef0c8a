//! The command line: arguments in, exit code out. Each subcommand has one file, which is a thin layer over the library.
//!
//! Problems of a spec go to standard error as text, or with the results to standard output as JSON. Exit codes are those of `diff`:
//! 0 fine or equal, 1 the spec is wrong or the files differ, 2 trouble.

mod above;
mod answer;
mod arguments;
mod build;
mod check;
mod commands;
mod completions;
mod diff;
mod dsc;
mod explain;
mod import;
mod ini;
mod init;
mod init_arguments;
mod lint;
mod lsp;
mod man;
mod merge;
mod output;
mod probe;
mod progress;
mod report;
mod route;
mod schema;
mod serve;
mod show;
mod spec;
mod specs;
mod trace;
mod verify;
mod written;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use arguments::{
    ApplyArguments, BuildArguments, CheckArguments, DiffArguments, ImportArguments, LintArguments,
    PlanArguments, ProbeArguments, RemoveArguments, RouteArguments, ServeArguments, VerifyArguments,
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
    /// Something prevented a part of the run, and was reported.
    Trouble,
}

/// What prevented a run, in words for a person.
type Trouble = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(name = "kallithea-iisc", version, about, long_about = LONG_ABOUT, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

const LONG_ABOUT: &str = "Compile one deployment spec into everything that Kallithea needs under Microsoft \
    IIS: \
    web.config, applicationHost.config fragments, Kallithea's settings, a runbook, and the bridge DLL.";

const EXIT_CODES: &str = "Exit codes: 0 success, or nothing differs; 1 the spec has errors, or files differ; \
    2 the command failed.";

#[derive(Args)]
struct Common {
    /// Print results and problems as text for a person, as one JSON document, or in the format of a pipeline
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: FormatArgument,
    /// Choose when to use colours; NO_COLOR is honoured, too
    #[arg(long, global = true, value_enum, default_value = "auto")]
    color: ColorArgument,
    /// Print only problems
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print what the command tries, and why
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArgument {
    /// Text: results on standard output, problems on standard error
    Text,
    /// One JSON document on standard output, whatever happens (`schema json-output` prints its schema)
    Json,
    /// SARIF 2.1.0: what build, check, diff, lint, plan and verify find
    Sarif,
    /// The same as annotations of GitHub Actions
    Github,
    /// The same as a Code Quality report of GitLab
    Gitlab,
    /// The same as issues of Azure Pipelines
    Azure,
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
    /// Adds what is missing, updates the deployment's own nodes, and leaves every other byte unchanged. Finds every
    /// conflict before it writes, and keeps a backup. Deletes only with --prune: otherwise it lists what the spec no
    /// longer contains and exits with 2. Never deletes what others added to such a node. Run it elevated, then copy
    /// the other outputs as RUNBOOK.md says.
    #[command(after_help = "Example: kallithea-iisc apply deploy.yaml --host-config \
        %windir%\\System32\\inetsrv\\config\\applicationHost.config")]
    Apply(ApplyArguments),
    /// Compile each spec into a folder, and build the bridge's DLLs
    ///
    /// Replaces a folder completely or not at all, and leaves an up-to-date folder untouched. Keeps files that no
    /// build wrote. If a build would overwrite such a file, it names the file and writes nothing. With several specs,
    /// one that has errors does not stop the others. DLLs are built one after the other.
    #[command(after_help = "Example: kallithea-iisc build examples/intranet-sso/deploy.yaml")]
    Build(BuildArguments),
    /// Check specs and report every error, without writing anything
    ///
    /// With several specs, checks all, reports in the order of the arguments, and exits with the worst code.
    #[command(after_help = "Example: kallithea-iisc check deploy.yaml")]
    Check(CheckArguments),
    /// Print what lets a shell complete commands and options
    ///
    /// In PowerShell, add the example to your profile ($PROFILE). In bash, write the output to
    /// ~/.local/share/bash-completion/completions/kallithea-iisc.
    #[command(after_help = "Example: kallithea-iisc completions powershell | Out-String | Invoke-Expression")]
    Completions(completions::CompletionsArguments),
    /// Compare what specs compile to with the files on disk
    ///
    /// Reports files that changed, are missing, or are extra. Does not compare the binaries in bin/. With several
    /// specs, compares all, reports in the order of the arguments, and exits with the worst code.
    #[command(after_help = "Example: kallithea-iisc diff deploy.yaml --against out")]
    Diff(DiffArguments),
    /// Serve as a resource of Microsoft's Desired State Configuration (DSC) 3
    ///
    /// `dsc` of Microsoft runs these operations; the manifest tells it how. Each reads one JSON object from standard input and prints
    /// one line of JSON a value. Exit codes: 0 success, also if something differs; 2 the command failed.
    #[command(after_help = "Example: kallithea-iisc dsc manifest -o kallithea-iisc.dsc.resource.json")]
    Dsc(dsc::DscArguments),
    /// Explain a code, a status or an error number, and what to do about it
    ///
    /// For a code of this program (KI301) it prints the meaning, the reason, a wrong example and a right one. You can
    /// also give a status of IIS (404.8, or 404 for all of them), an error number (0x80070021) or a symptom. For
    /// these it prints the causes in a deployment of Kallithea, with the spec's keys. Without arguments it lists
    /// everything. Exit codes: 0 explained, 1 unknown word.
    #[command(after_help = "Example: kallithea-iisc explain KI301 404.8")]
    Explain(explain::ExplainArguments),
    /// Create a deployment spec from a server's configuration
    ///
    /// Use it if you already run Kallithea, or a similar application, under IIS. Turns the server's files into keys
    /// of a spec, and writes FILL-IN where only you know the value. Lists in comments what it did not import. Never
    /// copies secrets. Exit codes: 0 spec written, 2 the command failed.
    #[command(
        after_help = "Example: kallithea-iisc import --host-config applicationHost.config --site Kallithea \
        --web-config D:\\kallithea\\web.config -o deploy.yaml"
    )]
    Import(ImportArguments),
    /// Create a deployment spec: ask a few questions, and write a commented deploy.yaml
    ///
    /// Checks each answer at once. Every question has a flag; --yes uses the default for those that you do not give.
    /// Does not overwrite an existing file. On Windows it reads the server's sites if it may. Exit codes: 0
    /// spec complete, 1 spec written, with places to fill in, 2 the command failed.
    #[command(
        after_help = "Example: kallithea-iisc init --site Kallithea --host-name kallithea.corp.example.com \
            --yes"
    )]
    Init(Box<InitArguments>),
    /// Set the keys of Kallithea's ini file that a deployment needs
    ///
    /// Changes the keys of the deployment and leaves every other byte unchanged: comments, order, line ends. Keeps
    /// existing secrets; creates missing ones on this machine and never shows them. Keeps a backup. Recycle the
    /// application pool afterwards. Exit codes of --check: 0 nothing differs, 1 something differs, 2 the command
    /// failed.
    #[command(
        after_help = "Example: kallithea-iisc ini deploy.yaml --config C:\\inetpub\\kallithea\\my.ini --check"
    )]
    Ini(ini::IniArguments),
    /// Check configuration files against the rules of IIS
    ///
    /// Checks any applicationHost.config or web.config: elements, attributes, values, keys, and the locks that a
    /// web.config must respect (500.19). With --schema-dir it checks all sections of IIS against a server's own
    /// schema files; otherwise it checks those that a deployment of Kallithea uses. Exit codes: 0 no errors, 1 errors
    /// found, 2 the command failed.
    #[command(after_help = "Example: kallithea-iisc lint web.config --host-config \
        %windir%\\System32\\inetsrv\\config\\applicationHost.config")]
    Lint(LintArguments),
    /// Serve an editor as a language server for specs
    ///
    /// Your editor starts it, and speaks the Language Server Protocol (LSP) with it over standard input and output. It shows what
    /// check finds while you type, completes keys and values, explains keys, and opens the file that a spec extends. It says
    /// nothing of other files, and writes nothing. Exit codes: 0 the editor ended it properly, 1 it did not, 2 the command
    /// failed.
    #[command(after_help = "Example: kallithea-iisc lsp")]
    Lsp(lsp::LspArguments),
    /// Print the manual page of the program, or write those of all commands to a folder
    ///
    /// The folder must exist. `man` finds the pages in ~/.local/share/man/man1.
    #[command(after_help = "Example: kallithea-iisc man --out ~/.local/share/man/man1")]
    Man(man::ManArguments),
    /// Show what apply would change in a server's applicationHost.config, without writing anything
    ///
    /// Shows the nodes and a unified diff, including what on the server differs from the spec. The last line counts:
    /// 2 to add, 1 to change, 0 to delete. Exit codes: 0 nothing to do; 1 apply would change something; 2 apply would
    /// refuse, because of a conflict, a deletion without --prune, or another failure.
    #[command(after_help = "Example: kallithea-iisc plan deploy.yaml --host-config applicationHost.config")]
    Plan(PlanArguments),
    /// Run a built bridge in this process, and report whether it will run on the server
    ///
    /// Loads the bridge as IIS does, makes some requests, and checks what a server needs: bitness, Python, virtual
    /// environment, ini file, application, database. The bridge writes to the deployment's own log, as always. The
    /// run has your rights, so it cannot check those of the pool's identity.
    #[command(after_help = "Example: kallithea-iisc probe out --get / --get /repository --user CORP\\alice")]
    Probe(ProbeArguments),
    /// Remove a deployment from a server's applicationHost.config
    ///
    /// Removes only the nodes that apply added: directly after apply, this restores the file byte for byte. Settings
    /// that IIS Manager wrote into these nodes go with them, and are listed. Refuses if the nodes contain
    /// applications or virtual directories of others. Keeps an application pool that anything else uses.
    #[command(after_help = "Example: kallithea-iisc remove deploy.yaml --host-config applicationHost.config")]
    Remove(RemoveArguments),
    /// Follow one request through IIS, and show where it ends
    ///
    /// Checks binding, application, request filtering, TLS, authentication, handler mapping and ISAPI restriction,
    /// rule by rule. Uses the compiled files, or with --host-config the server's configuration as it will be after
    /// apply. Exit codes: 0 the request reaches the bridge, 1 IIS answers it, 2 the command failed.
    #[command(after_help = "Example: kallithea-iisc route deploy.yaml \
            https://kallithea.corp.example.com/c++/raw/web.config")]
    Route(RouteArguments),
    /// Print the JSON schema of the spec, or another one, or write it to a file
    ///
    /// In Windows PowerShell 5.1 name the file with -o: its `>` writes UTF-16, which editors do not read as JSON.
    #[command(after_help = "Example: kallithea-iisc schema -o deploy.schema.json")]
    Schema(SchemaArguments),
    /// Serve a built bridge on this machine only, to try it
    ///
    /// This is not IIS: it speaks HTTP/1.1 on 127.0.0.1, without TLS and request filtering, and imitates Windows
    /// authentication. Ctrl+C waits for running requests, then stops it.
    #[command(after_help = "Example: kallithea-iisc serve out --user CORP\\alice")]
    Serve(ServeArguments),
    /// Show a spec with all that it extends, and where each value comes from
    ///
    /// Prints one YAML text that is a complete spec itself. A comment after each value names the file and the line where it
    /// is written.
    #[command(after_help = "Example: kallithea-iisc show prod/deploy.yaml --defaults")]
    Show(show::ShowArguments),
    /// Show what the running bridge logs, live (Windows only)
    ///
    /// Reads the shared memory that pywin32's `python -m win32traceutil` reads, and shows what any program writes
    /// there. Run it in an elevated prompt: otherwise it cannot read what IIS writes. Ctrl+C stops it.
    #[command(after_help = "Example: kallithea-iisc trace")]
    Trace,
    /// Ask the running server whether it keeps the promises of a spec
    ///
    /// Makes requests from outside: TLS and certificate, sign-on, odd URLs, sizes, hg and git, response headers, a farm's
    /// nodes. Prints what was promised, asked, expected and seen, and lists what it cannot see. No request changes
    /// anything. On Windows it signs you on; elsewhere it asks as nobody, or as the user of --user. Exit codes: 0 all promises kept, 1 some not kept, 2 the command failed.
    #[command(after_help = "Example: kallithea-iisc verify deploy.yaml --hg project --git tools")]
    Verify(VerifyArguments),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let (name, arguments) = read();
    let mut output = Output::new(&arguments.common);
    let outcome = match &arguments.command {
        Command::Apply(apply) => merge::run_apply(apply, &mut output),
        Command::Build(build) => build::run(build, &mut output),
        Command::Check(check) => check::run(check, &mut output),
        Command::Completions(completions) => completions::run(completions, &mut output),
        Command::Diff(diff) => diff::run(diff, &mut output),
        Command::Dsc(dsc) => dsc::run(dsc, &mut output),
        Command::Explain(explain) => explain::run(explain, &mut output),
        Command::Import(import) => import::run(import, &mut output),
        Command::Ini(arguments) => ini::run(arguments, &mut output),
        Command::Init(init) => init::run(init, &mut output),
        Command::Lint(lint) => lint::run(lint, &mut output),
        Command::Lsp(_) => lsp::run(),
        Command::Man(man) => man::run(man, &mut output),
        Command::Plan(plan) => merge::run_plan(plan, &mut output),
        Command::Probe(probe) => probe::run(probe, &mut output),
        Command::Remove(remove) => merge::run_remove(remove, &mut output),
        Command::Route(route) => route::run(route, &mut output),
        Command::Schema(schema) => schema::run(schema, &mut output),
        Command::Serve(serve) => serve::run(serve, &mut output),
        Command::Show(show) => show::run(show, &mut output),
        Command::Trace => trace::run(&mut output),
        Command::Verify(verify) => verify::run(verify, &mut output),
    };
    let outcome = outcome.unwrap_or_else(|trouble| {
        output.trouble(&trouble.to_string());
        Outcome::Trouble
    });
    let code = match outcome {
        Outcome::Fine => 0,
        Outcome::Found => 1,
        Outcome::Trouble => 2,
    };
    match output.finish(&name, code) {
        Ok(()) => ExitCode::from(code),
        Err(trouble) => {
            output.trouble(&trouble.to_string());
            ExitCode::from(2)
        }
    }
}

/// The command's name, and the arguments of this process. If they contradict each other, this ends the process.
fn read() -> (String, Arguments) {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let name = matches.subcommand_name().unwrap_or_default().to_owned();
    let refused = match arguments.common.format {
        FormatArgument::Text => None,
        _ if UNANSWERING.contains(&&*name) => {
            Some(format!("`{name}` has no results for programs: leave out --format"))
        }
        FormatArgument::Json => None,
        _ if REPORTING.contains(&&*name) => None,
        _ => Some(format!("`{name}` has no report for pipelines: use --format text or json")),
    };
    if let Some(message) = refused {
        Arguments::command().error(ErrorKind::ArgumentConflict, message).exit();
    }
    (name, arguments)
}

/// The commands that a pipeline runs, and whose findings it can show.
const REPORTING: [&str; 6] = ["build", "check", "diff", "lint", "plan", "verify"];

/// The commands that speak a language of their own, print a file, or print what happens until somebody stops them.
const UNANSWERING: [&str; 7] = ["completions", "dsc", "lsp", "man", "schema", "serve", "trace"];

/// The folder `out` beside a spec, unless the user names another.
fn folder_beside(spec: &std::path::Path, given: Option<&PathBuf>) -> PathBuf {
    given.cloned().unwrap_or_else(|| spec.with_file_name("out"))
}

/// The applicationHost.config that the user named, or that of this server.
fn host_config(given: Option<&PathBuf>) -> Result<PathBuf, Trouble> {
    let found = given.cloned().or_else(own_host_config);
    found.ok_or_else(|| {
        format!(
            "name the server's applicationHost.config with --host-config FILE; {}",
            crate::merge::host_config::WHERE
        )
        .into()
    })
}

/// The applicationHost.config of this server, if it runs Windows.
fn own_host_config() -> Option<PathBuf> {
    let windows = if cfg!(windows) { std::env::var_os("windir") } else { None };
    let folder = windows.map(|folder| PathBuf::from(folder).join(r"System32\inetsrv\config"))?;
    // With a shared configuration, this names the file that counts.
    let redirection = folder.join("redirection.config");
    Some(if redirection.is_file() { redirection } else { folder.join("applicationHost.config") })
}
