//! What a script leaves behind: nothing of its own after a rollback, and nothing unsaid after a removal.

use crate::scripts_run::but_backups;
use crate::scripts_run::server::Server;

/// `apply_settings.py` leaves records, as it does where it has changed a setting, and as it does when it takes that back.
fn with_records(server: &Server) {
    let run = "+ $it.Arguments) | Out-Null";
    server.rewrite(run, &format!("{run}; [IO.File]::WriteAllText($it.Record, 'x')"));
    let undo = "'--record', ($it.Record + '.undone')) | Out-Null";
    server.rewrite(undo, &format!("{undo}; [IO.File]::WriteAllText($it.Record + '.undone', 'x')"));
}

#[test]
fn a_rollback_leaves_no_record_and_no_folder_above_one_that_it_made() {
    let mut server = Server::new("left");
    with_records(&server);
    let deep = server.named("made\\for\\bridge");
    server.rewrite(&format!("'{}'", server.named("kallithea\\bridge")), &format!("'{deep}'"));
    server.answer(" apply ", 2, "error: conflict");
    let before = server.everything();
    let ran = server.run("install.ps1", "-SkipProbe");
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    assert!(ran.text.contains("restored Kallithea's database"), "{}", ran.text);
    assert!(
        before == but_backups(&server),
        "{:#?}\n{}",
        server.everything().iter().map(|(path, _)| path).collect::<Vec<_>>(),
        ran.text
    );
}

#[test]
fn a_removal_names_the_records_and_the_empty_folders_that_stay() {
    let server = Server::new("left-named");
    with_records(&server);
    let ran = server.run("install.ps1", "-SkipProbe");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    let ran = server.run("uninstall.ps1", "");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    let text = ran.text.replace('\n', "");
    for words in [
        "my.ini.settings-",
        "stays: Kallithea's settings before a run",
        &format!("the empty folder {} stays", server.named("root")),
    ] {
        assert!(text.contains(words), "{words}: {}", ran.text);
    }
}
