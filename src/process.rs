//! What this process does so that its secrets stay in its memory.

#[cfg(target_os = "linux")]
use rustix::mm::{MlockAllFlags, mlockall};
#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
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

/// Where the limit is finite, memory that is wanted beyond it would not be had at all: then nothing is locked.
#[cfg(target_os = "linux")]
fn may_lock_everything() -> bool {
    let is_unlimited = getrlimit(Resource::Memlock).current.is_none();
    let capable =
        || capabilities(None).is_ok_and(|own| own.effective.contains(CapabilitySet::IPC_LOCK));
    is_unlimited || capable()
}
