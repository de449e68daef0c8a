//! The site that a script asks in the end. In: what it answers. Out: a port of 127.0.0.1, and what was asked.
//!
//! Absent: IIS and the bridge. What the bridge logs for a request, the site writes into the log where it is told to.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A site.
pub struct Site {
    pub port: u16,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    answer: String,
    log: Option<PathBuf>,
    asked: String,
    over: bool,
}

impl Site {
    /// A site that answers 200 and logs it.
    pub fn new(log: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = State { answer: "200 OK".to_owned(), log: Some(log), asked: String::new(), over: false };
        let state = Arc::new(Mutex::new(state));
        let kept = Arc::clone(&state);
        let thread = thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if kept.lock().expect("the state").over {
                    return;
                }
                serve(client, &kept);
            }
        });
        Self { port, state, thread: Some(thread) }
    }

    /// What it answers from now on, and whether the bridge logs it.
    pub fn answer(&self, status: &str, log: Option<&Path>) {
        let mut state = self.state.lock().expect("the state");
        (state.answer, state.log) = (status.to_owned(), log.map(Path::to_path_buf));
    }

    /// Every request so far.
    pub fn asked(&self) -> String {
        self.state.lock().expect("the state").asked.clone()
    }

    /// Closes the port.
    pub fn close(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.state.lock().expect("the state").over = true;
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = thread.join();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(mut client: TcpStream, state: &Mutex<State>) {
    let _ = client.set_read_timeout(Some(Duration::from_secs(10)));
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match client.read(&mut part) {
            Ok(length) if length > 0 => request.extend_from_slice(&part[..length]),
            _ => return,
        }
    }
    let mut state = state.lock().expect("the state");
    state.asked += &String::from_utf8_lossy(&request);
    if let Some(log) = &state.log {
        let mut log = OpenOptions::new().create(true).append(true).open(log).expect("the log");
        writeln!(log, "a request").expect("a line");
    }
    let answer = format!("HTTP/1.1 {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", state.answer);
    let _ = client.write_all(answer.as_bytes());
}
