//! The verdict on rights, for security descriptors as Windows writes them: Wine cannot store most of these.

use crate::scripts_run::server::Server;

const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

/// A descriptor, the kind of check, and who is a stranger in it. `Own`: a file or folder that is run. `Above`: a folder above.
const SAMPLES: [(&str, &str, &str); 26] = [
    // The root of a system drive, of Windows Server 2022 and of 2012 R2; then folders below C:\ by default.
    (
        "O:%I%D:PAI(A;;LC;;;AU)(A;OICIIO;SDGXGWGR;;;AU)(A;;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)",
        "Above",
        "",
    ),
    (
        "O:%I%D:PAI(A;CI;LC;;;BU)(A;CIIO;DC;;;BU)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)",
        "Above",
        "",
    ),
    (
        "O:BAD:AI(A;ID;FA;;;BA)(A;OICIIOID;GA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)(A;OICIIOID;SDGXGWGR;;;AU)",
        "Own",
        "S-1-5-11",
    ),
    ("O:BAD:AI(A;ID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)", "Above", "S-1-5-11"),
    // Program Files.
    (
        "O:%I%D:PAI(A;;FA;;;%I%)(A;CIIO;GA;;;%I%)(A;;0x1301bf;;;SY)(A;OICIIO;GA;;;BA)(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)(A;;0x1200a9;;;AC)",
        "Own",
        "",
    ),
    // ProgramData passes on the right to create files and folders.
    (
        "O:BAD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)",
        "Own",
        "S-1-5-32-545",
    ),
    ("O:BAD:(A;;FA;;;BA)", "Own", ""),
    ("O:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)", "Own", ""),
    ("O:S-1-5-21-1-2-3-1001D:P(A;OICI;FA;;;BA)", "Own", "S-1-5-21-1-2-3-1001"),
    ("O:S-1-5-21-1-2-3-1001D:P(A;OICI;FA;;;BA)", "Above", "S-1-5-21-1-2-3-1001"),
    ("O:BAD:(A;;FA;;;BA)(A;;FA;;;S-1-5-21-1-2-3-1001)", "Own", "S-1-5-21-1-2-3-1001"),
    ("O:BAD:(A;;0x1200a9;;;WD)", "Own", ""),
    ("O:BAD:(A;;GA;;;WD)", "Own", "S-1-1-0"),
    ("O:BAD:(A;;GA;;;WD)", "Above", "S-1-1-0"),
    ("O:BAD:(A;;GW;;;WD)", "Own", "S-1-1-0"),
    // Single rights: create a file, a folder; attributes (to make a folder a junction); delete; delete children; rights; owner.
    ("O:BAD:(A;;0x2;;;BU)", "Own", "S-1-5-32-545"),
    ("O:BAD:(A;;0x4;;;BU)", "Own", "S-1-5-32-545"),
    ("O:BAD:(A;;0x100;;;BU)", "Own", "S-1-5-32-545"),
    ("O:BAD:(A;;0x6;;;BU)", "Above", ""),
    ("O:BAD:(A;;0x40;;;BU)", "Above", "S-1-5-32-545"),
    ("O:BAD:(A;;SD;;;BU)", "Above", "S-1-5-32-545"),
    ("O:BAD:(A;;WD;;;IU)(A;;WO;;;S-1-5-82-1-2-3-4-5)", "Above", "S-1-5-4 S-1-5-82-1-2-3-4-5"),
    // New files below belong to everybody, or to the user who creates them.
    ("O:BAD:P(A;OICI;FA;;;BA)(A;OICIIO;GW;;;AU)", "Own", "S-1-5-11"),
    ("O:BAD:P(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)(A;;FA;;;OW)", "Own", ""),
    // A deny entry gives no right; a missing list gives every right; what cannot be read counts as open to everybody.
    ("O:BAD:(D;;FA;;;WD)(A;;FA;;;BA)", "Own", ""),
    ("O:BAG:SY", "Own", "S-1-1-0"),
];

#[test]
fn descriptions_of_rights_are_judged() {
    let server = Server::new("descriptions");
    let script = std::fs::read_to_string(server.at("out/install.ps1")).expect("a script");
    let start = script.find("# Who can change what this script runs").expect("the part");
    let end = script.find("# The same of a file or folder on the disk").expect("its end");
    let more = [
        ("O:BAD:NO_ACCESS_CONTROL", "Own", "S-1-1-0"),
        ("D:(A;;FA;;;BA)", "Own", "S-1-1-0"),
        ("rubbish", "Own", "S-1-1-0"),
    ];
    let samples: Vec<_> = SAMPLES.into_iter().chain(more).collect();
    let mut text = script[start..end].to_owned();
    for (number, (sddl, place, _)) in samples.iter().enumerate() {
        let rights = if *place == "Own" { "$Writing $true" } else { "$Replacing $false" };
        let sddl = sddl.replace("%I%", INSTALLER);
        text += &format!(
            "Write-Host \"{number}=$(@(Find-Stranger '{sddl}' {rights} $Trusted | Select-Object -Unique) -join ' ')\"\n"
        );
    }
    text += "Write-Host \"above Python=$(@(Find-Stranger 'O:BAD:(A;;0x2;;;BU)' $ReplacingOrNew $false $Trusted) -join ' ')\"\n";
    text += "Write-Host \"known=$(@(Find-Stranger 'O:S-1-5-21-1-2-3-500D:(A;;FA;;;S-1-5-21-1-2-3-512)' $Writing $true ($Trusted + 'S-1-5-21-1-2-3-500', 'S-1-5-21-1-2-3-512')) -join ' ')\"\n";
    server.write("out/verdicts.ps1", text.as_bytes());
    let ran = server.run("verdicts.ps1", "");
    let said = |key: &str| {
        ran.text.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).map(str::to_owned)
    };
    for (number, (sddl, place, strangers)) in samples.iter().enumerate() {
        assert_eq!(said(&number.to_string()).as_deref(), Some(*strangers), "{sddl} {place}\n{}", ran.text);
    }
    assert_eq!(said("above Python").as_deref(), Some("S-1-5-32-545"), "a pyvenv.cfg");
    assert_eq!(said("known").as_deref(), Some(""), "who is an administrator is no stranger");
}
