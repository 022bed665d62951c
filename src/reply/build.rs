//! Compiles the texts of the catalogues that this crate uses.

use std::io;

fn main() -> io::Result<()> {
    temoin_locales::write_messages(&["reply"])
}
