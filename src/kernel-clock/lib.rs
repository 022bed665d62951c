//! Asks the kernel whether its clock is synchronised (`adjtimex(2)`, read only).
//!
//! `nix` does not wrap this call and temoin forbids `unsafe`, so the one call that needs it is
//! isolated in this crate.

use std::mem::MaybeUninit;

/// Largest error at which the kernel still calls its clock synchronised, in microseconds.
///
/// The kernel lets `maxerror` grow by 500 ppm without updates and sets `STA_UNSYNC` when it reaches
/// 16 s (`NTP_PHASE_LIMIT`), which is about nine hours after the last update. A time service that
/// keeps `STA_UNSYNC` set on purpose (chrony without `rtcsync`) still keeps `maxerror` small, so
/// the error is asked and not the flag.
const MAXIMUM_ERROR_MICROSECONDS: libc::c_long = 16_000_000;

/// Whether a time service has set the kernel's clock and still keeps it.
///
/// `None` if the kernel does not answer: a sandbox forbids the call, or the clock exceeds the C
/// library's type.
pub fn is_synchronised() -> Option<bool> {
    let mut timex = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: `timex` is a C struct of integers, for which all zero bits are a value; zero `modes`
    // makes the call a query; and the pointer is valid and exclusive for the whole call.
    let timex = unsafe {
        if libc::adjtimex(timex.as_mut_ptr()) < 0 {
            return None;
        }
        timex.assume_init()
    };
    Some(timex.maxerror < MAXIMUM_ERROR_MICROSECONDS)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernel_answers() {
        assert!(super::is_synchronised().is_some());
    }
}
