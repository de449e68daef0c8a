//! What is measured: the kinds of load, and the servers.
//!
//! In: nothing. Out: tables. Absent: measuring.

use super::machine::System;

/// The servers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Server {
    /// This project's bridge.
    Bridge,
    /// The same with `bridge.staticFiles: application`.
    Application,
    /// pywin32's loader with isapi-wsgi's ISAPISimpleHandler.
    Simple,
    /// pywin32's loader with isapi-wsgi's ISAPIThreadPoolHandler.
    Pool,
    /// An extension that answers immediately.
    Null,
    /// A Python loop that calls the application, without any ISAPI.
    Floor,
}

impl Server {
    /// Its name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Application => "bridge, staticFiles: application",
            Self::Simple => "isapi-wsgi, simple handler",
            Self::Pool => "isapi-wsgi, thread pool",
            Self::Null => "null extension",
            Self::Floor => "bare call of the application",
        }
    }

    /// Whether it is the incumbent that the bridge replaces.
    pub fn is_incumbent(self) -> bool {
        matches!(self, Self::Simple | Self::Pool)
    }
}

/// One kind of request.
#[derive(Debug, PartialEq)]
pub struct Scenario {
    /// Its name in the tables.
    pub name: &'static str,
    /// The deployment that receives the requests.
    pub deployment: &'static str,
    /// The URL of the first request, which starts everything that has to start.
    pub first: &'static str,
    /// The URL of the later requests.
    pub url: &'static str,
    /// How many requests a client sends before it waits for the first answer.
    pub at_once: usize,
    /// Bytes of the request's body.
    pub upload: Option<usize>,
    /// The number of measured requests, on Linux and under Wine.
    requests: [usize; 2],
}

impl Scenario {
    /// The number of measured requests on a machine.
    pub fn requests(&self, system: System) -> usize {
        match system {
            System::Linux => self.requests[0],
            System::Wine => self.requests[1],
        }
    }

    /// The number of warm-up requests before those.
    pub fn warm_up(&self, system: System) -> usize {
        self.requests(system) / 10
    }
}

/// A hello-world GET.
pub const HELLO: Scenario = Scenario {
    name: "hello world",
    deployment: "bench-plain",
    first: "/hello",
    url: "/hello",
    at_once: 1,
    upload: None,
    requests: [200_000, 20_000],
};

/// The same from a client that does not wait for each answer; no thread of IIS waits either.
pub const HELLO_AT_ONCE: Scenario = Scenario { name: "hello world, 32 at once", at_once: 32, ..HELLO };

/// A large response.
const DOWNLOAD: Scenario = Scenario {
    name: "1 MiB download",
    deployment: "bench-plain",
    first: "/hello",
    url: "/download",
    at_once: 1,
    upload: None,
    requests: [4000, 2000],
};

/// A large request.
pub const UPLOAD: Scenario = Scenario {
    name: "1 MiB upload",
    deployment: "bench-plain",
    first: "/hello",
    url: "/upload",
    at_once: 1,
    upload: Some(1 << 20),
    requests: [2000, 1000],
};

/// Kallithea's first page, for a user who has signed in and has a session.
pub const KALLITHEA: Scenario = Scenario {
    name: "Kallithea's GET /",
    deployment: "bench-kallithea",
    first: "/",
    url: "/",
    at_once: 1,
    upload: None,
    requests: [340, 340],
};

/// Kallithea's style sheet, which the bridge sends without Python.
pub const STYLE: Scenario = Scenario {
    name: "Kallithea's style sheet, 236 KB",
    url: "/css/style.css",
    requests: [20_000, 2000],
    ..KALLITHEA
};

/// The numbers of clients.
const CLIENTS: [usize; 3] = [1, 8, 32];

/// One comparison: several servers under the same load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The request.
    pub scenario: &'static Scenario,
    /// How many clients send it at the same time.
    pub clients: usize,
    /// The servers that are compared.
    pub servers: &'static [Server],
}

/// The comparisons on a machine.
pub fn rows(system: System) -> Vec<Row> {
    let all = |scenario, servers| CLIENTS.map(|clients| Row { scenario, clients, servers });
    match system {
        System::Wine => [
            all(&HELLO, &[Server::Bridge, Server::Simple, Server::Pool, Server::Null]),
            all(&DOWNLOAD, &[Server::Bridge, Server::Simple, Server::Pool]),
            all(&UPLOAD, &[Server::Bridge, Server::Simple, Server::Pool]),
            all(&KALLITHEA, &[Server::Bridge, Server::Simple, Server::Pool]),
            all(&STYLE, &[Server::Bridge, Server::Application, Server::Simple, Server::Pool]),
        ]
        .concat(),
        System::Linux => {
            let floor = &[Server::Bridge, Server::Floor, Server::Null];
            let mut rows = vec![Row { scenario: &HELLO, clients: 1, servers: floor }];
            rows.extend(CLIENTS[1..].iter().map(|&clients| Row {
                scenario: &HELLO,
                clients,
                servers: &[Server::Bridge, Server::Null],
            }));
            rows.push(Row { scenario: &HELLO_AT_ONCE, clients: 1, servers: &[Server::Bridge, Server::Null] });
            rows.push(Row { scenario: &KALLITHEA, clients: 1, servers: &[Server::Bridge, Server::Floor] });
            let style = &[Server::Bridge, Server::Application, Server::Floor];
            rows.push(Row { scenario: &STYLE, clients: 1, servers: style });
            rows
        }
    }
}
