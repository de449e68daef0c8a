//! What Python's configparser reads in an ini file, and that what it would refuse is refused.

use kallithea_iisc::ini::{APPLICATION, Key, Wanted, hidden};
use kallithea_iisc::kallithea::ini_plan as plan;

use super::{brought, faults, planned};

/// A file whose application has these lines.
fn application(lines: &str) -> String {
    format!("[app:main]\n{lines}")
}

fn line_of<'a>(text: &'a str, key: &str) -> &'a str {
    let mut lines = text.lines().filter(|line| line.trim_start().starts_with(key));
    let line = lines.next().unwrap_or_else(|| panic!("{key} is not in\n{text}"));
    assert!(lines.next().is_none(), "{key} stands twice in\n{text}");
    line
}

#[test]
fn delimiters_and_the_space_around_them_stay() {
    for (before, after) in [
        ("use_celery: true", "use_celery: false"),
        ("use_celery=true", "use_celery=false"),
        ("use_celery\t =  true", "use_celery\t =  false"),
        ("use_celery =", "use_celery = false"),
        ("use_celery =   ", "use_celery = false"),
        ("use_celery = true   ", "use_celery = false   "),
        // A comment needs its own line: here it is a part of the value.
        ("use_celery = true ; not on Windows", "use_celery = false"),
    ] {
        assert_eq!(line_of(&brought(&application(before)), "use_celery"), after);
    }
}

#[test]
fn kallitheas_words_for_yes_and_no_are_good_enough() {
    for word in ["false", "False", "OFF", "no", "n", "f", "0"] {
        let line = format!("use_celery = {word}");
        assert_eq!(line_of(&brought(&application(&line)), "use_celery"), line);
    }
}

#[test]
fn a_value_of_several_lines_is_replaced_as_a_whole() {
    let text = application("use_celery = a\n  b\n# why\n\n  c = d\nother = 1\n  more\n");
    let after = brought(&text);
    assert!(after.contains("use_celery = false\n# why\n\nother = 1\n  more\n"), "{after}");
}

#[test]
fn a_key_goes_behind_its_comment_but_never_into_another_value() {
    let after = brought(&application("#debug = true\nother = 1\n"));
    assert!(after.contains("#debug = true\ndebug = false\nother = 1\n"), "{after}");
    let after = brought(&application("other = 1\n#debug = true\n  of several lines\nlast = 2\n"));
    assert!(after.contains("other = 1\n#debug = true\n  of several lines\nlast = 2\n"), "{after}");
    assert!(after.ends_with("debug = false\n"), "{after}");
}

#[test]
fn new_lines_are_indented_as_the_keys_around_them() {
    let after = brought("[app:main]\n    other = 1\n    # debug = true\n    last = 2\n[next]\nx = 1\n");
    assert!(after.contains("    # debug = true\n    debug = false\n    last = 2\n"), "{after}");
    assert!(after.contains("\n    session.httponly = true\n"), "{after}");
    let after = brought("[app:main]\n  [next]\nx = 1\n");
    assert!(after.contains("\n  debug = false\n  [next]\n"), "{after}");
    assert!(planned(&after).steps.is_empty(), "{after}");
}

#[test]
fn a_key_that_must_not_be_there_becomes_a_comment() {
    let after = brought(&application("a = 1\nurl_scheme_variable = X\n  Y\nb = 2\n"));
    assert!(after.contains("a = 1\n#url_scheme_variable = X\n#  Y\nb = 2\n"), "{after}");
}

