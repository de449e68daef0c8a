//! The torture application behind the shipped bridge, in the project's own ISAPI host, on Linux and under Wine.
//!
//! In: a machine. Out: deployments of the specs `tests/deployments/torture*.yaml`, and the host's report on them.
//! Absent: the expected results, which are in the modules with scenarios, once for both machines.

pub mod clients;
pub mod failures;
pub mod files;
pub mod hosts;
pub mod lives;
pub mod load;
pub mod log;
pub mod machine;
pub mod requests;
pub mod responses;
pub mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::MutexGuard;

use serde_json::{Value, json};

use crate::host;
use crate::wine;
use machine::Machine;
use run::Run;

/// Several threads, 20 seconds to end, below `/kallithea`.
pub const PLAIN: &str = "torture";
/// One thread, a queue of four, a late start, one second to end, traced, a trusted proxy, logs of one megabyte.
pub const WATCHED: &str = "torture-watched";
/// For a host that cannot wait; at the root, where the application authenticates its users; one second to end.
pub const HOSTS: &str = "torture-hosts";

/// Two threads, eight slow clients, three seconds for a client that does not move and for a request that computes; one
/// second to end, a trusted proxy.
pub const SLOW: &str = "torture-slow";

/// The files that a run leaves in its deployment's folder.
const LEFT_BEHIND: [&str; 3] = ["logs", "failures", "report.json"];

/// The scenarios as tests of a machine.
macro_rules! on_machine {
    ($machine:expr; $($module:ident: $($scenario:ident)+;)+) => {
        $(mod $module {
            $(
                #[test]
                fn $scenario() {
                    let stage = $crate::torture::Stage::new($machine, stringify!($scenario));
                    $crate::torture::$module::$scenario(&stage);
                }
            )+
        })+
    };
}

/// Every scenario that both machines run.
macro_rules! scenarios {
    ($machine:expr) => {
        $crate::torture::on_machine! {
            $machine;
            requests: a_page_is_served_with_its_length environ_is_what_pep_3333_says
                the_interpreter_is_that_of_the_virtual_environment paths_are_decoded_once_and_stay_bytes
                odd_addresses_reach_no_application
                bodies_come_from_read_ahead_and_read_client a_chunked_body_has_no_length_and_an_end
                requests_that_contradict_themselves_are_refused the_application_path_redirects_to_its_slash
                only_the_server_names_the_user validation_finds_nothing_to_object_to
                a_client_that_stops_mid_body_raises_in_the_application;
            responses: responses_are_framed_by_their_protocol a_response_takes_as_few_calls_as_it_can
                content_length_is_kept_both_ways an_application_may_change_its_mind_before_the_headers
                a_vanished_client_ends_the_iteration a_slow_client_holds_nobody_else_up;
            files: a_file_is_sent_by_the_server what_is_no_plain_file_is_read_by_the_bridge
                a_file_ends_where_its_length_says;
            failures: failures_are_plain_pages_and_traceback_in_the_log nothing_that_is_raised_ends_the_worker
                what_was_begun_is_closed_whatever_happens an_application_that_fails_at_its_start_leaves_a_reason
                passwords_stay_out_of_the_log
                a_start_that_failed_is_tried_again_in_the_next_life a_start_that_failed_is_tried_again_and_reported
                what_is_missing_is_named_in_the_log a_missing_or_foreign_engine_is_named_in_the_log
                a_python_that_runs_already_is_left_alone the_bridge_stays_however_often_it_is_given_back use_after_the_end_raises;
            hosts: other_hosts_lack_variables other_hosts_have_no_path_info other_hosts_lack_vector_send
                other_hosts_refuse_vector_send_for_their_own_reasons other_hosts_know_only_the_oldest_calls
                other_hosts_that_cannot_wait_are_noticed other_hosts_count_their_variables_otherwise
                other_hosts_fill_blocks_otherwise other_hosts_begin_and_end_lives_otherwise
                other_hosts_cannot_wait other_hosts_take_no_reports standard_handles_may_be_invalid
                programs_start_whatever_the_standard_handles_are;
            lives: parallel_requests_keep_their_users_apart a_full_queue_answers_at_once
                a_second_life_uses_the_running_interpreter what_has_begun_is_finished_before_the_end
                the_end_comes_by_its_deadline a_late_start_waits_for_the_first_request
                a_life_begins_while_the_one_before_still_ends a_life_that_begins_twice_has_its_threads_once
                requests_that_outlast_their_life_keep_nobody_of_the_next_waiting;
            log: output_of_the_application_is_logged nothing_that_is_said_passes_for_something_else
                what_somebody_sends_makes_no_line_of_its_own
                a_log_that_is_full_is_put_aside a_log_goes_through_no_link
                a_slow_request_shows_its_stack traced_requests_show_the_bridges_events
                a_trusted_proxy_speaks_for_its_clients;
            clients: slow_clients_hold_nobody_else_up a_client_that_does_not_move_is_let_go
                one_client_cannot_hold_every_worker
                one_client_cannot_hold_every_worker_by_what_the_bridge_itself_answers
                the_slowest_client_makes_room_when_every_worker_waits
                a_slow_but_steady_push_comes_through a_request_that_computes_for_ever_is_stopped
                a_request_that_keeps_pythons_lock_is_reported
                a_request_that_waits_for_its_client_says_so headers_cost_no_more_than_their_bytes;
            load: every_response_is_that_of_its_request every_host_is_served_as_many_requests a_full_queue_loses_nobody
                recycling_and_vanishing_clients_mix_nothing_up a_gibibyte_goes_up_and_down
                five_gibibytes_are_announced_and_challenged memory_stays_flat;
        }
    };
}

