//! `isapi-host`: loads an ISAPI extension and feeds it the requests of a script.
//!
//! What enters: a library's path as the argument, a script on standard input. What leaves: a report on standard
//! output and an exit code. Absent: everything else; the work is done by [`kallithea_iisc::host`].

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kallithea_iisc::host::protocol::{Answer, HELP, Report, Script};
use kallithea_iisc::host::{Host, Response};

/// There was something that IIS would not have forgiven.
const VIOLATIONS: u8 = 1;
/// The library, its start or the script is unusable.
const TROUBLE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [only] if only == "--help" || only == "-h" => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        [library] => match run(Path::new(library)) {
            Ok(report) => print(&report),
            Err(why) => {
                eprintln!("isapi-host: {why}");
                ExitCode::from(TROUBLE)
            }
        },
        _ => {
            eprint!("{HELP}");
            ExitCode::from(TROUBLE)
        }
    }
}

fn run(library: &Path) -> Result<Report, String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
    let script: Script = serde_json::from_str(&text).map_err(|error| format!("the script: {error}"))?;
    for (number, request) in script.requests.iter().enumerate() {
        request.declared_length().map_err(|why| format!("request {number}: {why}"))?;
    }
    let patience = Duration::from_secs(script.timeout_seconds);
    let host = Host::load(library).map_err(|error| error.to_string())?.patience(patience);
    let mut report = Report { descriptions: Vec::new(), responses: Vec::new(), violations: Vec::new() };
    for life in 1..=script.lives {
        report.descriptions.push(host.start().map_err(|error| format!("life {life}: {error}"))?);
        for (request, response) in serve_all(&host, &script) {
            let place = |what: &String| format!("life {life}, request {request}: {what}");
            report.violations.extend(response.violations.iter().map(place));
            report.responses.push(Answer::new(life, request, response));
        }
    }
    report.violations.extend(host.late_violations());
    Ok(report)
}

/// Serves the script's requests with its number of threads, ends the life, and puts the responses in order.
fn serve_all(host: &Host, script: &Script) -> Vec<(usize, Response)> {
    let count = script.requests.len() * script.repeat;
    let next = AtomicUsize::new(0);
    let served = Mutex::new(Vec::with_capacity(count));
    std::thread::scope(|scope| {
        if let Some(milliseconds) = script.stop_after_milliseconds {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(milliseconds));
                host.stop();
            });
        }
        for _ in 0..script.parallel.clamp(1, count.max(1)) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let response = host.serve(script.requests[number % script.requests.len()].clone());
                    served.lock().expect("no thread panics while it holds the list").push((number, response));
                }
            });
        }
    });
    if script.stop_after_milliseconds.is_none() {
        host.stop();
    }
    let mut served = served.into_inner().expect("no thread panics while it holds the list");
    served.sort_by_key(|(number, _)| *number);
    served.into_iter().map(|(number, response)| (number % script.requests.len(), response)).collect()
}

fn print(report: &Report) -> ExitCode {
    match serde_json::to_string_pretty(report) {
        Ok(text) => println!("{text}"),
        Err(error) => {
            eprintln!("isapi-host: {error}");
            return ExitCode::from(TROUBLE);
        }
    }
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(VIOLATIONS) }
}
