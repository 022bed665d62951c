//! The command line: output, error messages and
//! exit codes. Needs no root and no tunnel: the tests run the hooks.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;

use support::Program;

#[test]
fn a_session_is_recorded_and_shown_in_every_form() {
    let mut program = Program::native();
    program.start_daemon();
    program.hook("route-up");
    let open = program.await_sessions("open");
    assert!(program.print("status").starts_with("The tunnel tun9 is up. Began: "));

    program.hook("route-down");
    let sessions = program.await_sessions("closed");
    let session = &sessions[0];
    assert_eq!(session["id"], open[0]["id"]);
    assert_eq!(session["origin_address"]["value"], "203.0.113.7");
    assert_eq!(session["origin_address"]["source"], "operator-push");
    assert_eq!(session["delegated_prefix"]["value"], "2001:db8:1::/56");
    assert_eq!(session["end"]["reason"], "stopped-with-notice");
    assert!(session["start"]["at"].as_str().unwrap() <= session["end"]["at"].as_str().unwrap());

    let id = session["id"].as_str().unwrap();
    let list = program.print("sessions");
    assert!(list.starts_with("Session "), "{list}");
    assert!(list.contains(&id[..8]) && list.contains("203.0.113.7"), "{list}");
    let shown = program.print(&format!("show {}", &id[..6]));
    for part in [id, "198.51.100.1:1194", "47525", "192.0.2.10", "2001:db8:99::10"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert_eq!(program.json(&format!("show --json {id}"))["id"], *id);
    let csv = program.print("export");
    assert!(csv.lines().nth(1).unwrap().starts_with(&format!("{id},closed,tun9,")), "{csv}");
    assert_eq!(program.json("export --format json"), program.json("sessions --json"));
    assert!(program.page("/sessions").contains(&format!("/session/{id}")));
    assert!(program.page(&format!("/session/{id}")).contains("203.0.113.7"));
    assert!(program.print("status").contains("No tunnel is up"));

    let log = program.stop_daemon();
    assert!(log.contains(&id[..8]), "{log}");
    for (name, value) in support::TUNNEL.into_iter().filter(|(_, value)| value.contains(['.', ':']))
    {
        assert!(!log.contains(value), "{name} is in the log: {log}");
    }
}

#[test]
fn every_language_is_available() {
    let program = Program::native();
    for (language, part) in [
        ("fr", "Aucun tunnel"),
        ("nl", "geen tunnel open"),
        ("en", "No tunnel is up"),
        ("de", "Kein Tunnel"),
    ] {
        let text = program.print(&format!("--lang {language} status"));
        assert!(text.contains(part), "{text}");
        let locale = format!("{language}_BE.UTF-8");
        let output = program.command("status").env("LC_ALL", locale).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
    }
}

/// The paths of the commands that a help lists, and of those below them.
fn commands(program: &Program, path: &str, found: &mut Vec<String>) {
    let help = program.print(&format!("{path} --help"));
    found.push(path.to_owned());
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in listed.take_while(|line| !line.is_empty()) {
        match line.strip_prefix("  ").and_then(|line| line.split(' ').next()) {
            Some("" | "help") | None => {}
            Some(name) => commands(program, format!("{path} {name}").trim(), found),
        }
    }
}

#[test]
fn the_help_of_every_command_is_whole_in_every_language() {
    let program = Program::native();
    let mut paths = Vec::new();
    commands(&program, "", &mut paths);
    assert!(paths.len() > 30 && paths.contains(&"letter access".to_owned()), "{paths:?}");
    // What is typed, and the prose beside and below it.
    let parts = |help: &str| -> (Vec<String>, Vec<String>) {
        let mut typed = Vec::new();
        let mut prose = Vec::new();
        for line in help.lines() {
            let is_option = line.trim().starts_with('-') && !line.starts_with(&" ".repeat(10));
            if is_option {
                typed.push(line.split('<').next().unwrap().trim().to_owned());
            } else if line.split_whitespace().count() > 3 {
                prose.push(line.trim().to_owned());
            }
        }
        (typed, prose)
    };
    for path in &paths {
        let english = program.print(&format!("{path} --help"));
        assert_eq!(program.print(&format!("help {path}")), english);
        assert_eq!(program.print(&format!("{path} -h")), english);
        let (english_typed, english_prose) = parts(&english);
        for language in ["fr", "nl", "de"] {
            let help = program.print(&format!("--lang {language} {path} --help"));
            let (typed, prose) = parts(&help);
            assert_eq!(typed, english_typed, "{help}");
            assert!(!prose.is_empty());
            for line in prose {
                assert!(!english_prose.contains(&line), "{path} in {language}: {line}");
            }
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
            assert!(!help.contains(['{', '}']), "{help}");
            for word in
                ["Usage:", "Commands:", "Options:", "[OPTIONS]", "default:", "Possible values"]
            {
                let is_shared = language == "fr" && word == "[OPTIONS]";
                assert!(is_shared || !help.contains(word), "{word}: {help}");
            }
        }
    }
}

#[test]
fn a_wrong_command_line_is_explained_in_every_language() {
    let program = Program::native();
    for (words, texts) in [
        (
            "sessions --wrong",
            [
                "il n’y a pas d’option --wrong ici",
                "er is hier geen optie --wrong",
                "there is no option --wrong here",
                "hier gibt es keine Option --wrong",
            ],
        ),
        (
            "sessions --limit many",
            [
                "--limit <NOMBRE> ne peut être «\u{a0}many\u{a0}»\u{a0}: un nombre entier est \
                 attendu, 0 ou plus",
                "--limit <AANTAL> kan niet ‘many’ zijn: verwacht wordt een geheel getal, 0 of meer",
                "--limit <COUNT> cannot be “many”: a whole number is expected, 0 or more",
                "--limit <ANZAHL> kann nicht „many“ sein: erwartet wird eine ganze Zahl, 0 oder mehr",
            ],
        ),
        (
            "sessions --since 2026-11-24 --until 2026-11-23",
            [
                "--until doit être postérieur à --since",
                "--until moet na --since liggen",
                "--until must lie after --since",
                "--until muss nach --since liegen",
            ],
        ),
    ] {
        for (language, text) in ["fr", "nl", "en", "de"].into_iter().zip(texts) {
            let output = program.run(&format!("{words} --lang {language}"));
            let errors = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{words}: {errors}");
            assert_eq!(errors.lines().next(), Some(format!("temoin: {text}").as_str()));
            assert_eq!(output.stdout, b"");
        }
    }
    for (words, part) in [
        ("", "Usage: temoin [OPTIONS] <COMMAND>"),
        ("show", "this is missing: <ID>\nHelp: temoin show --help\n"),
        ("show 0a68 0a69", "“0a69” is one word too many"),
        ("letter acess", "there is no command “acess”; possible: access, complaint, erasure, help"),
        ("export --format pdf", "--format <FORMAT> cannot be “pdf”; possible: csv, json"),
        ("export --output", "--output <FILE> needs a value"),
        ("status --json=yes", "--json takes no value such as “yes”"),
        ("status --json --json", "--json can be given only once"),
        ("daemon --listen here", "an address and a port are expected"),
        ("letter access --ics --received soon", "a day is expected, such as 2026-11-24"),
    ] {
        // As clap counts, the directories that the tests give are arguments too.
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_temoin"));
        let output = command.args(words.split_whitespace()).env("LC_ALL", "C").output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}: {errors}");
        assert!(errors.contains(part), "{words}: {errors}");
    }
    let version = program.print("--version");
    assert_eq!(version, format!("temoin {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn help_and_errors_speak_the_language_asked_for_else_the_configured_else_the_systems() {
    let program = Program::native();
    let first_line = |words: &str| {
        let output = program.command(words).env("LANG", "nl_BE.UTF-8").output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8(text).unwrap().lines().next().unwrap().to_owned()
    };
    let status = |text: &str| assert_eq!(first_line("show --wrong"), format!("temoin: {text}"));
    let dutch = "er is hier geen optie --wrong";
    status(dutch);
    assert!(first_line("status --help").starts_with("Tonen of de tunnel openstaat"));
    program.configure("[page]\nlanguage = \"de\"\n");
    status("hier gibt es keine Option --wrong");
    assert!(first_line("help status").starts_with("Anzeigen, ob der Tunnel steht"));
    assert!(first_line("--lang fr help status").starts_with("Afficher si le tunnel"));
    assert!(first_line("status --help --lang=fr").starts_with("Afficher si le tunnel"));
    assert!(first_line("show 0a68df53").starts_with("temoin: keine Sitzung beginnt mit"));
    // One that is broken, or is not there, hides nothing.
    program.configure("[page]\nlanguage = \"de\"\n[colour\n");
    status(dutch);
    assert!(first_line("status --help").starts_with("Tonen of de tunnel openstaat"));
    fs::remove_file(program.configuration()).unwrap();
    status(dutch);
    assert!(
        first_line("hook uninstall --scripts-dir /nonexistent")
            .starts_with("temoin: er staat geen script van temoin in /nonexistent")
    );
}

#[test]
fn before_anything_is_recorded_the_lists_say_so() {
    let program = Program::native();
    assert!(program.print("sessions").contains("No session is recorded yet"));
    assert_eq!(program.json("sessions --json")["sessions"].as_array().unwrap().len(), 0);
    assert_eq!(program.print("export").lines().count(), 1);
    assert!(!program.state().exists(), "looking made something");
}

#[test]
fn what_is_wrong_has_an_exit_code_and_a_remedy() {
    let program = Program::native();
    for (words, code, part) in [
        ("show 0a68df53", 3, "no session begins with 0a68df53; see: temoin sessions"),
        ("show 0a6", 2, "first 4 to 64 hexadecimal digits"),
        ("sessions --since yesterday", 2, "a day such as 2026-11-24"),
        ("sessions --since 2026-11-24 --until 2026-11-23", 2, "--until must lie after --since"),
        ("sessions --lang pt", 2, "fr, nl, en, de"),
        ("fly", 2, "there is no command “fly”; possible: status, sessions, "),
        ("backup copy.db", 3, "there is no record yet"),
        // Begins a record, and then fails.
        ("daemon --listen 192.0.2.1:80", 1, "192.0.2.1"),
        ("export --output /nonexistent/x.csv", 1, "/nonexistent/x.csv"),
        ("hook uninstall --scripts-dir /nonexistent", 3, "/nonexistent"),
    ] {
        let output = program.run(words);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words}: {errors}");
        assert!(errors.contains(part), "{words}: {errors}");
    }
    program.configure("[clock]\ntrust = \"never\"\n");
    let output = program.run("status");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.contains("clock.trust: it is \"kernel\" or \"always\""), "{errors}");
    fs::remove_file(program.configuration()).unwrap();
    let output = program.run("status");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("temoin.toml cannot be read"));
}

