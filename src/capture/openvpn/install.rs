//! Installs and removes temoin's scripts for OpenVPN.
//!
//! `vpnclient_ynh` gives OpenVPN a `route-up` and a `down` script that run what is in
//! `/etc/openvpn/scripts/route-up.d` and `route-down.d` by run-parts(8), so OpenVPN's configuration
//! stays as it is. A file there that is not temoin's is never touched.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::hook::Hook;
use crate::messages::capture;
use crate::messages::capture::install as msg;
use temoin_core::text::{Language, Localized};

/// Where `vpnclient_ynh` has its directories of scripts.
pub const SCRIPTS_DIRECTORY: &str = "/etc/openvpn/scripts";

/// Installs both scripts, or brings them up to date. Returns those that were written: none when all
/// was as it should be.
///
/// # Errors
/// [`InstallError`]. Where a foreign file, another temoin's script or an unusable path is in the way,
/// nothing was written.
pub fn install(
    scripts: &Path,
    program: &Path,
    state_directory: &Path,
) -> Result<Vec<PathBuf>, InstallError> {
    for path in [program, state_directory] {
        let plain = path.as_os_str().as_bytes().iter().all(|byte| !byte.is_ascii_control());
        if !path.is_absolute() || !plain {
            return Err(InstallError::Unusable(path.to_owned()));
        }
    }
    let states = status(scripts)?;
    if let Some((hook, _)) = states.iter().find(|(_, state)| *state == ScriptState::Foreign) {
        return Err(InstallError::Foreign(file(scripts, *hook)));
    }
    for hook in Hook::ALL {
        belongs_to(program, &file(scripts, hook))?;
    }
    let wanted = ScriptState::Installed {
        program: program.to_owned(),
        state_directory: state_directory.to_owned(),
    };
    let mut written = Vec::new();
    for (hook, state) in states {
        let path = file(scripts, hook);
        let script = script(hook, program, state_directory);
        // The text may be that of an older temoin and say the same.
        let current = state == wanted && fs::read(&path).is_ok_and(|text| text == script);
        if !current {
            replace(&path, &script)?;
            written.push(path);
        }
    }
    Ok(written)
}

/// Removes the scripts that run this program, or one that is not there any more; directories stay.
/// Returns what was removed.
///
/// # Errors
/// [`InstallError::Another`] where a script is another temoin's: what is before it may be removed.
/// [`InstallError::System`].
pub fn uninstall(scripts: &Path, program: &Path) -> Result<Vec<PathBuf>, InstallError> {
    let mut removed = Vec::new();
    for (hook, state) in status(scripts)? {
        match state {
            ScriptState::Absent | ScriptState::Foreign => {}
            ScriptState::Altered | ScriptState::Installed { .. } => {
                let path = file(scripts, hook);
                belongs_to(program, &path)?;
                fs::remove_file(&path).map_err(system(&path))?;
                removed.push(path);
            }
        }
    }
    Ok(removed)
}

/// Refuses a script that runs another program than this one, if that is there.
fn belongs_to(program: &Path, path: &Path) -> Result<(), InstallError> {
    let text = match fs::read(path) {
        Ok(text) if text.starts_with(HEAD.as_bytes()) => text,
        _ => return Ok(()),
    };
    match command(&text) {
        Some(ScriptState::Installed { program: other, .. })
            if other != program && other.exists() =>
        {
            Err(InstallError::Another { path: path.to_owned(), program: other })
        }
        _ => Ok(()),
    }
}

/// The state of each script.
///
/// # Errors
/// [`InstallError::System`].
pub fn status(scripts: &Path) -> Result<[(Hook, ScriptState); 2], InstallError> {
    let [up, down] = Hook::ALL;
    Ok([(up, state(&file(scripts, up))?), (down, state(&file(scripts, down))?)])
}

/// The script of one hook.
pub fn file(scripts: &Path, hook: Hook) -> PathBuf {
    scripts.join(format!("{hook}.d")).join(NAME)
}

