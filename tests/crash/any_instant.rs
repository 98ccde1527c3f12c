//! Killed at any instant, within a step as well as between two.

use std::thread;
use std::time::Duration;

use super::kill::{count, killed_after, lifetime};
use super::witness::survivor;
use super::{KILLS, Scene, kills, table, words};

/// How many are in the table.
const PEOPLE: usize = 120;

/// How often the making of their bundles is killed.
const KILLS_OF_A_TABLE: u32 = 12;

/// The latest kills are meant for so much more than what a command takes, so that its last instants are met too.
const BEYOND_THE_END: f64 = 1.2;

/// What is killed, and what must be there for it.
const COMMANDS: [(&str, &str); 6] = [
    ("issue-client {}", ""),
    ("renew {}", "issue-client {}"),
    ("revoke {} --yes", "issue-client {}"),
    ("crl", ""),
    ("issue-server {}.example.org", ""),
    ("rotate-issuing", ""),
];

/// Numbers that look drawn; the seed is told, so that a failure can be looked for again.
struct Draw(u64);

impl Draw {
    fn seeded() -> Self {
        let seed = std::env::var("PKI_CRASH_SEED").ok();
        let seed = seed.and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| {
            let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
            now.as_nanos() as u64
        });
        eprintln!("PKI_CRASH_SEED={seed}");
        Self(seed)
    }

    /// A part of a whole, from nothing to all of it.
    fn part(&mut self) -> f64 {
        // xorshift64*: good enough to choose an instant.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// About how long a command takes, as the kills tell.
struct Lifetime(Duration);

impl Lifetime {
    /// An instant of it, or one soon after its end.
    fn draw(&self, draw: &mut Draw) -> Duration {
        self.0.mul_f64(BEYOND_THE_END * draw.part())
    }

    /// Learns from a kill whether it is shorter or longer than was thought: the machine is busy with other things now and then.
    fn learn(&mut self, delay: Duration, came_in_time: bool) {
        match came_in_time {
            false if delay < self.0 => self.0 = (self.0 + delay) / 2,
            true if delay > self.0.mul_f64(0.9) => self.0 = self.0.mul_f64(1.05),
            _ => {}
        }
    }
}

#[test]
fn a_command_killed_at_any_instant_loses_nothing_and_is_followed_by_the_next() {
    let mut draw = Draw::seeded();
    for (line, prepare) in COMMANDS {
        // A CA that was killed and has gone on so many times is large: then another.
        for round in 0..kills().div_ceil(KILLS) {
            let mut scene = Scene::new();
            scene
                .pki(&words(&prepare.replace("{}", "first")))
                .code
                .unwrap();
            let first = line.replace("{}", "first");
            let mut whole = Lifetime(lifetime(&scene.authority, &words(&first)));
            for number in 0..KILLS.min(kills() - round * KILLS) {
                let name = format!("client-{number}");
                if !prepare.is_empty() {
                    scene.pki(&words(&prepare.replace("{}", &name))).ok();
                }
                let line = line.replace("{}", &name);
                let delay = whole.draw(&mut draw);
                let came = killed_after(&scene.authority, &words(&line), delay);
                scene.kills += u32::from(came);
                let when = format!("`{line}` killed after {delay:?} of {:?}", whole.0);
                scene.goes_on(&words(&format!("issue-client next-{number}")), &when);
                whole.learn(delay, came);
            }
            count(&format!("`{line}` at drawn instants"), scene.kills);
            assert!(scene.kills > 0, "no kill came in time");
        }
    }
}

#[test]
fn several_commands_at_once_all_killed_at_one_instant_lose_nothing() {
    let mut draw = Draw::seeded();
    let mut scene = Scene::new();
    let whole = lifetime(&scene.authority, &words("issue-client first"));
    for round in 0..kills() / 4 {
        let lines: Vec<_> = (0..4)
            .map(|number| format!("issue-client client-{round}-{number}"))
            .collect();
        let delay = whole.mul_f64(2.0 * draw.part());
        let scene_ref = &scene;
        // Somebody who lives on has the database open, as a server has.
        let survivor = survivor(&scene.authority);
        let came = thread::scope(|scope| {
            let killed: Vec<_> = lines
                .iter()
                .map(|line| {
                    scope.spawn(move || killed_after(&scene_ref.authority, &words(line), delay))
                })
                .collect();
            killed
                .into_iter()
                .map(|it| it.join().unwrap())
                .filter(|came| *came)
                .count()
        });
        scene.kills += came as u32;
        // Before anybody else opens it, the next command decides what becomes of what they left.
        scene
            .pki(&words(&format!("issue-client before-{round}")))
            .ok();
        drop(survivor);
        scene.goes_on(
            &words(&format!("issue-client next-{round}")),
            &format!("four killed after {delay:?}"),
        );
    }
    count("four at once", scene.kills);
    assert!(scene.kills > 0, "no kill came in time");
}

#[test]
fn a_table_killed_over_and_over_comes_to_its_end() {
    let mut draw = Draw::seeded();
    let measured = Scene::new();
    table::lay(&measured, PEOPLE);
    let whole = lifetime(&measured.authority, &words(table::LINE));
    let mut scene = Scene::new();
    table::lay(&scene, PEOPLE);
    // Each goes on where the one before was killed: one in another, all the delays are somewhat more than the whole.
    let longest = whole.mul_f64(2.4 / f64::from(KILLS_OF_A_TABLE));
    for _ in 0..KILLS_OF_A_TABLE {
        let delay = longest.mul_f64(draw.part());
        scene.kills += u32::from(killed_after(&scene.authority, &words(table::LINE), delay));
        scene.look(&format!("a table killed after {delay:?} of {whole:?}"));
    }
    count("`issue-clients` at drawn instants", scene.kills);
    assert!(scene.kills > 0, "no kill came in time");
    let told = scene.authority.json(&words(table::LINE));
    let [now, before] = ["issued", "done_before"].map(|it| told[it].as_u64().unwrap());
    assert_eq!(now + before, PEOPLE as u64, "{told}");
    scene.goes_on(&words(table::LINE), "a table");
    table::has_all(&scene, PEOPLE, (0..PEOPLE).step_by(39), "a table");
}