#[test]
fn the_filter_that_gives_requests_another_path_becomes_a_comment() {
    let prefix = "[filter:x]\nuse = egg:PasteDeploy#prefix\n";
    for (name, section, goes) in [
        ("x", prefix, true),
        ("x", "[filter: x ]\nuse = egg:pastedeploy#prefix\nprefix = /hg\n", true),
        ("egg:PasteDeploy#prefix", "", true),
        // An application with a filter that does not exist does not start.
        ("x", "#[filter:x]\n", true),
        ("my-own:x", "", true),
        ("x", "[filter:x]\nuse = egg:Other#gzip\n", false),
        ("x", "[filter:x]\npaste.filter_factory = mine:factory\n", false),
        ("egg:Other#gzip", prefix, false),
    ] {
        let after = brought(&application(&format!("filter-with = {name}\n{section}")));
        let line = after.lines().find(|line| line.contains("filter-with")).expect("the line");
        assert_eq!(line, format!("{}filter-with = {name}", if goes { "#" } else { "" }), "{section}");
    }
    assert!(!brought(&application("a = 1\n")).contains("filter-with"));
}

#[test]
fn a_short_secret_is_warned_of_and_stays() {
    for (value, is_short) in [
        ("fifteen-letters", true),
        ("\"\"", true),
        ("%(mine)s\nmine = short", true),
        ("sixteen--letters", false),
        ("", false),
        ("VERY-SECRET", false),
        ("${uuid()}", false),
    ] {
        let text = application(&format!("session.secret = {value}\n"));
        let found: Vec<_> =
            planned(&text).warnings.iter().map(|one| (one.code.id(), one.span.clone())).collect();
        let expected = if is_short { vec![("KI613", 11..25)] } else { Vec::new() };
        assert_eq!(found, expected, "{value}");
    }
}

/// A file whose root logger has these handlers; Kallithea's own and some others are defined.
fn logging_to(handlers: &str) -> String {
    let handler = |name: &str, more: &str| format!("[handler_{name}]\n{more}\n");
    let formatter = "[formatter_color]\nclass = kallithea.lib.colored_formatter.ColorFormatter\n\
                     [formatter_plain]\nformat = %(message)s\n";
    let sections = [
        handler("console", "class = StreamHandler\nargs = (sys.stderr,)\nformatter = plain"),
        handler("console_color", "class = StreamHandler\nargs = (sys.stderr,)\nformatter = color"),
        handler("out", "class = StreamHandler\nargs = ( sys.stdout, )"),
        handler("file", "class = FileHandler\nargs = (r'C:\\logs\\kallithea.log',)"),
        handler("bare", "class = logging.StreamHandler"),
    ];
    let root = format!("[loggers]\nkeys = root\n[logger_root]\nhandlers = {handlers}\n");
    format!("[app:main]\n{root}{}{formatter}", sections.concat())
}

#[test]
fn a_log_that_does_not_reach_the_bridges_is_warned_of() {
    for (handlers, is_warned) in [
        ("console", false),
        ("bare", false),
        ("file, console", false),
        ("console_color", true),
        ("console, console_color", true),
        ("file", true),
        ("out", true),
        ("none", true),
        ("", true),
    ] {
        let text = logging_to(handlers);
        let found: Vec<_> =
            planned(&text).warnings.iter().map(|one| (one.code.id(), &text[one.span.clone()])).collect();
        assert_eq!(found, if is_warned { vec![("KI612", "handlers")] } else { Vec::new() }, "{handlers}");
    }
    // In that case Python itself writes warnings to sys.stderr.
    assert_eq!(planned(&logging_to("file").replace("[loggers]", "[others]")).warnings, []);
}

#[test]
fn secrets_that_are_there_stay() {
    for (line, stays) in [
        ("session.secret = one that is my own", true),
        ("session.secret =", false),
        ("session.secret = VERY-SECRET", false),
        ("session.secret = ${uuid()}", false),
        ("session.secret = development-not-secret", false),
        ("session.secret = ${app_instance_uuid}", false),
        ("session.secret = %(unset)s\nunset = VERY-SECRET", false),
        ("session.secret = %(mine)s\nmine = one that is my own", true),
    ] {
        let after = brought(&application(line));
        let line = line.lines().next().expect("a line");
        assert_eq!(line_of(&after, "session.secret") == line, stays, "{after}");
    }
}

