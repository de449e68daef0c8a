//! Spellings of paths that no request may reach, made from a seed.
//!
//! In: a seed, and the secrets of a machine. Out: the part of a URL below the application. Absent: requests.

use crate::kallithea::machine::Machine;

/// Numbers that are the same on every machine (SplitMix64, by Sebastiano Vigna).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// Files that nobody may request, from the root of their drive, with slashes.
pub struct Secrets(Vec<String>);

impl Secrets {
    pub fn of(machine: &Machine, deployment: &str) -> Self {
        let own = ["my.ini", "kallithea.db", "bridge/manifest.json", "bridge/_dispatch.dll", "data/x", "."];
        let mut all: Vec<_> = own.iter().map(|name| format!("deployed/{deployment}/{name}")).collect();
        all.push("inetpub/kallithea/my.ini".to_owned());
        // Wine's drive Z is the root of everything, like the only drive of Linux.
        let places: Vec<_> = all.iter().map(|path| machine.place(path).display().to_string()).collect();
        all.extend(places.into_iter().map(|path| path.trim_start_matches('/').to_owned()));
        all.extend(["windows/win.ini", "etc/passwd"].map(str::to_owned));
        Self(all)
    }

    fn one(&self, random: &mut Random) -> String {
        self.0[random.below(self.0.len())].clone()
    }
}

/// A function that makes a spelling.
type Spell = fn(&mut Random, &Secrets) -> String;

/// Every kind of spelling, with its name.
pub const KINDS: [(&str, Spell); 12] = [
    ("from the root of a drive", |random, secrets| {
        let path = format!("{}/{}", slashes(random), secrets.one(random));
        escaped(random, &path)
    }),
    ("drives", |random, secrets| {
        let path = drive(random, secrets);
        escaped(random, &path)
    }),
    ("drives further on", |random, secrets| {
        let path = format!("{}{}", random.pick(FOLDERS), drive(random, secrets));
        escaped(random, &path)
    }),
    ("shares", |random, secrets| {
        let host = random.pick(&["fileserver.invalid", "localhost", "127.0.0.1", "LOCALHOST@80", "[--1]"]);
        let path = format!("//{host}/{}/{}", random.pick(&["share", "C$", "x"]), secrets.one(random));
        escaped(random, &path)
    }),
    ("namespaces of devices", |random, secrets| {
        let space = random.pick(&["//?/", "//./", "/??/", "//?/UNC/", "//?/GLOBALROOT/", "//./pipe/"]);
        let path = format!("{space}{}", drive(random, secrets));
        escaped(random, &path)
    }),
    ("streams", |random, secrets| {
        let file = ["css/style.css", "calculator", "calculator/.hg", "js/base.js", &secrets.one(random)];
        let stream = random.pick(&["::$DATA", ":x", ":$I30:$INDEX_ALLOCATION", "::$INDEX_ALLOCATION", ":"]);
        let path = format!("{}{stream}", random.pick(&file));
        escaped(random, &path)
    }),
    ("devices", |random, _| {
        let device = random.pick(&[
            "con",
            "PRN",
            "aux",
            "NUL",
            "com1",
            "COM\u{b9}",
            "com0",
            "LPT9",
            "lpt\u{b3}",
            "CONIN$",
            "conout$",
        ]);
        let path = format!(
            "{}{device}{}",
            random.pick(FOLDERS),
            random.pick(&["", ".txt", ".", " ", " .js", ":", "/x"])
        );
        escaped(random, &path)
    }),
    ("dots and spaces at the end", |random, secrets| {
        let ends = ["", ".", " ", "..", ". .", " ."];
        let name = ["css", "style.css", "..", "calculator", "...", &secrets.one(random)];
        let parts: Vec<_> = (0..1 + random.below(5))
            .map(|_| format!("{}{}", random.pick(&name), random.pick(&ends)))
            .collect();
        escaped(random, &parts.join("/"))
    }),
    ("escaped twice", |random, secrets| {
        let path = mixed(random, secrets);
        escaped(random, &path).replace('%', "%25")
    }),
    ("too long for UTF-8", |random, secrets| {
        let overlong: [[&str; 3]; 4] = [
            ["/", "%c0%af", "%E0%80%AF"],
            ["\\", "%C1%9C", "%e0%81%9c"],
            [".", "%C0%AE", "%f0%80%80%ae"],
            [":", "%c0%ba", "%E0%80%BA"],
        ];
        let path = mixed(random, secrets);
        let spelt = path.chars().map(|letter| {
            let found = overlong.iter().find(|forms| forms[0].starts_with(letter));
            found.map_or_else(|| escape(letter, true), |forms| random.pick(forms).to_owned())
        });
        spelt.collect()
    }),
    ("up and away", |random, secrets| {
        let up = random.pick(&["..", "../.", "./..", "x/../.."]);
        let path = format!("{}{}", format!("{up}/").repeat(1 + random.below(12)), secrets.one(random));
        escaped(random, &path)
    }),
    ("all together", |random, secrets| {
        let path = mixed(random, secrets);
        escaped(random, &path)
    }),
];

/// The possible first parts of a path, in which Kallithea has pages, static files and repositories.
const FOLDERS: &[&str] = &[
    "",
    "css/",
    "images/",
    "calculator/",
    "calculator/files/tip/",
    "calculator/rawfile/tip/",
    "notes/info/",
    "_admin/",
    "_1/",
    "nobody/knows/",
];

fn slashes(random: &mut Random) -> &'static str {
    random.pick(&["", "/", "//", "/./"])
}

fn drive(random: &mut Random, secrets: &Secrets) -> String {
    let letter = random.pick(&["C:", "c:", "Z:", "z:", "D:", "1:", "\u{f6}:"]);
    format!("{letter}{}{}", random.pick(&["", "/", "//"]), secrets.one(random))
}

/// Pieces of every kind, one after the other.
fn mixed(random: &mut Random, secrets: &Secrets) -> String {
    let mut path = random.pick(FOLDERS).to_owned();
    for _ in 0..1 + random.below(4) {
        let secret = secrets.one(random);
        let drive = drive(random, secrets);
        path += random
            .pick(&["..", "../..", "/", "//", "C:", "nul", "::$DATA", "//?/", "//host/x", &secret, &drive]);
        path += slashes(random);
    }
    path
}

/// A path whose separators are slashes or backslashes, with letters escaped or not.
fn escaped(random: &mut Random, path: &str) -> String {
    let backslashes = random.below(4);
    let mut spelt = String::new();
    for letter in path.chars() {
        let letter = if letter == '/' && random.below(4) < backslashes { '\\' } else { letter };
        match (letter, random.below(8)) {
            ('/' | '\\' | '.' | ':', 0..=2) => spelt += &escape(letter, true),
            ('/' | '\\' | '.' | ':', 3) => spelt += &format!("%u{:04x}", letter as u32),
            (letter, 0) => spelt += &escape(letter, true),
            (letter, _) => spelt += &escape(letter, false),
        }
    }
    spelt
}

/// A letter as it may be written in a URL.
fn escape(letter: char, is_wanted: bool) -> String {
    if !is_wanted && letter.is_ascii_graphic() && !"%?#\"".contains(letter) {
        return letter.to_string();
    }
    let mut bytes = [0; 4];
    letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect()
}
