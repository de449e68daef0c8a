//! Clients that send requests to an extension one after the other, and measure how long each takes.
//!
//! In: a [`Plan`]. Out: a [`Report`]. Absent: sockets; the clients call the host. Every answer is compared with the
//! first one, so that no figure comes from requests that failed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io};

use isapi_host::{Host, Peer, Prepared, Request};

use crate::process::{self, Watch};

/// One kind of load.
#[derive(clap::Args)]
pub struct Plan {
    /// The extension
    library: PathBuf,
    /// What is asked for
    #[arg(long)]
    url: String,
    /// What is asked for once before anything is measured, so that all that has to start has started
    #[arg(long, default_value = "/")]
    first: String,
    /// Bytes of a POST's body; a GET when not given
    #[arg(long)]
    upload: Option<u64>,
    /// How many clients send requests at the same time
    #[arg(long, default_value_t = 1)]
    clients: usize,
    /// How many of them a client hands over before it waits for the first answer
    #[arg(long, default_value_t = 1)]
    at_once: usize,
    /// How many requests are measured
    #[arg(long)]
    requests: usize,
    /// How many requests are not, before those
    #[arg(long, default_value_t = 0)]
    warm_up: usize,
}

/// The results of a load.
pub struct Report {
    seconds: f64,
    cpu_seconds: f64,
    /// How much the process's memory grew at most, measured from before the first of many requests.
    growth: u64,
    latencies: Vec<Duration>,
    body: u64,
    violations: Vec<String>,
}

/// Runs a plan.
pub fn run(plan: &Plan) -> Result<Report, String> {
    let host = Host::load(&plan.library).map_err(|error| error.to_string())?;
    host.start().map_err(|error| error.to_string())?;
    let cookies = first(&host, plan)?;
    let target = Target::new(&host, plan, cookies)?;
    let Measured { latencies, seconds, cpu, growth } = target.load(plan)?;
    let mut violations = target.violations.into_inner().unwrap_or_else(PoisonError::into_inner);
    violations.extend(host.late_violations());
    host.stop();
    Ok(Report {
        seconds: seconds.as_secs_f64(),
        cpu_seconds: cpu.as_secs_f64(),
        growth,
        latencies,
        body: target.body,
        violations,
    })
}

/// Sends a first request, which waits for everything that has to start; returns the cookies from the response.
fn first(host: &Host, plan: &Plan) -> Result<Option<String>, String> {
    let response = host.serve(request(&plan.first, None, None));
    if response.status != "200 OK" {
        let page: String = String::from_utf8_lossy(&response.body).chars().take(2000).collect();
        let said = format!("{page} {:?}", response.violations);
        return Err(format!("{} answers {:?}: {said}", plan.first, response.status));
    }
    let cookies = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let cookies: Vec<_> = cookies.filter_map(|(_, value)| value.split(';').next()).collect();
    Ok((!cookies.is_empty()).then(|| cookies.join("; ")))
}

/// The request of a browser that IIS has authenticated.
fn request(url: &str, upload: Option<u64>, cookies: Option<String>) -> Request {
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
    headers.extend(upload.map(|_| ("Content-Type", "application/octet-stream")));
    headers.extend(cookies.as_deref().map(|cookies| ("Cookie", cookies)));
    Request {
        method: upload.map_or("GET", |_| "POST").into(),
        url: url.into(),
        headers: headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        body_size: upload,
        user: r"CORP\alice".into(),
        auth_type: "Negotiate".into(),
        ..Request::default()
    }
}

/// The results of a load while it was running.
struct Measured {
    latencies: Vec<Duration>,
    seconds: Duration,
    cpu: Duration,
    growth: u64,
}

/// An extension, the request that it receives, and its answer to the first one.
struct Target<'a> {
    host: &'a Host,
    request: Arc<Prepared>,
    upload: u64,
    body: u64,
    violations: Mutex<Vec<String>>,
}

impl<'a> Target<'a> {
    /// Sends the measured request once, and keeps what later answers must match.
    fn new(host: &'a Host, plan: &Plan, cookies: Option<String>) -> Result<Self, String> {
        let request = Arc::new(
            Prepared::new(&request(&plan.url, plan.upload, cookies)).map_err(|error| error.to_string())?,
        );
        let upload = plan.upload.unwrap_or_default();
        let mut browser = Browser::new(upload);
        host.exchange(&request, &mut browser);
        Ok(Self { host, request, upload, body: browser.received, violations: Mutex::default() })
    }

    /// Lets the clients send their requests together, starting with the warm-up requests.
    fn load(&self, plan: &Plan) -> Result<Measured, String> {
        let (warm_up, measured) = (Queue::new(plan.warm_up), Queue::new(plan.requests));
        let together = Barrier::new(plan.clients + 1);
        let client = || {
            let mut times = Vec::with_capacity(plan.requests);
            together.wait();
            let warmed = warm_up.serve(plan.at_once, |count| self.exchange(count, &mut times));
            times.clear();
            together.wait();
            together.wait();
            warmed?;
            measured.serve(plan.at_once, |count| self.exchange(count, &mut times))?;
            Ok::<_, String>(times)
        };
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..plan.clients).map(|_| scope.spawn(client)).collect();
            let memory = process::memory();
            let watch = Watch::begin();
            together.wait();
            together.wait();
            // This is between two barriers, so no client has begun: on a busy machine this thread may continue long
            // after them.
            let (cpu, begun) = (process::cpu_time(), Instant::now());
            together.wait();
            let mut latencies = Vec::with_capacity(plan.requests);
            for client in clients {
                latencies.extend(client.join().map_err(|_| "a client panicked")??);
            }
            let (seconds, cpu) = (begun.elapsed(), process::cpu_time() - cpu);
            Ok(Measured { latencies, seconds, cpu, growth: watch?.end().saturating_sub(memory) })
        })
    }

    /// Sends some requests together; records how long each took.
    fn exchange(&self, count: usize, times: &mut Vec<Duration>) -> Result<(), String> {
        let mut browsers: Vec<_> = (0..count).map(|_| Browser::new(self.upload)).collect();
        let outcomes = match browsers.as_mut_slice() {
            [one] => vec![self.host.exchange(&self.request, one)],
            several => self.host.exchange_all(&self.request, several),
        };
        for (Browser { fine, received, .. }, outcome) in browsers.into_iter().zip(outcomes) {
            if !fine || !outcome.complete || received != self.body {
                return Err(format!("one of the answers: 200 OK {fine}, {received} bytes, {outcome:?}"));
            }
            times.push(outcome.duration);
            if !outcome.violations.is_empty() {
                self.violations.lock().unwrap_or_else(PoisonError::into_inner).extend(outcome.violations);
            }
        }
        Ok(())
    }
}

/// A number of requests; each client takes the next ones.
struct Queue {
    taken: AtomicUsize,
    size: usize,
}

impl Queue {
    fn new(size: usize) -> Self {
        Self { taken: AtomicUsize::new(0), size }
    }

    fn serve(&self, at_once: usize, mut some: impl FnMut(usize) -> Result<(), String>) -> Result<(), String> {
        loop {
            let taken = self.taken.fetch_add(at_once, Ordering::Relaxed);
            match self.size.saturating_sub(taken).min(at_once) {
                0 => return Ok(()),
                count => some(count)?,
            }
        }
    }
}

/// The client of one exchange: sends what it is told to, and reads no more of the answer than it must.
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