/// The state of a script.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ScriptState {
    /// Nothing.
    Absent,
    /// A script of temoin's that was changed, or may not be executed: install it again.
    Altered,
    /// A file that is not temoin's.
    Foreign,
    /// The script, in order.
    Installed {
        /// The program that it runs.
        program: PathBuf,
        /// The state directory that it gives to the program.
        state_directory: PathBuf,
    },
}

/// Why the scripts could not be installed or removed.
#[derive(Debug)]
pub enum InstallError {
    /// A script of another temoin's, which is there too.
    Another {
        /// The script.
        path: PathBuf,
        /// The program that it runs.
        program: PathBuf,
    },
    /// A file of somebody else's is in the way.
    Foreign(PathBuf),
    /// The system refused.
    System {
        /// With what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A path that cannot stand in a script.
    Unusable(PathBuf),
}

impl Localized for InstallError {
    fn text(&self, language: Language) -> String {
        match self {
            Self::Another { path, program } => {
                let (path, program) = (path.display().to_string(), program.display().to_string());
                msg::ANOTHER.fill(language, &[("path", &path), ("program", &program)])
            }
            Self::Foreign(path) => {
                msg::FOREIGN.fill(language, &[("path", &path.display().to_string())])
            }
            Self::System { path, error } => {
                let (path, error) = (path.display().to_string(), error.to_string());
                capture::SYSTEM.fill(language, &[("path", &path), ("error", &error)])
            }
            Self::Unusable(path) => msg::UNUSABLE.fill(language, &[("path", &format!("{path:?}"))]),
        }
    }
}

/// In English, for the log.
impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { error, .. } => Some(error),
            Self::Another { .. } | Self::Foreign(_) | Self::Unusable(_) => None,
        }
    }
}

/// The text of a script. It always succeeds, even if the program was removed or cannot be started,
/// so as not to disturb OpenVPN's other scripts.
fn script(hook: Hook, program: &Path, state_directory: &Path) -> Vec<u8> {
    let program = quoted(program);
    let mut text = HEAD.as_bytes().to_vec();
    text.extend_from_slice(
        b"# Tells temoin what becomes of the VPN's tunnel. `temoin hook install` writes this file and\n\
          # `temoin hook uninstall` removes it; what is changed here is lost.\n\
          [ -x ",
    );
    text.extend_from_slice(&program);
    text.extend_from_slice(b" ] || exit 0\n");
    text.extend_from_slice(&program);
    text.extend_from_slice(STATE_DIRECTORY);
    text.extend_from_slice(&quoted(state_directory));
    text.extend_from_slice(format!(" hook {hook} || exit 0\n").as_bytes());
    text
}

fn state(path: &Path) -> Result<ScriptState, InstallError> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ScriptState::Absent),
        Err(error) => return Err(system(path)(error)),
    };
    if !metadata.is_file() {
        return Ok(ScriptState::Foreign);
    }
    let text = fs::read(path).map_err(system(path))?;
    if !text.starts_with(HEAD.as_bytes()) {
        return Ok(ScriptState::Foreign);
    }
    if metadata.permissions().mode() & MODE != MODE {
        return Ok(ScriptState::Altered);
    }
    Ok(command(&text).unwrap_or(ScriptState::Altered))
}

/// The command in a script's text.
fn command(text: &[u8]) -> Option<ScriptState> {
    let mut commands = text.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"'"));
    installed(commands.next()?)
}

/// Parses the line of a script that starts the program.
fn installed(command: &[u8]) -> Option<ScriptState> {
    let (program, rest) = unquoted(command)?;
    let (state_directory, _) = unquoted(rest.strip_prefix(STATE_DIRECTORY)?)?;
    Some(ScriptState::Installed { program, state_directory })
}

