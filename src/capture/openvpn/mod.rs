//! OpenVPN: its hooks, what they find in the environment, and its management socket.

pub mod environment;
pub mod hook;
pub mod install;
mod management;

pub use management::{ManagementNotice, ManagementSocket};