#[test]
fn a_file_that_is_there_already_is_not_written_over_and_a_new_one_is_private() {
    let program = Program::native();
    let path = program.configuration().with_file_name("record.csv");
    let words = format!("export --output {}", path.display());
    program.print(&words);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&path).unwrap();
    let output = program.run(&words);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("does not exist yet"));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn the_doctor_says_what_is_missing_and_then_that_all_is_well() {
    let mut program = Program::native();
    let scripts = program.scripts();
    let doctor = format!("doctor --json --scripts-dir {}", scripts.display());
    let health = |program: &Program, check: &str| {
        let report = program.json(&doctor);
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["check"] == *check);
        found.map(|finding| finding["health"].as_str().unwrap().to_owned())
    };
    assert_eq!(program.run(&doctor).status.code(), Some(4));
    assert_eq!(health(&program, "daemon").as_deref(), Some("wrong"));
    assert_eq!(health(&program, "hooks").as_deref(), Some("wrong"));

    program.print(&format!("hook install --scripts-dir {}", scripts.display()));
    program.hook("route-up");
    assert_eq!(health(&program, "spool").as_deref(), Some("note"));
    program.start_daemon();
    // There is no such interface, so the session that the hook told of is over.
    let sessions = program.await_sessions("closed");
    assert_eq!(sessions[0]["end"]["reason"], "unseen");
    assert_eq!(health(&program, "daemon").as_deref(), Some("good"));
    assert_eq!(health(&program, "hooks").as_deref(), Some("good"));
    assert_eq!(health(&program, "record").as_deref(), Some("good"));
    assert_eq!(health(&program, "spool"), None);
    // As after a power cut that came just behind an earlier look.
    let left_over = program.state().join(".doctor-1");
    fs::write(&left_over, "temoin").unwrap();
    let output = program.run(&doctor.replace("--json ", ""));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!left_over.exists());

    program.print(&format!("hook uninstall --scripts-dir {}", scripts.display()));
    assert_eq!(health(&program, "hooks").as_deref(), Some("wrong"));
}

