//! The exports' own code: whatever happens inside, IIS gets an answer, and each request is completed once.

use std::ffi::CString;
use std::ptr;

use kallithea_bridge_isapi::abi::{
    STATUS_PENDING, VersionInfo, request_entry, terminate_entry, version_entry,
};
use kallithea_bridge_isapi::client::Completion;
use kallithea_bridge_tests::server::Server;

use crate::servers::life;

fn request() -> Server {
    Server { method: CString::new("GET").ok(), is_modern: true, patience: 100.into(), ..Server::default() }
}

#[test]
fn a_panic_completes_its_request_and_goes_no_further() {
    let _turn = life();
    let server = request();
    let mut block = server.block();
    // SAFETY: the block is that of a request that has just begun.
    let status = unsafe { request_entry(&mut block, |_session| panic!("a fault of the bridge")) };
    assert_eq!((status, server.completions.take(), server.closed.take()), (STATUS_PENDING, vec![4], true));
}

#[test]
fn a_request_is_completed_once_in_each_way() {
    let _turn = life();
    let server = request();
    let mut block = server.block();
    // SAFETY: as above.
    let status = unsafe {
        request_entry(&mut block, |session| {
            session.finish(Completion::KeepConnection);
            STATUS_PENDING
        })
    };
    assert_eq!((status, server.completions.take()), (STATUS_PENDING, vec![2]));
    // SAFETY: as above.
    let status = unsafe { request_entry(&mut block, |session| session.finish_by_return(Completion::Close)) };
    assert_eq!((status, server.completions.take()), (1, vec![]));
}

#[test]
fn a_panic_at_the_start_or_the_end_is_a_refusal() {
    let _turn = life();
    let mut info = VersionInfo { version: 0, description: [1; 256] };
    // SAFETY: the structure may be written.
    assert_eq!(unsafe { version_entry(&mut info, "name", || panic!("at the start")) }, 0);
    let long = "x".repeat(1000);
    // SAFETY: as above.
    assert_eq!(unsafe { version_entry(&mut info, &long, || ()) }, 1);
    assert_eq!((info.version, info.description[254], info.description[255]), (0x0008_0000, b'x', 0));
    assert_eq!(terminate_entry(|| panic!("at the end")), 1);
}

#[test]
fn a_null_pointer_is_no_request() {
    let _turn = life();
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { request_entry(ptr::null_mut(), |_| 1) }, 4);
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { version_entry(ptr::null_mut(), "name", || ()) }, 0);
}
