//! `isapi-host`: loads an ISAPI extension and feeds it the requests of a script. All of it is the crate of that name.

fn main() -> std::process::ExitCode {
    isapi_host::program::main()
}
