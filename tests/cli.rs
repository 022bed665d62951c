//! The program as a person at a terminal meets it: what it prints, what it says when something is
//! wrong, and with which exit code. Needs no root and no tunnel: the hooks are run by hand.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
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
    assert!(program.page("/").contains(&format!("/session/{id}")));
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
fn every_language_is_spoken() {
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
        ("fly", 2, "unrecognized subcommand"),
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
    let output = program.run(&doctor.replace("--json ", ""));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));

    program.print(&format!("hook uninstall --scripts-dir {}", scripts.display()));
    assert_eq!(health(&program, "hooks").as_deref(), Some("wrong"));
}

#[test]
fn nobody_hears_of_a_reader_that_stopped_reading() {
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
    assert!(errors.contains("another temoin writes this journal; stop it first"), "{errors}");
}
