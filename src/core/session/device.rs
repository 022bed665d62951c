use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a network interface: 1 to 15 bytes of printable ASCII, without space and slash, as
/// the kernel allows and as is safe to print.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Device(String);

impl Device {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Device {
    type Err = InvalidDevice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // IFNAMSIZ is 16 with the closing zero byte (linux/if.h).
        let fits = (1..=15).contains(&text.len());
        let plain =
            text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/' && byte != b':');
        (fits && plain && text != "." && text != "..")
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidDevice)
    }
}

impl TryFrom<String> for Device {
    type Error = InvalidDevice;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.0
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not the name of a network interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidDevice;

impl fmt::Display for InvalidDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not the name of a network interface: 1 to 15 letters, digits or signs, such as tun0",
        )
    }
}

impl std::error::Error for InvalidDevice {}

#[cfg(test)]
mod tests {
    use super::Device;

    #[test]
    fn a_device_is_what_the_kernel_would_take_and_safe_to_print() {
        for text in ["tun0", "a", "vpn-neutrinet.1"] {
            assert!(text.parse::<Device>().is_ok(), "{text:?}");
        }
        for text in ["", "..", "tun 0", "a/b", "sixteen-letters0", "tun\n", "t\u{fc}n"] {
            assert!(text.parse::<Device>().is_err(), "{text:?}");
        }
    }
}