pub(crate) use {on_machine, scenarios};

/// Where one scenario runs.
pub struct Stage {
    pub machine: &'static Machine,
    name: &'static str,
}

impl Stage {
    pub fn new(machine: &'static Machine, name: &'static str) -> Self {
        Self { machine, name }
    }

    /// A fresh deployment of one of the specs.
    pub fn deployment(&self, spec: &'static str) -> Deployment {
        let turn = self.machine.turn(spec);
        let drive = self.machine.lay_down(spec, self.name);
        let deployment = Deployment { machine: self.machine, spec, drive, _turn: turn };
        for leftover in LEFT_BEHIND {
            let place = deployment.place(leftover);
            let _ = fs::remove_dir_all(&place).or_else(|_| fs::remove_file(&place));
        }
        deployment.ini("");
        deployment
    }

    /// Serves requests one after the other behind the bridge with several threads.
    pub fn serve(&self, requests: Value) -> Run {
        self.run(json!({ "requests": requests }))
    }

    /// Runs a script behind the bridge with several threads; the host must report no fault.
    pub fn run(&self, script: Value) -> Run {
        self.deployment(PLAIN).run(script).clean()
    }
}

/// One spec's bridge with the torture application, on a drive C.
pub struct Deployment {
    machine: &'static Machine,
    spec: &'static str,
    drive: PathBuf,
    _turn: Option<MutexGuard<'static, ()>>,
}

impl Deployment {
    /// Writes the ini file, with further lines for the application.
    pub fn ini(&self, lines: &str) {
        let logging = "[loggers]\nkeys = root\n[handlers]\nkeys = console\n[formatters]\nkeys = plain\n\
            [logger_root]\nlevel = INFO\nhandlers = console\n\
            [handler_console]\nclass = StreamHandler\nargs = (sys.stderr,)\nformatter = plain\n\
            [formatter_plain]\nformat = %(levelname)s %(name)s %(message)s\n";
        let ini = format!("[app:main]\nuse = call:torture_app:make\n{lines}\n{logging}");
        fs::write(self.place("my.ini"), ini).expect("the ini file can be written");
    }

    /// A path in the folder that the spec calls `kallithea.distribution`.
    pub fn place(&self, path: &str) -> PathBuf {
        self.drive.join("deployed").join(self.spec).join(path)
    }

    /// The machine's drive C.
    pub fn drive(&self) -> &Path {
        &self.drive
    }

    /// The same path as the bridge and Python see it.
    pub fn seen(&self, path: &str) -> String {
        self.machine
            .seen(&self.place(path), &format!(r"C:\deployed\{}\{}", self.spec, path.replace('/', r"\")))
    }

    /// Serves requests, one after the other.
    pub fn serve(&self, requests: Value) -> Run {
        self.run(json!({ "requests": requests }))
    }

    /// Runs a script.
    pub fn run(&self, script: Value) -> Run {
        self.play("bridge/_dispatch.dll", script, &[])
    }

    /// Runs a script with another library, or further arguments.
    pub fn play(&self, library: &str, script: Value, arguments: &[&str]) -> Run {
        if !self.machine.is_wine() {
            return self.attempt(library, &script, arguments);
        }
        let places = LEFT_BEHIND.map(|name| self.place(name));
        let attempt = || self.attempt(library, &script, arguments);
        wine::insist("the host", &places, attempt, Run::was_ended)
    }

    fn attempt(&self, library: &str, script: &Value, arguments: &[&str]) -> Run {
        let mut host = self.machine.host(&self.drive);
        host.arg(self.seen(library)).args(arguments);
        let output = host::feed(host, script);
        let report = match fs::read(self.place("report.json")) {
            Ok(report) if !arguments.is_empty() => report,
            _ => output.stdout,
        };
        let report = serde_json::from_slice(&report).unwrap_or(Value::Null);
        Run {
            code: host::code(output.status, self.machine.is_wine(), &report),
            report,
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
            log: self.log("bridge.log"),
        }
    }

    /// One of the log's files.
    pub fn log(&self, name: &str) -> String {
        fs::read_to_string(self.place("logs").join(name)).unwrap_or_default()
    }

    /// The Python of this deployment as a program.
    pub fn python(&self) -> Command {
        self.machine.python(self)
    }
}

/// A GET request below `/kallithea/`.
pub fn get(path: &str) -> Value {
    json!({"url": format!("/kallithea/{path}")})
}

/// A POST request below `/kallithea/`.
pub fn post(path: &str, body: &str) -> Value {
    json!({"url": format!("/kallithea/{path}"), "method": "POST", "body": body})
}

/// A request with more keys.
pub fn with(mut request: Value, more: Value) -> Value {
    let more = more.as_object().cloned().unwrap_or_default();
    request.as_object_mut().expect("a request is an object").extend(more);
    request
}
