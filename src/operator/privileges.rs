use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::{env, fs, io};

use nix::unistd::{Gid, Uid, User, geteuid, setgroups, setresgid, setresuid};

/// As root, becomes the user who owns a file or directory, or the directory that it is in, for the rest
/// of this process, before anything of that user's is opened: what they put there may lead anywhere.
/// A directory becomes the current one, so that it can be reached whoever owns those above it. Changes
/// nothing where both are root's, or are missing.
///
/// # Errors
/// What the system says: it needs `CAP_SETUID` and `CAP_SETGID`, which Debian's units leave to OpenVPN.
pub(super) fn drop_to_owner(path: &Path) -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or_else(|| Path::new("."));
    for place in [parent, path] {
        let Ok(found) = fs::symlink_metadata(place) else { continue };
        if found.uid() != 0 {
            if place == path && found.is_dir() {
                env::set_current_dir(path)?;
            }
            let user = Uid::from_raw(found.uid());
            let known = User::from_uid(user).ok().flatten();
            let group = known.map_or_else(|| Gid::from_raw(found.gid()), |known| known.gid);
            setgroups(&[])?;
            setresgid(group, group, group)?;
            setresuid(user, user, user)?;
            break;
        }
    }
    Ok(())
}