/// Replaces a file atomically and durably.
fn replace(path: &Path, text: &[u8]) -> Result<(), InstallError> {
    let directory = path.parent().unwrap_or_else(|| Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o755).create(directory).map_err(system(directory))?;
    // run-parts passes over names with a dot.
    let temporary = directory.join(format!(".{NAME}.{}", std::process::id()));
    let written = write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.and_then(|()| File::open(directory)?.sync_all()).map_err(system(path))
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    // What an interrupted run of the same process number left.
    let _ = fs::remove_file(path);
    let mut file = File::create_new(path)?;
    file.write_all(text)?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.sync_all()
}

/// A path as one word of the shell's.
fn quoted(path: &Path) -> Vec<u8> {
    let mut word = vec![b'\''];
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'\'' => word.extend_from_slice(QUOTE),
            byte => word.push(*byte),
        }
    }
    word.push(b'\'');
    word
}

/// The path that the shell would read at the beginning of `text`, and what follows it.
fn unquoted(text: &[u8]) -> Option<(PathBuf, &[u8])> {
    let mut rest = text.strip_prefix(b"'")?;
    let mut path = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(QUOTE) {
            path.push(b'\'');
            rest = after;
        } else if let Some(after) = rest.strip_prefix(b"'") {
            return Some((PathBuf::from(OsString::from_vec(path)), after));
        } else {
            let (byte, after) = rest.split_first()?;
            path.push(*byte);
            rest = after;
        }
    }
}

fn system(path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    let path = path.to_owned();
    move |error| InstallError::System { path, error }
}

