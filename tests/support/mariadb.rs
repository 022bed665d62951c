use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A MariaDB of the tests' own, on a Unix socket in a directory of its own. It is stopped and removed
/// when the test program is gone, in whichever way.
pub struct MariaDb {
    directory: PathBuf,
    /// Watches over the server until the pipe to it closes.
    _watch: Child,
}

impl MariaDb {
    /// The one that the tests of a program share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<MariaDb> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory").keep();
        // The server does not run as root, so as root it runs as Debian's user for it.
        let own = fs::metadata(&directory).expect("the directory just made").uid();
        let as_user = if own == 0 { "mysql" } else { "" };
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o711)).expect("a directory");
        let mut watch = Command::new("sh")
            .args(["-euc", START, "sh"])
            .arg(&directory)
            .arg(as_user)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh");
        let mut line = String::new();
        let output = watch.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("output of the server's start");
        assert_eq!(
            line, "ready\n",
            "MariaDB does not start: is Debian's mariadb-server installed?"
        );
        Self { directory, _watch: watch }
    }

    /// The name of a new empty database.
    pub fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("temoin{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.run("", &format!("CREATE DATABASE {name}"));
        name
    }

    /// Runs statements in a database.
    pub fn run(&self, database: &str, statements: &str) {
        let output = self.client(database).args(["-e", statements]).output().expect("mariadb");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Exports a table as the documentation says.
    pub fn export(&self, database: &str, table: &str, path: &Path) {
        let status = self
            .client(database)
            .args(["--batch", "--quick", "-e", &format!("SELECT * FROM {table}")])
            .stdout(fs::File::create(path).expect("a file"))
            .status();
        assert!(status.expect("mariadb").success());
    }

    /// MariaDB's client, on a database.
    pub fn client(&self, database: &str) -> Command {
        let mut client = Command::new("mariadb");
        client.args(["--no-defaults", "-u", "root", "-S"]).arg(self.directory.join("socket"));
        client.args((!database.is_empty()).then_some(database));
        client
    }
}

/// Starts a server in directory `$1` as user `$2`, says so, and stops it and removes all of it when
/// standard input ends.
const START: &str = r#"
trap '' INT TERM HUP
directory=$1 user=$2 server=
# Replaces a subshell, so that the server's number is the one that is killed.
run() {
    if [ -n "$user" ]; then
        exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
    else
        exec "$@"
    fi
}
if [ -n "$user" ]; then chown "$user" "$directory"; fi
end() {
    if [ "$?" != 0 ]; then cat "$directory"/*log >&2; fi
    if [ -n "$server" ]; then kill -KILL "$server" 2>/dev/null || true; wait "$server" || true; fi
    rm -rf "$directory"
}
trap end EXIT
cd /
mkdir "$directory/data"
if [ -n "$user" ]; then chown "$user" "$directory/data"; fi
(run mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db \
    --datadir="$directory/data") >"$directory/log" 2>&1 </dev/null
run mariadbd --no-defaults --skip-networking --skip-grant-tables --innodb-flush-log-at-trx-commit=0 \
    --innodb-flush-method=nosync \
    --innodb-buffer-pool-size=64M --datadir="$directory/data" --socket="$directory/socket" \
    --pid-file="$directory/pid" >"$directory/server.log" 2>&1 </dev/null &
server=$!
left=300
until mariadb-admin --no-defaults -S "$directory/socket" ping >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] && kill -0 "$server"
    sleep 0.1
done
echo ready
cat >/dev/null
exec 2>/dev/null
"#;
