//! Work that fails in any way leaves the call alive.

use std::thread;

use kallithea_bridge_loader::guard::on_a_thread_of_its_own;

#[test]
fn a_panic_is_nothing_found() {
    fn panics() -> Option<u32> {
        panic!("as it should")
    }
    assert_eq!(on_a_thread_of_its_own(panics), None);
    assert_eq!(on_a_thread_of_its_own(|| Some(1)), Some(1));
}

#[test]
fn the_thread_of_the_call_loads_nothing() {
    let other = on_a_thread_of_its_own(|| Some(thread::current().id()));
    assert!(other.is_some_and(|other| other != thread::current().id()));
}
