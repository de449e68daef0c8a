//! wsgi.file_wrapper: whole files and parts of them.

use serde_json::{Value, json};

use super::{Stage, get, with};

/// The size of the torture application's file, whose byte number n is n modulo 256.
const SIZE: u64 = 256_000;

/// The request for the file; only length and checksum of its response are kept.
fn file(query: &str) -> Value {
    with(get(&format!("sent-file?{query}")), json!({"discard_response": true}))
}

/// SHA-256 of the file from an offset, up to a length.
fn sum(offset: usize, length: usize) -> Value {
    use sha2::{Digest, Sha256};

    let bytes: Vec<u8> = (offset..offset + length).map(|index| (index % 256) as u8).collect();
    let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"bytes": length, "sha256": sum})
}

pub fn a_file_is_sent_by_the_server(stage: &Stage) {
    let head = with(file("kind=file"), json!({"method": "HEAD"}));
    let http10 = with(file("kind=file"), json!({"protocol": "HTTP/1.0"}));
    let run = stage.serve(json!([
        file("kind=file"),
        file("kind=file&offset=1000"),
        file("kind=empty"),
        head,
        http10
    ]));
    let whole = [(0, 0), (1, 1000), (4, 0)];
    for (number, offset) in whole {
        let length = SIZE as usize - offset;
        assert_eq!(run.response(number)["discarded"], sum(offset, length));
        assert_eq!(run.response(number)["file_bytes"], json!(length));
        assert_eq!(run.header(number, "Content-Length"), Some(length.to_string().as_str()));
    }
    for number in [2, 3] {
        assert_eq!((run.status(number), &run.response(number)["file_bytes"]), ("200 OK", &json!(0)));
        assert_eq!(run.response(number)["discarded"]["bytes"], json!(0));
    }
    assert_eq!(run.header(2, "Content-Length"), Some("0"));
    assert_eq!(run.log.matches("closed file").count(), 5, "{}", run.log);
}

pub fn what_is_no_plain_file_is_read_by_the_bridge(stage: &Stage) {
    let run = stage.serve(json!([file("kind=bytes"), file("kind=bytes&offset=7"), file("kind=unpacked")]));
    for (number, offset) in [(0, 0), (1, 7), (2, 0)] {
        assert_eq!(run.response(number)["discarded"], sum(offset, SIZE as usize - offset), "{}", run.log);
        assert_eq!(run.response(number)["file_bytes"], json!(0));
    }
    assert_eq!(run.log.matches("closed file").count(), 3, "{}", run.log);
}

pub fn a_file_ends_where_its_length_says(stage: &Stage) {
    let run = stage.serve(json!([
        file("kind=file&length=1000"),
        file("kind=bytes&length=1000"),
        file("kind=file&length=300000"),
        file("kind=file&offset=255000&length=1000"),
    ]));
    for (number, offset) in [(0, 0), (1, 0), (3, 255_000)] {
        assert_eq!(run.response(number)["discarded"], sum(offset, 1000));
        assert_eq!(run.response(number)["keep_alive"], json!(true));
    }
    assert_eq!(run.response(2)["discarded"], sum(0, SIZE as usize));
    let ended = (&run.response(2)["complete"], &run.response(2)["keep_alive"]);
    assert_eq!(ended, (&json!(false), &json!(false)));
}