#[test]
fn a_closed_output_pipe_is_not_reported() {
    let program = Program::native();
    let command = format!("{:?} | true", program.command("--help"));
    let output =
        std::process::Command::new("bash").args(["-o", "pipefail", "-c", &command]).output();
    assert_eq!(String::from_utf8(output.unwrap().stderr).unwrap(), "");
}

#[test]
fn a_second_daemon_on_the_same_record_is_refused() {
    let mut program = Program::native();
    program.start_daemon();
    let output = program.run("daemon");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("another temoin writes this record; stop it first"), "{errors}");
}

/// A program whose operator is Neutrinet and whose record has one session, which has ended.
fn with_a_session() -> (Program, String) {
    let mut program = Program::native();
    program.print("profile use neutrinet");
    program.start_daemon();
    program.hook("route-up");
    program.await_sessions("open");
    program.hook("route-down");
    let id = program.await_sessions("closed")[0]["id"].as_str().unwrap().to_owned();
    program.stop_daemon();
    (program, id)
}

fn refused(program: &Program, words: &str, code: i32, part: &str) {
    let output = program.command(words).stdin(std::process::Stdio::null()).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{words}: {errors}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(errors.contains(part) || told.contains(part), "{words}: {errors}{told}");
}

#[test]
fn what_is_held_is_shown_by_law_and_by_declaration() {
    let (program, id) = with_a_session();
    let shown = program.print(&format!("show {id}"));
    for part in ["Neutrinet asbl", "203.0.113.7", "Required by law", "How the start is known"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let shown = program.json(&format!("show --json {id}"));
    assert_eq!(shown["origin_address"]["value"], "203.0.113.7");
    assert_eq!(shown["holding"]["format"], "temoin.holding/1");
    assert_eq!(shown["holding"]["jurisdiction"], "BE");
    let held = program.json("held --json");
    assert_eq!((&held["format"], &held["sessions"]), (&"temoin.held/1".into(), &1.into()));
    assert_eq!(held["law"]["held"], 1);
    for (language, part) in
        [("fr", "D’après la loi"), ("nl", "de wet"), ("en", "By law"), ("de", "Gesetz")]
    {
        let text = program.print(&format!("--lang {language} held"));
        assert!(text.contains(part), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}

#[test]
fn an_operator_is_chosen_by_one_key_and_the_rest_of_the_file_stays() {
    let program = Program::native();
    let before = "# mine\n[tunnel]\r\ndevices = [ \"tun9\" ] # two\n\n[operator] # who\n\
                  jurisdiction = \"BE\"\n";
    program.configure(before);
    let path = program.configuration();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(program.print("profile list").contains("You have not said yet"));
    refused(&program, "profile use nobody", 3, "there is no profile nobody");
    refused(&program, "profile use Nobody", 2, "an id has at most 64");
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert!(program.print("profile use neutrinet").contains("Neutrinet asbl is your operator"));
    let after = fs::read_to_string(&path).unwrap();
    assert_eq!(after.replacen("profile = \"neutrinet\"\n", "", 1), before);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(program.print("profile list").contains("*  neutrinet"));
    let list = program.print("profile list --json");
    assert!(list.contains(r#"{"id":"neutrinet","name":"Neutrinet asbl","chosen":true}"#), "{list}");
    assert!(list.contains(r#""name":"OpenVPN","chosen":false,"is_of_software":true}"#), "{list}");
    program.print("profile use generic-openvpn");
    let again = fs::read_to_string(&path).unwrap();
    assert_eq!(again, after.replace("neutrinet", "generic-openvpn"));
}

#[test]
fn settings_are_read_and_changed_by_name_and_a_bad_value_changes_nothing() {
    let program = Program::native();
    program.configure("# mine\n[clock]\ntrust = \"always\"\n");
    let names: Vec<String> = program.print("settings get").lines().map(str::to_owned).collect();
    assert!(names.contains(&"erasure.grace_days = 14".to_owned()), "{names:?}");
    assert!(names.contains(&"page.language =".to_owned()), "{names:?}");
    assert_eq!(program.print("settings set operator.profile neutrinet"), "");
    assert_eq!(program.print("settings check"), "");
    assert_eq!(program.print("settings get operator.profile"), "neutrinet\n");
    program.print("settings set page.users ada,eve");
    let text = fs::read_to_string(program.configuration()).unwrap();
    assert!(text.starts_with("# mine\n[clock]\ntrust = \"always\"\n"), "{text}");
    assert!(text.ends_with("[page]\nusers = [\"ada\", \"eve\"]\n"), "{text}");
    refused(&program, "settings set operator.profile nobody", 2, "operator.profile: there is no");
    refused(
        &program,
        "settings set erasure.grace_days -1",
        2,
        "erasure.grace_days: it is a number",
    );
    refused(&program, "settings set clock.trust kernel", 2, "the settings are operator.profile");
    refused(&program, "settings get colour", 2, "the settings are operator.profile");
    assert_eq!(fs::read_to_string(program.configuration()).unwrap(), text);
}

#[test]
fn a_file_of_ones_own_is_checked_and_a_broken_one_stops_nothing() {
    let program = Program::native();
    let rules = program.directory().join("rules.d");
    fs::create_dir(&rules).unwrap();
    let own = rules.join("own.toml");
    fs::write(&own, "[ruleset]\nid = 7\ncolour = \"red\"\n").unwrap();
    let check = format!("rules check {}", own.display());
    let output = program.run(&check);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.lines().count() > 3 && told.contains("own.toml:3:"), "{told}");
    refused(&program, "settings check", 1, "own.toml:3:");
    refused(&program, "rules check /nonexistent/x.toml", 1, "/nonexistent/x.toml cannot be read");
    let output = program.run("rules list");
    assert!(String::from_utf8(output.stderr).unwrap().contains("own.toml:2:"));
    assert!(String::from_utf8(output.stdout).unwrap().contains("be-lce-2022"));
    let report = program.json("doctor --json");
    let law = report["findings"].as_array().unwrap().iter().find(|it| it["check"] == "law");
    assert_eq!(law.unwrap()["health"], "wrong");

    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for (kind, file) in [("rules", "law/be/be-lce-2022"), ("profile", "operators/template")] {
        let told = program.print(&format!("{kind} check {shipped}/{file}.toml"));
        assert!(told.contains("nothing is wrong"), "{told}");
    }
}

#[test]
fn letters_are_written_for_the_chosen_operator_and_say_nothing_of_the_member_unasked() {
    let (program, id) = with_a_session();
    let letter = program.print("letter access");
    for part in ["Neutrinet asbl", "[your name]", "article 15"] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    let own = program.command("letter access --lang nl --reference M42 --name");
    let mut own = own;
    let letter = String::from_utf8(own.arg("An Peeters").output().unwrap().stdout).unwrap();
    assert!(letter.contains("An Peeters") && letter.contains("M42"), "{letter}");
    assert!(program.print("letter complaint --html").contains("<html lang=\"en\""));
    let entry = program.print("letter access --ics --received 2026-11-25");
    assert!(entry.contains("DTSTART;VALUE=DATE:20261228\r\n"), "{entry}");
    let path = program.directory().join("letter.txt");
    let words = format!("letter complaint --output {}", path.display());
    program.print(&words);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    refused(&program, &words, 1, "does not exist yet");
    for (words, code, part) in [
        ("letter erasure", 2, "--session"),
        ("letter erasure --session 0a68df53ff", 3, "no session begins with"),
        (&format!("letter erasure --session {id}"), 1, "a reminder would come too early"),
        ("letter access --since 2026-11-24", 2, "--until"),
        ("letter access --since 2026-11-24 --until 2026-11-23", 2, "must not lie before"),
        ("letter access --html --ics", 2, "cannot be used with"),
        ("letter complaint --received 2999-01-01", 1, "would come too early"),
    ] {
        refused(&program, words, code, part);
    }
    program.configure("");
    refused(&program, "letter access", 1, "temoin profile use");
}

#[test]
fn an_operators_answer_is_compared_with_the_sessions_that_it_covers() {
    let (program, id) = with_a_session();
    let session = program.json("sessions --json")["sessions"][0].clone();
    let reply = program.directory().join("reply.csv");
    let compare = format!("compare --json {}", reply.display());
    let (start, end) = (session["start"]["at"].as_str(), session["end"]["at"].as_str());
    let row = |address: &str| {
        format!("start;einde;framed-ip-address\n{};{};{address}\n", start.unwrap(), end.unwrap())
    };
    let mapping = program.directory().join("mapping.toml");
    fs::write(&mapping, "[columns]\nstart = \"session_start\"\neinde = \"session_end\"\n").unwrap();
    let compare = format!("{compare} --mapping {}", mapping.display());
    fs::write(&reply, row("192.0.2.10")).unwrap();
    assert_eq!(program.json(&compare)["same"][0]["session"], *id);
    fs::write(&reply, row("192.0.2.99")).unwrap();
    assert_eq!(program.json(&compare)["differing"][0]["session"], *id);
    let own = program.print("export");
    fs::write(&reply, own).unwrap();
    let compared = program.json(&format!("compare --json {}", reply.display()));
    assert_eq!(compared["same"][0]["session"], *id, "{compared}");
    // A reply on another time says nothing of this session.
    fs::write(&reply, "session_start,session_end\n2026-01-01T10:00:00Z,2026-01-01T11:00:00Z\n")
        .unwrap();
    let compared = program.json(&compare);
    assert_eq!(compared["known_here_not_held"].as_array().unwrap().len(), 0);
    let asked = program.json(&format!("{compare} --since 2026-01-01"));
    assert_eq!(asked["known_here_not_held"][0]["session"], *id);
    let text = program.print(&compare.replace("--json ", ""));
    assert!(text.contains("Sessions compared: those of this box between 1 Jan 2026"), "{text}");

    fs::write(&reply, "session_start\n2026-01-01 10:00:00\n").unwrap();
    refused(&program, &compare, 1, "reply.csv: ");
    assert_eq!(program.run(&format!("{compare} --time-zone Europe/Paris")).status.code(), Some(0));
    refused(&program, &format!("{compare} --time-zone Mars"), 2, "Mars");
    fs::write(&mapping, "[columns]\nx = \"colour\"\n").unwrap();
    refused(&program, &compare, 1, "mapping.toml: ");
    refused(&program, "compare /nonexistent.csv", 1, "/nonexistent.csv cannot be read");
    File::create(&reply).unwrap().set_len(9 * 1024 * 1024).unwrap();
    refused(&program, &format!("compare {}", reply.display()), 1, "8 MiB");
    fs::write(&reply, "").unwrap();
    refused(&program, &format!("compare {}", reply.display()), 1, "The file is empty");
}

#[test]
fn what_an_answer_leaves_open_is_asked_and_the_answers_can_be_kept() {
    let (program, _) = with_a_session();
    let reply = program.directory().join("reply.csv");
    fs::write(&reply, "Connecté depuis;IP\n03/11/2026 09:00:00;203.0.113.7\n").unwrap();
    let mapping = program.directory().join("kept.toml");
    let compare = format!("compare {} --lang en", reply.display());
    let asked = program.run(&format!("{compare} --write-mapping {}", mapping.display()));
    assert_eq!(asked.status.code(), Some(1));
    let text = String::from_utf8(asked.stderr).unwrap();
    for part in [
        "which column of this file says when a session began",
        "line 2 of the reply: ",
        "--column 'Connecté depuis=session_start' \\",
        "--column 'IP=origin_address' \\",
        "--dates day-month-year \\",
        "--time-zone ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let kept = fs::read_to_string(&mapping).unwrap();
    assert!(kept.contains("\"Connecté depuis\" = \"session_start\""), "{kept}");
    program.print(&format!("{compare} --mapping {}", mapping.display()));
    // Written already, and not written over.
    let again = format!("{compare} --mapping {0} --write-mapping {0}", mapping.display());
    refused(&program, &again, 1, "kept.toml");
    fs::write(&reply, "start;einde\n03/11/2026 09:00:00Z;x\n").unwrap();
    refused(&program, &compare, 1, "two different days");
    let told = format!("{compare} --dates month-day-year --column einde=ignore");
    assert!(program.print(&told).contains("11 Mar 2026"), "{}", program.print(&told));
    refused(&program, &format!("{compare} --dates american"), 2, "american");
    refused(&program, &format!("{compare} --column einde=colour"), 2, "colour");
    fs::write(&reply, r#"{"a":[{"start":1795507200,"b":[{"start":1795507200}]}]}"#).unwrap();
    refused(&program, &compare, 1, "a, a[].b");
    program.print(&format!("{compare} --list a"));
    fs::write(&reply, "[]").unwrap();
    let text = program.print(&compare);
    assert!(text.contains("says that it holds nothing"), "{text}");
    let french = program.run(&format!("compare {} --lang fr", program.directory().display()));
    assert_eq!(french.status.code(), Some(1));
}

#[test]
fn manual_erasure_lists_what_it_would_erase_and_confirms_before_erasing_all() {
    let (program, id) = with_a_session();
    assert!(program.print("erase --dry-run").contains("No session is to be erased"));
    let planned = program.print(&format!("erase --dry-run --session {id}"));
    assert!(planned.contains("the law’s period (be-lce-2022)"), "{planned}");
    assert!(program.print("erase").contains("No session was to be erased"));
    refused(&program, "erase --session 0a68df53ff", 3, "no session begins with");
    refused(&program, &format!("erase --all --session {id}"), 2, "cannot be used with");
    refused(&program, "erase --all", 5, "not confirmed, so nothing was erased");
    program.await_sessions("closed");
    assert!(program.print("erase --all --yes").contains("1 session erased"));
    program.await_sessions("");
    refused(&program, &format!("letter erasure --session {id}"), 1, "would come too early");
    let empty = Program::native();
    assert!(empty.print("erase").contains("Nothing is recorded"));
    assert!(!empty.state().exists(), "erasing made something");
}

#[test]
fn what_promises_rest_on_is_in_the_program_that_was_built() {
    let bytes = fs::read(support::built("temoin")).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    // How SQLite was compiled, as it says itself; each connection asks for the same again.
    for option in ["TEMP_STORE=2", "SECURE_DELETE"] {
        assert!(has(option), "SQLite was built without {option}");
    }
    // The rules of other zones are read from the system's files.
    assert!(has("Europe/Brussels"));
    for zone in ["Europe/Madrid", "America/New_York"] {
        assert!(!has(zone), "{zone} is compiled in");
    }
    let program = Program::native();
    for (zone, code) in [
        ("UTC", 0),
        ("Europe/Brussels", 0),
        ("Indian/Reunion", 0),
        ("America/St_Barthelemy", 0),
        ("Pacific/Wallis", 0),
        // No system has such a file.
        ("Europe/Nowhere", 1),
    ] {
        program.configure(&format!("[page]\ntime_zone = \"{zone}\"\n"));
        assert_eq!(program.run("settings check").status.code(), Some(code), "{zone}");
    }
}

#[test]
fn times_are_in_the_systems_zone_or_it_is_said_that_they_are_not() {
    let mut program = Program::native();
    program.start_daemon();
    program.hook("route-up");
    program.await_sessions("open");
    let start = program.json("sessions --json")["sessions"][0]["start"]["earliest"].clone();
    let hour: u32 = start.as_str().unwrap()[11..13].parse().unwrap();
    let said = |zone: &str, words: &str| {
        let output = program.command(words).env("TZ", zone).output().unwrap();
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // Without tzdata on the machine that runs this, no name is known beyond those compiled in; a rule is.
    for zone in ["<+05>-5", "Indian/Reunion"] {
        let ahead = if zone == "Indian/Reunion" { 4 } else { 5 };
        let shown = said(zone, "sessions --lang fr");
        assert!(shown.contains(&format!(" {:02}:", (hour + ahead) % 24)), "{zone}\n{shown}");
        assert!(!shown.contains("Ces heures sont en UTC"), "{zone}\n{shown}");
    }
    for words in ["sessions --lang fr", "status --lang fr", "held --lang fr"] {
        let shown = said("Europe/Nowhere", words);
        assert!(shown.contains("Ces heures sont en UTC"), "{words}\n{shown}");
        assert!(shown.contains("(TZ=Europe/Nowhere)"), "{words}\n{shown}");
    }
    let report = program.command("doctor --json").env("TZ", "Europe/Nowhere").output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let zone = findings.iter().find(|finding| finding["check"] == "time-zone").unwrap();
    assert_eq!(zone["health"], "note");
    assert!(zone["text"].as_str().unwrap().contains("TZ=Europe/Nowhere"), "{zone}");
}

#[test]
fn nothing_from_outside_forges_a_line_of_the_terminal() {
    let program = Program::native();
    let folder = program.directory().join("profiles.d");
    fs::create_dir(&folder).unwrap();
    let template = include_str!("../src/operators/template.toml");
    let named = |name: &str| template.replacen("Association exemple", name, 1);
    for (file, text) in [
        ("turned.toml", named("Evil\u{202e}gnp")),
        ("lines.toml", named("Evil\\n* neutrinet  BE  2026-01-01  Neutrinet asbl")),
        ("escape\u{1b}[2J\n* neutrinet.toml", "[operator]\n".to_owned()),
        ("turned\u{202e}lmot.toml", "[operator]\n".to_owned()),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    for words in ["profile list", "profile list --json", "doctor", "doctor --json", "held"] {
        let output = program.run(words);
        let printed = String::from_utf8([output.stdout, output.stderr.clone()].concat()).unwrap();
        let is_obeyed =
            |c: char| c.is_control() && c != '\n' || ('\u{2028}'..='\u{202e}').contains(&c);
        assert!(!printed.contains(is_obeyed), "{words}\n{printed:?}");
        assert!(!printed.lines().any(|line| line.starts_with("* neutrinet")), "{words}\n{printed}");
        let errors = String::from_utf8(output.stderr).unwrap();
        let is_ours = |line: &str| line.starts_with("temoin: ") || line.starts_with("  ");
        assert!(errors.lines().all(is_ours), "{words}\n{errors}");
    }
    let refused = String::from_utf8(program.run("profile list").stderr).unwrap();
    assert!(
        refused.contains("turns their direction") && refused.contains("on one line"),
        "{refused}"
    );
}