#[test]
fn a_value_that_says_the_same_through_other_keys_stays() {
    let lines = "use_celery = %(off)s\noff = No\n";
    assert_eq!(line_of(&brought(&application(lines)), "use_celery"), "use_celery = %(off)s");
    let after = brought(&application("use_celery = %(off)s\noff = Yes\n"));
    assert_eq!(line_of(&after, "use_celery"), "use_celery = false");
}

#[test]
fn names_that_multiply_without_end_are_refused_at_once() {
    let line = |number: usize| format!("k{number} = {}\n", format!("%(k{})s", number + 1).repeat(100));
    let text = application(&(0..9).map(line).chain(["k9 =\n".to_owned()]).collect::<String>());
    assert!(faults(&text).contains(&("KI605", "k0")));
}

#[test]
fn letters_beyond_ascii_are_warned_of_once() {
    let text = application("a = \u{201c}b\u{201d}\n# \u{e4}\n");
    let warnings = planned(&text).warnings;
    let found: Vec<_> = warnings.iter().map(|one| (one.code.id(), &text[one.span.clone()])).collect();
    assert_eq!(found, [("KI608", "\u{201c}")]);
    assert!(planned(&application("a = b\n")).warnings.is_empty());
}

#[test]
fn new_lines_end_as_the_line_before_them() {
    let after = brought("[app:main]\nuse = x\n#debug = true\rlast = 1\r");
    assert!(after.contains("#debug = true\rdebug = false\rlast = 1\r\r# "), "{after:?}");
}

#[test]
fn percent_signs_are_doubled() {
    let wanted = Wanted::Text("https://host/50%".to_owned());
    let key = Key { section: APPLICATION, name: "canonical_url", wanted, why: "a test" };
    let plan = plan("[app:main]\ncanonical_url =\n", &[key]).expect("a sound file");
    let after = plan.apply("[app:main]\ncanonical_url =\n", || unreachable!("no secret is lacking"));
    assert_eq!(after.expect("the text"), "[app:main]\ncanonical_url = https://host/50%%\n");
}

#[test]
fn a_section_that_is_missing_is_appended() {
    let key = |name| Key { section: "other", name, wanted: Wanted::Truth(true), why: "a test" };
    for (before, gap) in [("[app:main]\na = 1\n", "\n"), ("[app:main]\na = 1", "\n\n")] {
        let plan = plan(before, &[key("x"), key("y")]).expect("a sound file");
        let after = plan.apply(before, || unreachable!("no secret is lacking")).expect("the text");
        assert_eq!(after, format!("{before}{gap}[other]\n\n# a test\nx = true\n\n# a test\ny = true\n"));
    }
}

