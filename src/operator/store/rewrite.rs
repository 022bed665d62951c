//! Removes what was deleted from the files of a PostgreSQL table, while others go on using it.
//!
//! `VACUUM` leaves the bytes of deleted rows in their pages, and `VACUUM FULL` locks everybody out while
//! it copies all of the table. Here the rows that stay are copied to a new table in batches; a trigger
//! notes those that change meanwhile; then, with the table locked for a moment, these are copied again,
//! and the new table takes the place of the old one, whose files are removed.

use std::thread;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::{Client, Error};

/// Puts a new table `session` in the place of the old one. `settings` is what is set for its columns.
/// Returns `false` where another gateway is doing so.
pub(super) fn rewrite(client: &mut Client, settings: &str) -> Result<bool, Error> {
    let locked: bool = client.query_one(LOCK, &[])?.try_get(0)?;
    if !locked {
        return Ok(false);
    }
    let done = copy_and_swap(client, settings);
    if done.is_err() {
        // Where this fails too, the next one does it.
        let _ = client.batch_execute(ABANDON);
    }
    let unlocked = client.batch_execute(UNLOCK);
    done.and(unlocked).map(|()| true)
}

fn copy_and_swap(client: &mut Client, settings: &str) -> Result<(), Error> {
    let settings = settings.replace("ALTER TABLE session ", "ALTER TABLE session_new ");
    patiently(client, &format!("{PREPARE}{settings}COMMIT;"))?;
    let copy = client.prepare(COPY)?;
    let mut last = -1_i64;
    loop {
        let copied = client.query_one(&copy, &[&last])?;
        let Some(number) = copied.try_get::<_, Option<i64>>(0)? else { break };
        last = number;
    }
    patiently(client, SWAP)
}

/// Runs statements that lock the table. While others use it they are tried again, and never wait so long
/// that those who come after them would notice.
fn patiently(client: &mut Client, statements: &str) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        match client.batch_execute(statements) {
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                client.batch_execute("ROLLBACK")?;
                thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
    client.batch_execute(statements)
}

const LOCK: &str = "SELECT pg_try_advisory_lock(1952805748, 0)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(1952805748, 0)";

/// Whoever may write to the table need not have a right to that of changed rows.
const PREPARE: &str = "
BEGIN;
SET LOCAL lock_timeout = '200ms';
DROP TRIGGER IF EXISTS session_touch ON session;
DROP FUNCTION IF EXISTS session_touch();
DROP TABLE IF EXISTS session_new, session_touched;
CREATE TABLE session_touched (number BIGINT NOT NULL);
CREATE FUNCTION session_touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO session_touched VALUES (CASE TG_OP WHEN 'INSERT' THEN NEW.number ELSE OLD.number END);
    RETURN NULL;
END $$;
CREATE TRIGGER session_touch AFTER INSERT OR UPDATE OR DELETE ON session
    FOR EACH ROW EXECUTE FUNCTION session_touch();
CREATE TABLE session_new (LIKE session INCLUDING ALL);
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT privilege_type, grantee FROM pg_class, aclexplode(relacl)
        WHERE pg_class.oid = 'session'::regclass AND grantee <> relowner
    LOOP
        EXECUTE format('GRANT %s ON session_new TO %s', one.privilege_type,
            CASE one.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(one.grantee)) END);
    END LOOP;
END $$;
";

/// Copies the next rows; answers with the number of the last of them.
const COPY: &str = "
WITH copied AS (
    INSERT INTO session_new OVERRIDING SYSTEM VALUE
    SELECT * FROM session WHERE number > $1 ORDER BY number LIMIT 5000
    RETURNING number
) SELECT max(number) FROM copied";

const SWAP: &str = "
BEGIN;
SET LOCAL lock_timeout = '100ms';
LOCK TABLE session IN ACCESS EXCLUSIVE MODE;
DELETE FROM session_new WHERE number IN (SELECT number FROM session_touched);
INSERT INTO session_new OVERRIDING SYSTEM VALUE
    SELECT * FROM session WHERE number IN (SELECT number FROM session_touched);
SELECT setval(pg_get_serial_sequence('session_new', 'number'),
    nextval(pg_get_serial_sequence('session', 'number')));
DROP TABLE session;
ALTER TABLE session_new RENAME TO session;
DROP FUNCTION session_touch();
DROP TABLE session_touched;
COMMIT;
";

const ABANDON: &str = "
ROLLBACK;
DROP TRIGGER IF EXISTS session_touch ON session;
DROP FUNCTION IF EXISTS session_touch();
DROP TABLE IF EXISTS session_new, session_touched;
";

const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);
