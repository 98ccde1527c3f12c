//! Instants at which a test ends this process, as a power cut or `kill -9` would.
//!
//! Compiled with the feature `failpoints`, which tests alone ask for; without it nothing of this is in the program.

/// Says that a command has come to an instant at which it might be killed; `name` is `room.what-was-done`.
///
/// With `PKI_FAILPOINT=N` in the environment the Nth instant is the last one, and its name the last word.
#[cfg(feature = "failpoints")]
pub fn reached(name: &str) {
    use std::sync::atomic::{AtomicU64, Ordering};

    static REACHED: AtomicU64 = AtomicU64::new(0);
    let nth = REACHED.fetch_add(1, Ordering::SeqCst) + 1;
    let last = std::env::var("PKI_FAILPOINT").ok();
    if last.and_then(|last| last.parse().ok()) == Some(nth) {
        eprintln!("killed at {name}");
        let own = rustix::process::getpid();
        let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
        // The signal is on its way: nothing more is done meanwhile.
        loop {
            std::thread::park();
        }
    }
}

/// Nothing, in every build but that of the tests.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn reached(_name: &str) {}
