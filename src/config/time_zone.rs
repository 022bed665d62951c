use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::{env, fs};

use temoin_core::session::{UnknownZone, Zone};

/// Where Debian's tzdata has the files of the zones.
const ZONE_FILES: &str = "/usr/share/zoneinfo";

/// The zone of this name: compiled in, or of the system's files.
///
/// # Errors
/// [`UnknownZone`] where neither has it.
pub fn zone_named(name: &str) -> Result<Zone, UnknownZone> {
    named(name, Path::new(ZONE_FILES))
}

/// The time zone of the system.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SystemZone {
    /// The zone in which times are shown.
    pub zone: Zone,
    /// Why that is UTC though the system did not say so: what it says instead. Empty where it says
    /// nothing.
    pub fallback: Option<String>,
}

impl SystemZone {
    /// The zone that TZ names, else that of `/etc/localtime`, as for every program (tzset(3)).
    pub fn read() -> Self {
        Self::find(env::var_os("TZ").as_deref(), Path::new("/etc"), Path::new(ZONE_FILES))
    }

    fn find(variable: Option<&OsStr>, etc: &Path, files: &Path) -> Self {
        let found = |zone| Self { zone, fallback: None };
        let unknown = |what: String| Self { zone: Zone::UTC, fallback: Some(what) };
        if let Some(variable) = variable.filter(|text| !text.is_empty()) {
            let Some(text) = variable.to_str() else {
                return unknown(format!("TZ={}", variable.to_string_lossy()));
            };
            let name = text.strip_prefix(':').unwrap_or(text);
            let path = Path::new(name);
            let zone =
                if path.is_absolute() { of_file(name, path) } else { named(name, files).ok() };
            let zone = zone.or_else(|| Zone::from_posix(name).ok());
            return zone.map_or_else(|| unknown(format!("TZ={text}")), found);
        }
        let path = etc.join("localtime");
        let linked = fs::read_link(&path).ok().and_then(|target| zone_of_link(&target, files));
        // A copied file has no name, unless the one that Debian used to write is of the same rules.
        let written = || {
            let name = fs::read_to_string(etc.join("timezone")).ok()?;
            let zone = named(name.trim(), files).ok()?;
            let own = fs::read(files.join(zone.name())).ok()?;
            (fs::read(&path).ok()? == own).then_some(zone)
        };
        let label = path.display().to_string();
        linked.or_else(written).or_else(|| of_file(&label, &path)).map_or_else(
            || unknown(if path.exists() { label.clone() } else { String::new() }),
            found,
        )
    }
}

/// The zone that a link to its file names. `posix` holds the same zones as the folder around it, and
/// `right` those that count leap seconds, which no clock of ours does.
fn zone_of_link(target: &Path, files: &Path) -> Option<Zone> {
    named(target.to_str()?.split_once("/zoneinfo/")?.1, files).ok()
}

fn named(name: &str, files: &Path) -> Result<Zone, UnknownZone> {
    let name = name.strip_prefix("posix/").or_else(|| name.strip_prefix("right/")).unwrap_or(name);
    if let Ok(zone) = name.parse() {
        return Ok(zone);
    }
    let path = PathBuf::from(name);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let zone = if is_plain { of_file(name, &files.join(path)) } else { None };
    zone.ok_or(UnknownZone)
}

/// The zone that a file holds, by this name.
fn of_file(name: &str, path: &Path) -> Option<Zone> {
    Zone::from_tzif(name, &fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::{TempDir, tempdir};

    use super::*;

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/zoneinfo");

    /// A system's folders: the zones' files, and `/etc`.
    struct System {
        root: TempDir,
    }

    impl System {
        fn new() -> Self {
            let root = tempdir().unwrap();
            for folder in ["etc", "zoneinfo/Europe", "zoneinfo/posix/Europe"] {
                fs::create_dir_all(root.path().join(folder)).unwrap();
            }
            let system = Self { root };
            for name in ["Brussels", "Kyiv"] {
                for folder in ["zoneinfo/Europe", "zoneinfo/posix/Europe"] {
                    fs::copy(Path::new(FIXTURES).join(name), system.path(folder).join(name))
                        .unwrap();
                }
            }
            system
        }

        fn path(&self, path: &str) -> PathBuf {
            self.root.path().join(path)
        }

        fn find(&self, variable: Option<&str>) -> SystemZone {
            SystemZone::find(variable.map(OsStr::new), &self.path("etc"), &self.path("zoneinfo"))
        }
    }

    fn shown(found: &SystemZone) -> (String, Option<&str>) {
        let at = "2026-11-24T08:00:00Z".parse().unwrap();
        (found.zone.civil(at).time().to_string(), found.fallback.as_deref())
    }

    #[test]
    fn the_zone_is_found_however_the_system_names_it() {
        let brussels = ("09:00:00".to_owned(), None);
        for target in ["zoneinfo/Europe/Brussels", "zoneinfo/posix/Europe/Brussels"] {
            let system = System::new();
            symlink(system.path(target), system.path("etc/localtime")).unwrap();
            let found = system.find(None);
            assert_eq!((shown(&found), found.zone.name()), (brussels.clone(), "Europe/Brussels"));
        }
        let system = System::new();
        symlink(system.path("zoneinfo/Europe/Kyiv"), system.path("etc/localtime")).unwrap();
        let found = system.find(None);
        assert_eq!(shown(&found), ("10:00:00".to_owned(), None));
        assert_eq!(found.zone.name(), "Europe/Kyiv");

        // A copied file, without a name and then with one.
        let system = System::new();
        fs::copy(system.path("zoneinfo/Europe/Brussels"), system.path("etc/localtime")).unwrap();
        assert_eq!(shown(&system.find(None)), brussels);
        fs::write(system.path("etc/timezone"), "Europe/Brussels\n").unwrap();
        assert_eq!(system.find(None).zone.name(), "Europe/Brussels");
        fs::write(system.path("etc/timezone"), "Europe/Kyiv\n").unwrap();
        assert_eq!(shown(&system.find(None)), brussels);

        for (variable, time) in [
            ("Europe/Kyiv", "10:00:00"),
            (":Europe/Kyiv", "10:00:00"),
            ("posix/Europe/Brussels", "09:00:00"),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "09:00:00"),
            ("UTC", "08:00:00"),
            // Empty, it says nothing.
            ("", "09:00:00"),
        ] {
            assert_eq!(shown(&system.find(Some(variable))), (time.to_owned(), None), "{variable}");
        }
    }

    #[test]
    fn utc_that_nobody_chose_comes_with_what_the_system_says() {
        let assert_utc = |found: &SystemZone, what: &str| {
            assert_eq!(shown(found), ("08:00:00".to_owned(), Some(what)));
        };
        let system = System::new();
        assert_utc(&system.find(None), "");
        for variable in ["Europe/Nowhere", "../../etc/passwd", "CEST", "/no/such/file"] {
            assert_utc(&system.find(Some(variable)), &format!("TZ={variable}"));
        }
        let path = system.path("etc/localtime");
        fs::write(&path, "no zone").unwrap();
        assert_utc(&system.find(None), &path.display().to_string());
    }

    #[test]
    fn a_zone_is_no_way_to_other_files() {
        let system = System::new();
        for name in ["../zoneinfo/Europe/Kyiv", "/etc/localtime", "", "Europe"] {
            assert!(named(name, &system.path("zoneinfo")).is_err(), "{name}");
        }
    }
}
