//! What this process does so that its secrets stay in its memory.

#[cfg(target_os = "linux")]
use rustix::mm::{MlockAllFlags, mlockall};
#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, getrlimit, set_dumpable_behavior};
use rustix::process::{Resource, Rlimit, setrlimit};
#[cfg(target_os = "linux")]
use rustix::thread::{CapabilitySet, capabilities};

/// Leaves no core file, lets no other process of the same user look into the memory, and keeps it from being swapped out where
/// that is allowed. None of it is a reason to fail.
pub fn guard() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    #[cfg(target_os = "linux")]
    {
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        if may_lock_everything() {
            // Each page is locked when it is first used.
            let all = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
            let _ = mlockall(all);
        }
    }
}

/// Where the limit is finite, memory that is wanted beyond it would not be had at all: then nothing is locked. Who may raise the
/// limit does. The capability that knows no limit counts only where it is not that of a user namespace.
#[cfg(target_os = "linux")]
fn may_lock_everything() -> bool {
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    let _ = setrlimit(Resource::Memlock, unlimited);
    let is_capable = || {
        let own = capabilities(None);
        let map = std::fs::read_to_string("/proc/self/uid_map");
        let is_first = map.is_ok_and(|map| map.split_whitespace().eq(["0", "0", "4294967295"]));
        is_first && own.is_ok_and(|own| own.effective.contains(CapabilitySet::IPC_LOCK))
    };
    getrlimit(Resource::Memlock).current.is_none() || is_capable()
}
