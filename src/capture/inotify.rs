use std::io;

use nix::errno::Errno;

/// What an error of inotify(7) means. Its limits are told by errors that mean a full disk and too many
/// open files elsewhere: these name the limit and how to raise it.
pub fn inotify_error(errno: Errno) -> io::Error {
    let error = io::Error::from(errno);
    let limit = match errno {
        Errno::EMFILE => "fs.inotify.max_user_instances",
        Errno::ENOSPC => "fs.inotify.max_user_watches",
        _ => return error,
    };
    let text = format!(
        "the system allows no more of what {limit} limits; it is no matter of disk space, and others that \
         watch files, such as Nextcloud or Syncthing, use it up. Double it: see sysctl {limit}, set it in \
         /etc/sysctl.d, then restart temoin ({error})"
    );
    io::Error::new(error.kind(), text)
}

#[cfg(test)]
mod tests {
    use super::{Errno, inotify_error};

    #[test]
    fn each_limit_is_named_and_no_other_error_is_taken_for_one() {
        for (errno, limit) in [
            (Errno::ENOSPC, "fs.inotify.max_user_watches"),
            (Errno::EMFILE, "fs.inotify.max_user_instances"),
        ] {
            let text = inotify_error(errno).to_string();
            assert!(text.contains(limit) && text.contains("sysctl"), "{text}");
        }
        assert!(!inotify_error(Errno::EACCES).to_string().contains("inotify"));
    }
}
