//! Clients that send an extension one request after the other, and note how long each took.
//!
//! What enters: a [`Plan`]. What leaves: a [`Report`]. Absent: sockets; the clients call the host. Every answer is
//! held to the first one, so that no figure comes from requests that failed.

use std::{fmt, io};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kallithea_iisc::host::{Host, Peer, Prepared, Request};

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
    upload: Option<u64>,
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
    body: u64,
    violations: Vec<String>,
}

/// Runs a plan.
pub fn run(plan: &Plan) -> Result<Report, String> {
    let host = Host::load(&plan.library).map_err(|error| error.to_string())?;
    host.start().map_err(|error| error.to_string())?;
    let memory = process::memory();
    let target = Target::new(&host, request(plan))?;
    target.clients(plan.clients, plan.warm_up)?;
    let watch = Watch::begin();
    let (cpu, begun) = (process::cpu_time(), Instant::now());
    let latencies = target.clients(plan.clients, plan.requests)?;
    let (seconds, cpu) = (begun.elapsed(), process::cpu_time() - cpu);
    let most = watch.end();
    let mut violations = target.violations.into_inner().unwrap_or_else(PoisonError::into_inner);
    violations.extend(host.late_violations());
    host.stop();
    Ok(Report {
        seconds: seconds.as_secs_f64(),
        cpu_seconds: cpu.as_secs_f64(),
        growth: most.saturating_sub(memory),
        latencies,
        body: target.body,
        violations,
    })
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
        body_size: plan.upload,
        user: r"CORP\alice".into(),
        auth_type: "Negotiate".into(),
        ..Request::default()
    }
}

/// An extension, the request that it gets, and how it answered the first.
struct Target<'a> {
    host: &'a Host,
    request: Arc<Prepared>,
    upload: u64,
    body: u64,
    violations: Mutex<Vec<String>>,
}

impl<'a> Target<'a> {
    /// Sends a first request, which waits for the start of whatever has to start, and a second one, as all others with
    /// the cookies that the first answer brought.
    fn new(host: &'a Host, mut request: Request) -> Result<Self, String> {
        let response = host.serve(request.clone());
        if response.status != "200 OK" {
            let page: String = String::from_utf8_lossy(&response.body).chars().take(2000).collect();
            return Err(format!("{} answers {:?}: {page} {:?}", request.url, response.status, response.violations));
        }
        let cookies = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let cookies: Vec<_> = cookies.filter_map(|(_, value)| value.split(';').next()).collect();
        if !cookies.is_empty() {
            request.headers.push(("Cookie".into(), cookies.join("; ")));
        }
        let upload = request.body_size.unwrap_or_default();
        let request = Arc::new(Prepared::new(&request)?);
        let mut target = Self { host, request, upload, body: 0, violations: Mutex::default() };
        let mut browser = Browser::new(upload);
        target.host.exchange(&target.request, &mut browser);
        target.body = browser.received;
        Ok(target)
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
            Ok::<_, String>(times)
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
        let mut browser = Browser::new(self.upload);
        let begun = Instant::now();
        let outcome = self.host.exchange(&self.request, &mut browser);
        let taken = begun.elapsed();
        if !browser.fine || !outcome.complete || browser.received != self.body {
            let Browser { fine, received, .. } = browser;
            return Err(format!("one of the answers: 200 OK {fine}, {received} bytes, {outcome:?}"));
        }
        if !outcome.violations.is_empty() {
            self.violations.lock().unwrap_or_else(PoisonError::into_inner).extend(outcome.violations);
        }
        Ok(taken)
    }
}

/// The client of one exchange: sends what it is told to, and looks no longer at the answer than it must.
struct Browser {
    to_send: u64,
    fine: bool,
    received: u64,
}

impl Browser {
    fn new(upload: u64) -> Self {
        Self { to_send: upload, fine: false, received: 0 }
    }
}

impl Peer for Browser {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = buffer.len().min(usize::try_from(self.to_send).unwrap_or(usize::MAX));
        buffer[..size].fill(b'x');
        self.to_send -= size as u64;
        Ok(size)
    }

    fn head(&mut self, status: &[u8], _headers: &[u8], _keep: bool) -> io::Result<()> {
        self.fine = status.starts_with(b"200 OK");
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.received += bytes.len() as u64;
        Ok(())
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
