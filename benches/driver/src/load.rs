//! Clients that send an extension one request after the other, and note how long each took.
//!
//! What enters: a [`Plan`]. What leaves: a [`Report`]. Absent: sockets; the clients call the host. Every answer is
//! held to the first one, so that no figure comes from requests that failed.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kallithea_iisc::host::{Host, Request};

use crate::process::{self, Watch};

/// One kind of load.
#[derive(clap::Args)]
pub struct Plan {
    /// The extension
    library: PathBuf,
    /// What is asked for
    #[arg(long)]
    url: String,
    /// Bytes of a POST's body; a GET when not given
    #[arg(long)]
    upload: Option<usize>,
    /// How many clients send requests at the same time
    #[arg(long, default_value_t = 1)]
    clients: usize,
    /// How many requests are measured
    #[arg(long)]
    requests: usize,
    /// How many requests are not, before those
    #[arg(long, default_value_t = 0)]
    warm_up: usize,
}

/// What came of it.
pub struct Report {
    seconds: f64,
    cpu_seconds: f64,
    /// How much the process's memory grew at most, from before the warm-up.
    growth: u64,
    latencies: Vec<Duration>,
    body: usize,
    violations: Vec<String>,
}

/// Runs a plan.
pub fn run(plan: &Plan) -> Result<Report, String> {
    let host = Host::load(&plan.library).map_err(|error| error.to_string())?;
    host.start().map_err(|error| error.to_string())?;
    let mut target = Target::new(&host, request(plan));
    let memory = process::memory();
    target.first()?;
    target.clients(plan.clients, plan.warm_up)?;
    let watch = Watch::begin();
    let (cpu, begun) = (process::cpu_time(), Instant::now());
    let latencies = target.clients(plan.clients, plan.requests)?;
    let (seconds, cpu) = (begun.elapsed(), process::cpu_time() - cpu);
    let most = watch.end();
    let report = Report {
        seconds: seconds.as_secs_f64(),
        cpu_seconds: cpu.as_secs_f64(),
        growth: most.saturating_sub(memory),
        latencies,
        body: target.body,
        violations: target.violations.into_inner().unwrap_or_else(PoisonError::into_inner),
    };
    host.stop();
    Ok(report)
}

/// The request of a browser whose user IIS has signed on.
fn request(plan: &Plan) -> Request {
    let mut headers = vec![
        ("Host", "kallithea.corp.example.com"),
        ("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"),
        ("Accept-Language", "en-US,en;q=0.5"),
        ("Accept-Encoding", "gzip, deflate, br"),
        ("Connection", "keep-alive"),
        ("Upgrade-Insecure-Requests", "1"),
        ("Cache-Control", "max-age=0"),
    ];
    if plan.upload.is_some() {
        headers.push(("Content-Type", "application/octet-stream"));
    }
    Request {
        method: if plan.upload.is_some() { "POST" } else { "GET" }.into(),
        url: plan.url.clone(),
        headers: headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        body: plan.upload.map(|size| "x".repeat(size)),
        user: r"CORP\alice".into(),
        auth_type: "Negotiate".into(),
        ..Request::default()
    }
}

/// An extension, the request that it gets, and how it answered the first.
struct Target<'a> {
    host: &'a Host,
    request: Request,
    status: String,
    body: usize,
    violations: Mutex<Vec<String>>,
}

impl<'a> Target<'a> {
    fn new(host: &'a Host, request: Request) -> Self {
        Self { host, request, status: String::new(), body: 0, violations: Mutex::default() }
    }

    /// Sends the request twice and keeps what the answers have to be; the second time, as every other, with the
    /// cookies that the first answer brought, as a browser does.
    fn first(&mut self) -> Result<(), String> {
        let response = self.host.serve(self.request.clone());
        let cookies = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let cookies: Vec<_> = cookies.filter_map(|(_, value)| value.split(';').next()).collect();
        if !cookies.is_empty() {
            self.request.headers.push(("Cookie".into(), cookies.join("; ")));
        }
        let response = self.host.serve(self.request.clone());
        if response.status != "200 OK" || response.body.is_empty() {
            let page = String::from_utf8_lossy(&response.body).chars().take(2000).collect::<String>();
            return Err(format!("{} answers {:?}: {page}", self.request.url, response.status));
        }
        self.status = response.status;
        self.body = response.body.len();
        Ok(())
    }

    /// Lets so many clients send so many requests together; returns how long each request took.
    fn clients(&self, clients: usize, requests: usize) -> Result<Vec<Duration>, String> {
        let next = AtomicUsize::new(0);
        let together = Barrier::new(clients);
        let client = || {
            let mut times = Vec::with_capacity(requests);
            together.wait();
            while next.fetch_add(1, Ordering::Relaxed) < requests {
                times.push(self.exchange()?);
            }
            Ok(times)
        };
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
            let mut all = Vec::with_capacity(requests);
            for client in clients {
                all.extend(client.join().map_err(|_| "a client panicked")??);
            }
            Ok(all)
        })
    }

    fn exchange(&self) -> Result<Duration, String> {
        let request = self.request.clone();
        let begun = Instant::now();
        let response = self.host.serve(request);
        let taken = begun.elapsed();
        if response.status != self.status || response.body.len() != self.body || !response.complete {
            return Err(format!("one of the answers is {:?}, {} bytes", response.status, response.body.len()));
        }
        if !response.violations.is_empty() {
            self.violations.lock().unwrap_or_else(PoisonError::into_inner).extend(response.violations);
        }
        Ok(taken)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let requests = sorted.len() as f64;
        let microseconds = |part: f64| {
            let place = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
            sorted.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e6)
        };
        writeln!(formatter, "rate {}", requests / self.seconds)?;
        writeln!(formatter, "median {}", microseconds(0.5))?;
        writeln!(formatter, "p99 {}", microseconds(0.99))?;
        writeln!(formatter, "cpu {}", self.cpu_seconds * 1e6 / requests)?;
        writeln!(formatter, "growth {}", self.growth)?;
        writeln!(formatter, "body {}", self.body)?;
        writeln!(formatter, "violations {}", self.violations.len())?;
        self.violations.first().map_or(Ok(()), |violation| writeln!(formatter, "violation {violation}"))
    }
}
