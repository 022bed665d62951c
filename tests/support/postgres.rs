use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A PostgreSQL of the tests' own, on a Unix socket in a directory of its own. It is stopped and
/// removed when the test program is gone, in whichever way.
pub struct Cluster {
    directory: PathBuf,
    /// Watches over the server until the pipe to it closes.
    _watch: Child,
}

impl Cluster {
    /// The one that the tests of a program share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(""))
    }

    /// Starts one with these lines in its configuration.
    pub fn start(configuration: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory").keep();
        // PostgreSQL does not run as root, so as root it runs as Debian's user for it.
        let own = fs::metadata(&directory).expect("the directory just made").uid();
        let as_user = if own == 0 { "postgres" } else { "" };
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o711)).expect("a directory");
        let mut watch = Command::new("sh")
            .args(["-euc", START, "sh"])
            .arg(&directory)
            .args([as_user, configuration])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh");
        let mut line = String::new();
        let output = watch.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("output of the server's start");
        assert_eq!(line, "ready\n", "PostgreSQL does not start: is Debian's postgresql installed?");
        Self { directory, _watch: watch }
    }

    /// The connection string of a new empty database.
    pub fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("temoin{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres:///{name}?host={}&user=postgres", self.directory.display())
    }

    /// Runs statements in a database; what they answer, unaligned.
    pub fn psql(&self, database: &str, statements: &str) -> String {
        let output = Command::new("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"])
            .arg(&self.directory)
            .args(["-d", database, "-c", statements])
            .output()
            .expect("psql");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Where its files are.
    pub fn files(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Where its socket is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Starts a server in directory `$1` as user `$2` with configuration `$3`, says so, and stops it and
/// removes all of it when standard input ends.
const START: &str = r#"
trap '' INT TERM HUP
programs=$(pg_config --bindir 2>/dev/null) && [ -x "$programs/initdb" ] \
    || programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
run() {
    if [ -n "$user" ]; then
        setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
    else
        "$@"
    fi
}
directory=$1 user=$2
if [ -n "$user" ]; then chown "$user" "$directory"; fi
end() {
    # Only the log of a start that failed has anything left to say.
    if [ "$?" != 0 ]; then cat "$directory"/*log >&2; fi
    rm -rf "$directory"
}
trap end EXIT
cd /
run "$programs/initdb" -A trust -U postgres -E UTF8 --no-locale -N -D "$directory/data" \
    >"$directory/log" 2>&1 </dev/null
printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$directory'" \
    "max_connections = 60" "shared_buffers = 64MB" "fsync = off" "$3" >>"$directory/data/postgresql.conf"
run "$programs/pg_ctl" -w -D "$directory/data" -l "$directory/server.log" start \
    >>"$directory/log" 2>&1 </dev/null
echo ready
cat >/dev/null
run "$programs/pg_ctl" -w -m immediate -D "$directory/data" stop >/dev/null 2>&1 || true
"#;