#[test]
fn what_python_refuses_is_refused_at_its_place() {
    for (text, expected) in [
        ("use = x\n[app:main]\n", vec![("KI601", "use = x")]),
        ("[app:main]\nno delimiter\n", vec![("KI601", "no delimiter")]),
        ("[app:main]\n = 1\n", vec![("KI601", "= 1")]),
        ("[app:main]\n[app:main]\n", vec![("KI603", "app:main")]),
        ("[app:main]\na = 1\na : 2\n", vec![("KI603", "a")]),
        ("[app:main]\na = 1\nA = 2\n", vec![("KI603", "A")]),
        ("[app:main]\na = 50%\n", vec![("KI605", "a")]),
        ("[DEFAULT]\na = %(b)\n[app:main]\n", vec![("KI605", "a")]),
        ("[app:main]\na = %(b)s\nB = 1\n", vec![("KI605", "a")]),
        ("[DEFAULT]\na = %(b)s\n[app:main]\nb = 1\n", vec![("KI605", "a")]),
        ("[app:main]\na = %(b)s\nb = %(a)s\n", vec![("KI605", "a"), ("KI605", "b")]),
        ("[app:main]\nDebug = false\n", vec![("KI607", "Debug")]),
        ("", vec![("KI602", "")]),
        ("[app:other]\nuse = egg:kallithea\n", vec![("KI602", "")]),
        ("[DEFAULT]\nuse_celery = true\n[app:main]\n", vec![("KI604", "use_celery")]),
        ("[app:main]\nget debug = smtp\n", vec![("KI604", "get debug")]),
        ("[app:main]\nbeaker.session.secret = x\n", vec![("KI604", "beaker.session.secret")]),
        ("[DEFAULT]\nbeaker.session.httponly = 0\n[app:main]\n", vec![("KI604", "beaker.session.httponly")]),
        ("[app:main]\nget beaker.session.secure = no\n", vec![("KI604", "get beaker.session.secure")]),
        ("[app:main]\n[pipeline:main]\npipeline = a b\n", vec![("KI611", "pipeline:main")]),
        ("[filter-app: main ]\n[app:main]\n", vec![("KI611", "app:main")]),
        ("[app:main]\n[app: main]\n", vec![("KI611", "app: main")]),
        ("[app:main]\nsqlalchemy.url = postgresql://u:a%%40@h/d\n", vec![("KI609", "sqlalchemy.url")]),
        ("[DEFAULT]\nsqlalchemy.url = a%%%%%%\n[app:main]\n", vec![("KI609", "sqlalchemy.url")]),
        ("[app:main]\nsqlalchemy.url = postgresql://u:a%40@h/d\n", vec![("KI605", "sqlalchemy.url")]),
    ] {
        assert_eq!(faults(text), expected, "{text}");
    }
}

#[test]
fn what_python_takes_is_taken() {
    for text in [
        "[DEFAULT]\na = 1\n[app:main]\n[DEFAULT]\nb = 1\n",
        "[app:main] ; and more\na = 1\n  a = 2\n  [other]\n",
        "[app:main]\na = %(here)s/%%\n[formatter_generic]\nformat = %Y-%m-%d\n",
        "[app:main]\n  a = 1\n b = 2\nc = 3\n",
        "[app:main]\nset debug = true\n",
        "[DEFAULT]\nb = %(here)s\n[app:main]\na = %(b)s%(c)s\nc = %%\n",
        "[DEFAULT]\na = 1\n[app:main]\na = 50%\n",
        "[app:main]\nURL_SCHEME_VARIABLE = X\n[other]\nDebug = 1\na = %(b)s\n",
        "[app:main]\nsession.timeout = 1\nbeaker.session.timeout = 2\n[other]\nbeaker.session.secret = x\n",
        "[app:main]\n[app]\n[application:main]\n[app:other]\n[composite:x]\n[server:main]\n",
        "[app:main]\nsqlalchemy.url = postgresql://u:s@c/r:e t+#@@h/d\nsession.url = postgresql://u:a%%40@h/d\n",
        "[app:main]\nsqlalchemy.url = sqlite:///%(here)s/100%%%%/kallithea.db\n",
        "[app:main]\nsqlalchemy.url = postgresql://u:a%%40@h/d\nignore_alembic_revision = 1\n",
        "[DEFAULT]\nfilter-with = x\n[app:main]\n",
        "[app:main]\nset beaker.session.secure = no\n",
        "[DEFAULT]\nbeaker.session.httponly = no\n[app:main]\nsession.httponly = yes\n",
        "\u{c}\n; comment\n[app:main]\na = 1\n\u{a0}\n\u{1c}b\n",
    ] {
        assert_eq!(faults(text), vec![], "{text}");
    }
}

#[test]
fn what_is_shown_of_a_file_is_names_alone() {
    let text = "lost secret\n[app:main]\nsession.secret = s3cr\u{e9}t\n  of two lines\n# was: old\n";
    let shown = hidden(text);
    assert_eq!(shown.len(), text.len(), "places stay");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines,
        ["**** ******", "[app:main]", "session.secret = *******", "  ** *** *****", "* **** ***"]
    );
}