/// Its second line tells that a file is temoin's, and stays as it is for ever.
const HEAD: &str = "#!/bin/sh\n# temoin-hook\n";
const MODE: u32 = 0o755;
/// After `vpnclient_ynh`'s own scripts, which set up the firewall. run-parts takes no dot.
const NAME: &str = "80-temoin";
/// Closes the quotes, adds a quote, opens them again.
const QUOTE: &[u8] = br"'\''";
const STATE_DIRECTORY: &[u8] = b" --state-dir ";

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use proptest::prelude::{any, proptest};

    use super::{
        Hook, InstallError, ScriptState, file, install, quoted, status, uninstall, unquoted,
    };

    const PROGRAM: &str = "/usr/bin/temoin";
    const STATE: &str = "/var/lib/temoin";

    #[test]
    fn what_is_installed_is_found_and_what_is_uninstalled_is_gone() {
        let scripts = tempfile::tempdir().unwrap();
        let scripts = scripts.path();
        assert_eq!(states(scripts), [ScriptState::Absent, ScriptState::Absent]);
        let files = Hook::ALL.map(|hook| file(scripts, hook));
        assert_eq!(install(scripts, PROGRAM.as_ref(), STATE.as_ref()).unwrap(), files);
        assert_eq!(states(scripts), [installed(), installed()]);
        assert_eq!(names(&scripts.join("route-up.d")), ["80-temoin"]);
        assert_eq!(names(&scripts.join("route-down.d")), ["80-temoin"]);
        assert_eq!(uninstall(scripts, PROGRAM.as_ref()).unwrap(), files);
        assert_eq!(states(scripts), [ScriptState::Absent, ScriptState::Absent]);
        assert_eq!(uninstall(scripts, PROGRAM.as_ref()).unwrap(), Vec::<PathBuf>::new());
        assert_eq!(names(scripts), ["route-down.d", "route-up.d"]);
    }

    #[test]
    fn the_script_is_the_one_that_was_released() {
        let scripts = tempfile::tempdir().unwrap();
        install(scripts.path(), PROGRAM.as_ref(), STATE.as_ref()).unwrap();
        let text = fs::read_to_string(file(scripts.path(), Hook::RouteDown)).unwrap();
        assert_eq!(
            text,
            "#!/bin/sh\n# temoin-hook\n\
             # Tells temoin what becomes of the VPN's tunnel. `temoin hook install` writes this file and\n\
             # `temoin hook uninstall` removes it; what is changed here is lost.\n\
             [ -x '/usr/bin/temoin' ] || exit 0\n\
             '/usr/bin/temoin' --state-dir '/var/lib/temoin' hook route-down || exit 0\n"
        );
    }

    #[test]
    fn installing_twice_writes_once_and_another_program_replaces_the_first() {
        let scripts = tempfile::tempdir().unwrap();
        let scripts = scripts.path();
        install(scripts, PROGRAM.as_ref(), STATE.as_ref()).unwrap();
        let again = install(scripts, PROGRAM.as_ref(), STATE.as_ref()).unwrap();
        assert_eq!(again, Vec::<PathBuf>::new());
        assert_eq!(install(scripts, "/opt/temoin".as_ref(), STATE.as_ref()).unwrap().len(), 2);
        let program = PathBuf::from("/opt/temoin");
        let other = ScriptState::Installed { program, state_directory: STATE.into() };
        assert_eq!(states(scripts), [other.clone(), other]);
    }

    #[test]
    fn a_script_of_another_temoin_that_is_there_is_neither_replaced_nor_removed() {
        let place = tempfile::tempdir().unwrap();
        let scripts = place.path().join("scripts");
        let [first, second] = ["first", "second"].map(|name| place.path().join(name));
        fs::write(&first, "").unwrap();
        install(&scripts, &first, STATE.as_ref()).unwrap();
        let up = file(&scripts, Hook::RouteUp);
        let text = fs::read(&up).unwrap();
        // Also where it was changed: it is still the other's.
        for mode in [0o755, 0o644] {
            fs::set_permissions(&up, Permissions::from_mode(mode)).unwrap();
            for error in [
                install(&scripts, &second, STATE.as_ref()).unwrap_err(),
                uninstall(&scripts, &second).unwrap_err(),
            ] {
                assert!(
                    matches!(&error, InstallError::Another { program, .. } if *program == first)
                );
                let remedy = format!("{} hook uninstall", first.display());
                assert!(error.to_string().ends_with(&remedy), "{error}");
                assert_eq!(fs::read(&up).unwrap(), text);
            }
        }
        fs::remove_file(&first).unwrap();
        assert_eq!(install(&scripts, &second, STATE.as_ref()).unwrap().len(), 2);
        assert_eq!(uninstall(&scripts, &second).unwrap().len(), 2);
    }

    #[test]
    fn a_script_that_was_changed_is_noticed_and_put_right() {
        let scripts = tempfile::tempdir().unwrap();
        let scripts = scripts.path();
        install(scripts, PROGRAM.as_ref(), STATE.as_ref()).unwrap();
        let [up, down] = Hook::ALL.map(|hook| file(scripts, hook));
        fs::set_permissions(&up, Permissions::from_mode(0o644)).unwrap();
        let text = fs::read_to_string(&down).unwrap();
        fs::write(&down, text.replace("'/usr/bin/temoin'", "true")).unwrap();
        assert_eq!(states(scripts), [ScriptState::Altered, ScriptState::Altered]);
        assert_eq!(install(scripts, PROGRAM.as_ref(), STATE.as_ref()).unwrap(), [up, down.clone()]);
        assert_eq!(states(scripts), [installed(), installed()]);
        fs::write(&down, text + "rm -rf /\n").unwrap();
        assert_eq!(install(scripts, PROGRAM.as_ref(), STATE.as_ref()).unwrap(), [down]);
    }

    #[test]
    fn what_is_somebody_elses_is_left_alone() {
        let scripts = tempfile::tempdir().unwrap();
        let scripts = scripts.path();
        let theirs = file(scripts, Hook::RouteDown);
        fs::create_dir_all(theirs.parent().unwrap()).unwrap();
        let refused = |what: &str| {
            let error = install(scripts, PROGRAM.as_ref(), STATE.as_ref()).unwrap_err();
            assert!(matches!(&error, InstallError::Foreign(path) if *path == theirs), "{what}");
            assert!(error.to_string().contains("not written by temoin"), "{error}");
            assert_eq!(states(scripts), [ScriptState::Absent, ScriptState::Foreign], "{what}");
            let removed = uninstall(scripts, PROGRAM.as_ref()).unwrap();
            assert_eq!(removed, Vec::<PathBuf>::new(), "{what}");
            assert!(theirs.symlink_metadata().is_ok(), "{what}");
        };
        fs::write(&theirs, "#!/bin/sh\necho mine\n").unwrap();
        refused("a script");
        assert_eq!(fs::read_to_string(&theirs).unwrap(), "#!/bin/sh\necho mine\n");
        fs::write(&theirs, "").unwrap();
        refused("an empty file");
        fs::remove_file(&theirs).unwrap();
        symlink("/nowhere", &theirs).unwrap();
        refused("a link");
        fs::remove_file(&theirs).unwrap();
        fs::create_dir(&theirs).unwrap();
        refused("a directory");
    }

    #[test]
    fn paths_that_cannot_stand_in_a_script_are_refused() {
        let scripts = tempfile::tempdir().unwrap();
        for path in ["", "temoin", "./temoin", "/opt/a\nb", "/opt/\u{1b}[2J"] {
            for (program, state) in [(path, STATE), (PROGRAM, path)] {
                let error = install(scripts.path(), program.as_ref(), state.as_ref()).unwrap_err();
                assert!(matches!(error, InstallError::Unusable(_)), "{path:?}");
                assert!(!error.to_string().chars().any(char::is_control), "{path:?}");
            }
        }
        assert_eq!(names(scripts.path()), Vec::<String>::new());
    }

    #[test]
    fn the_shell_runs_the_program_wherever_it_is_and_never_fails() {
        let place = tempfile::tempdir().unwrap();
        let odd = place.path().join("it's \"$(touch broken)\" `*` \\ é");
        fs::create_dir(&odd).unwrap();
        let (program, state) = (odd.join("te'moin"), odd.join("state"));
        let scripts = odd.join("scripts");
        install(&scripts, &program, &state).unwrap();
        let found =
            ScriptState::Installed { program: program.clone(), state_directory: state.clone() };
        assert_eq!(states(&scripts), [found.clone(), found]);

        let run = || {
            let mut command = Command::new(file(&scripts, Hook::RouteUp));
            let output = command.current_dir(place.path()).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(run(), "", "the program is not there");
        let text = "#!/bin/sh\nprintf '%s|' \"$@\"\nexit 1\n";
        fs::write(&program, text).unwrap();
        assert_eq!(run(), "", "the program may not be executed");
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        assert_eq!(run(), format!("--state-dir|{}|hook|route-up|", state.display()));
        assert!(!place.path().join("broken").exists());
    }

    #[test]
    fn run_parts_runs_it() {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("temoin");
        fs::write(&program, "#!/bin/sh\necho \"$*\"\n").unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        install(place.path(), &program, STATE.as_ref()).unwrap();
        // Debian's, where there is one.
        if let Ok(output) =
            Command::new("run-parts").arg(place.path().join("route-down.d")).output()
        {
            let text = String::from_utf8(output.stdout).unwrap();
            assert_eq!(text, "--state-dir /var/lib/temoin hook route-down\n");
        }
    }

    proptest! {
        #[test]
        fn a_quoted_path_is_read_as_it_was(path in "[^\0]{1,40}", rest in any::<Vec<u8>>()) {
            let path = Path::new(&path);
            let mut text = quoted(path);
            // A backslash after the closing quote would go on with it.
            text.push(b' ');
            text.extend(&rest);
            let (read, after) = unquoted(&text).unwrap();
            assert_eq!(read, path);
            assert_eq!(&after[1..], rest);
        }

        #[test]
        fn any_text_is_unquoted_or_refused(text in any::<Vec<u8>>()) {
            let text = [b"'".to_vec(), text].concat();
            if let Some((path, after)) = unquoted(&text) {
                assert_eq!([quoted(&path), after.to_vec()].concat(), text);
            }
        }
    }

    fn installed() -> ScriptState {
        ScriptState::Installed { program: PROGRAM.into(), state_directory: STATE.into() }
    }

    fn states(scripts: &Path) -> [ScriptState; 2] {
        status(scripts).unwrap().map(|(_, state)| state)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
