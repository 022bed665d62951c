//! OpenVPN: its hooks, what they find in the environment, and its management socket.

pub mod environment;
pub mod hook;
pub mod install;
mod management;
mod vpnclient;

pub use management::{ManagementNotice, ManagementSocket};
