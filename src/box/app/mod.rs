//! What the program does, whoever asks for it: command line, page and daemon call the same functions.

pub(crate) mod erasure;
pub(crate) mod sync;
