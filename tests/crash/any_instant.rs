//! Killed at any instant, within a step as well as between two.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::Duration;

use super::kill::{count, killed_after, lifetime};
use super::witness::survivor;
use super::{Scene, place, words};

/// How many are in the table.
const PEOPLE: u64 = 120;

/// How many kills of each kind there are; `PKI_CRASH_KILLS` says how many more.
const KILLS: u32 = 60;

/// What is killed, what must be there for it, and how many of the kills must have come in time.
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

fn kills() -> u32 {
    let asked = std::env::var("PKI_CRASH_KILLS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(KILLS)
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
            let mut whole = lifetime(&scene.authority, &words(&first));
            for number in 0..KILLS.min(kills() - round * KILLS) {
                let name = format!("client-{number}");
                if !prepare.is_empty() {
                    scene.pki(&words(&prepare.replace("{}", &name))).ok();
                }
                let line = line.replace("{}", &name);
                let delay = whole.mul_f64(draw.part());
                let came = killed_after(&scene.authority, &words(&line), delay);
                scene.kills += u32::from(came);
                let when = format!("`{line}` killed after {delay:?} of {whole:?}");
                scene.goes_on(&words(&format!("issue-client next-{number}")), &when);
                if !came {
                    // It takes less than was thought: the next instants are drawn from about what it takes.
                    whole = (whole + delay) / 2;
                }
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
    let mut scene = Scene::new();
    let mut table = "name\n".to_owned();
    for number in 0..PEOPLE {
        writeln!(table, "client-{number}").unwrap();
    }
    fs::write(scene.authority.path("table.csv"), table).unwrap();
    fs::create_dir(scene.authority.path("out")).unwrap();
    let line = "issue-clients table.csv --out-dir out --passwords passwords.csv --jobs 2";
    for _ in 0..12 {
        let delay = Duration::from_millis(150).mul_f64(draw.part());
        scene.kills += u32::from(killed_after(&scene.authority, &words(line), delay));
        scene.look("a table");
    }
    count("`issue-clients` at drawn instants", scene.kills);
    let told = scene.authority.json(&words(line));
    let [now, before] = ["issued", "done_before"].map(|it| told[it].as_u64().unwrap());
    assert_eq!(now + before, PEOPLE, "{told}");
    scene.goes_on(&words(line), "a table");
    // Every bundle has its one password, and opens with it.
    let out = fs::read_dir(scene.authority.path("out")).unwrap();
    let written: BTreeSet<_> = out
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let passwords = fs::read_to_string(scene.authority.path("passwords.csv")).unwrap();
    let passwords: Vec<Vec<_>> = passwords
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(2).collect())
        .collect();
    let told: BTreeSet<_> = passwords.iter().map(|it| it[0].to_owned()).collect();
    assert_eq!((passwords.len() as u64, &told), (PEOPLE, &written));
    for fields in passwords.iter().step_by(39) {
        fs::write(scene.authority.path("password"), fields[1]).unwrap();
        let bundle = place(&scene, &format!("out/{}", fields[0]));
        let read = [
            "pkcs12",
            "-nokeys",
            "-passin",
            "file:password",
            "-in",
            &bundle,
        ];
        if let Some(read) = scene.authority.openssl(&read) {
            read.ok();
        }
    }
}
