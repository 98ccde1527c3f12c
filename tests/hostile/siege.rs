//! A server, somebody honest who logs in time and again, and what that took.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use tokio::runtime::{Builder, Runtime};

use super::Attack;
use super::attacks::Begun;
use super::proxies::{escaped, question};
use crate::support::process::wait_for;
use crate::support::{Authority, Server, path_text};

/// How strong an attack is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// As in every run of the tests.
    Little,
    /// As in the table.
    Much,
}

/// How long an honest login may take in a release build.
const IN_TIME: Duration = Duration::from_millis(100);
/// The same on a machine that runs other tests besides, in a build that is not optimised.
const IN_TIME_HERE: Duration = Duration::from_secs(3);
/// The memory of a server under any of these attacks, in KiB: docs/serve-limits.md.
const MEMORY: u64 = (64 + 512) << 10;
/// How long somebody honest waits at most before it counts as refused.
const LOST: Duration = Duration::from_secs(30);

pub(super) const HEADING: &str = "\
| attack | how much | memory before | peak | honest login, median | worst | of |
| --- | --- | --- | --- | --- | --- | --- |";

/// Where it is attacked, and with what.
pub(super) struct Target {
    pub(super) https: SocketAddr,
    pub(super) http: SocketAddr,
    /// Where proxies ask, the secret that they show, and alice's certificate as they pass it on.
    pub(super) verify: SocketAddr,
    pub(super) secret: String,
    pub(super) field: String,
    pub(super) force: Force,
    /// How many connections a crowd has.
    pub(super) crowd: usize,
    /// Nobody's: without a certificate.
    pub(super) stranger: Arc<ClientConfig>,
    /// Alice's certificate, what lies above it, and her key.
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) roots: RootCertStore,
    /// What was done to the server, in whatever unit the attack has.
    pub(super) blows: AtomicU64,
}

pub(super) struct Siege {
    server: Server,
    _authority: Authority,
    honest: Arc<ClientConfig>,
    target: Arc<Target>,
}

/// A client's settings, with or without a certificate.
pub(super) fn config(
    roots: &RootCertStore,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    version: &'static rustls::SupportedProtocolVersion,
) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots.clone());
    let mut config = match identity {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).unwrap(),
        None => builder.with_no_client_auth(),
    };
    // Each handshake is a whole one.
    config.resumption = rustls::client::Resumption::disabled();
    config.enable_secret_extraction = true;
    config
}

pub(super) fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

impl Siege {
    /// None where a program is missing.
    #[track_caller]
    pub(super) fn begin(force: Force) -> Option<Self> {
        Self::with(force, &[])
    }

    /// The same with options for the server.
    #[track_caller]
    pub(super) fn with(force: Force, options: &[&str]) -> Option<Self> {
        let siege = Self::start(force, options)?;
        for _ in 0..5 {
            siege.log_in();
        }
        Some(siege)
    }

    /// The same where nobody logs in.
    #[track_caller]
    pub(super) fn start(force: Force, options: &[&str]) -> Option<Self> {
        let authority = Authority::init(&[]);
        let alice = authority.credentials(&authority.issue_client(&["alice"]))?;
        let read = |path| CertificateDer::pem_file_iter(path).unwrap();
        let chain = read(&alice.certificate).chain(read(alice.chain.as_ref().unwrap()));
        let chain: Vec<_> = chain.map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(&alice.key).unwrap();
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(authority.root()).unwrap())
            .unwrap();
        let secret = "a-secret-of-the-proxies".to_owned();
        let file = authority.path("verify.secret");
        fs::write(&file, &secret).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let verify = ["--verify", "127.0.0.1:0", "--verify-form", "pem"];
        let verify = [&verify[..], &["--verify-secret-file", path_text(&file)]].concat();
        let server = Server::start(&authority, &[&verify, options].concat());
        let address = |url: &str| {
            let (_, address) = url.split_once("://").unwrap();
            address.trim_end_matches('/').parse().unwrap()
        };
        let version = &rustls::version::TLS13;
        let identity = (chain.clone(), key.clone_key());
        let target = Target {
            https: ([127, 0, 0, 1], server.port().parse().unwrap()).into(),
            http: address(&server.http),
            verify: address(server.verify.as_ref().unwrap()),
            secret,
            field: escaped(&chain[..1]),
            force,
            crowd: files(match force {
                Force::Little => 1000,
                Force::Much => 5000,
            }),
            stranger: Arc::new(config(&roots, None, version)),
            chain,
            key,
            roots: roots.clone(),
            blows: AtomicU64::new(0),
        };
        Some(Self {
            server,
            _authority: authority,
            honest: Arc::new(config(&roots, Some(identity), version)),
            target: Arc::new(target),
        })
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Waits until the server's log holds this so often, and finds that it does not more often.
    #[track_caller]
    pub(super) fn wait_for_log(&self, text: &str, times: usize) {
        wait_for(&format!("{times} times `{text}`"), || {
            (self.server.logged(text) >= times).then_some(())
        });
        assert_eq!(self.server.logged(text), times);
    }

    /// Attacks, and when that was done so often, does something else besides.
    #[track_caller]
    pub(super) fn under(&self, attack: fn(Arc<Target>) -> Begun, blows: u64, then: impl Fn(&Self)) {
        let target = &self.target;
        target.blows.store(0, Ordering::Relaxed);
        let runtime = runtime();
        let attacker = runtime.spawn(attack(target.clone()));
        let begun = Instant::now();
        while target.blows.load(Ordering::Relaxed) < blows {
            assert!(!attacker.is_finished() && begun.elapsed() < LOST);
            sleep(Duration::from_millis(10));
        }
        then(self);
        runtime.shutdown_background();
    }

    /// Attacks, has somebody log in meanwhile, and gives the row of the table.
    #[track_caller]
    pub(super) fn lay(&self, attack: &Attack) -> String {
        let (name, target) = (attack.name, &self.target);
        target.blows.store(0, Ordering::Relaxed);
        let before = self.status("VmRSS");
        self.forget_the_peak();
        let (ahead, times, pause) = match target.force {
            Force::Little => (Duration::from_millis(200), 4, Duration::from_millis(50)),
            Force::Much => (Duration::from_secs(1), 25, Duration::from_millis(100)),
        };
        let runtime = runtime();
        let attacker = runtime.spawn((attack.begin)(target.clone()));
        // Some logins are in the midst of the first wave, the others behind it.
        let mut took: Vec<_> = (0..2).map(|_| self.log_in()).collect();
        sleep(ahead);
        for _ in 0..times {
            took.push(self.log_in());
            if attack.is_plain {
                took.push(self.ask());
            }
            if attack.kind == "verify" {
                took.push(self.ask_like_a_proxy());
            }
            sleep(pause);
        }
        if attacker.is_finished() {
            runtime
                .block_on(attacker)
                .unwrap_or_else(|cause| panic!("{name}: {cause}"));
        }
        // What is still under way must not be counted as the next attack's.
        runtime.shutdown_timeout(LOST);
        let blows = target.blows.load(Ordering::Relaxed);
        assert!(blows > 0, "{name}: nothing was done");
        took.sort();
        let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
        let peak = self.status("VmHWM");
        let row = format!(
            "| {name} | {blows} {} | {} MiB | {} MiB | {:.1} ms | {:.1} ms | {} |",
            attack.unit,
            before >> 10,
            peak >> 10,
            median.as_secs_f64() * 1e3,
            worst.as_secs_f64() * 1e3,
            took.len(),
        );
        let in_time = match (target.force, cfg!(debug_assertions)) {
            (Force::Much, false) => IN_TIME,
            _ => IN_TIME_HERE,
        };
        assert!(peak < MEMORY, "{row}");
        // The worst may take ten times as long: it is in the midst of the first wave.
        assert!(median < in_time && worst < in_time * 10, "{row}");
        row
    }

    /// A whole handshake with alice's certificate, and the verdict.
    #[track_caller]
    fn log_in(&self) -> Duration {
        let begun = Instant::now();
        self.log_in_on(connect(self.target.https));
        begun.elapsed()
    }

    /// The same on as many connections as a browser opens to a host before it says anything.
    #[track_caller]
    pub(super) fn log_in_like_a_browser(&self) {
        let six = [(); 6].map(|()| connect(self.target.https));
        for stream in six {
            self.log_in_on(stream);
        }
    }

    #[track_caller]
    fn log_in_on(&self, mut stream: TcpStream) {
        let begun = Instant::now();
        let mut tls = ClientConnection::new(self.honest.clone(), localhost()).unwrap();
        let mut tls = rustls::Stream::new(&mut tls, &mut stream);
        tls.write_all(b"GET /login.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap_or_else(|cause| panic!("after {:?}: {cause}", begun.elapsed()));
        let answer = read_all(&mut tls);
        assert!(answer.contains("\"verdict\":\"accepted\""), "{answer}");
    }

    /// A question on the plain side.
    #[track_caller]
    fn ask(&self) -> Duration {
        let begun = Instant::now();
        let mut stream = connect(self.target.http);
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let answer = read_all(&mut stream);
        assert!(answer.ends_with("ok\n"), "{answer}");
        begun.elapsed()
    }

    /// A question about alice's certificate, from a proxy that connects anew.
    #[track_caller]
    fn ask_like_a_proxy(&self) -> Duration {
        let begun = Instant::now();
        let mut stream = connect(self.target.verify);
        let question = question(&self.target, &self.target.field, true);
        stream.write_all(question.as_bytes()).unwrap();
        let answer = read_answer(&mut stream);
        assert!(answer.contains("pki-name: alice\r\n"), "{answer}");
        begun.elapsed()
    }

    /// A figure of `/proc/PID/status`; of memory, in KiB.
    pub(super) fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim_matches(':').split_whitespace().next());
        number.unwrap().parse().unwrap()
    }

    /// From here on, the highest that its memory was does not count (proc(5), `clear_refs`); else the peak is that of all attacks so far.
    fn forget_the_peak(&self) {
        let _ = fs::write(format!("/proc/{}/clear_refs", self.server.id()), "5");
    }
}

#[track_caller]
fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, LOST).unwrap();
    stream.set_read_timeout(Some(LOST)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

#[track_caller]
fn read_all(stream: &mut impl Read) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(cause) if cause.kind() == ErrorKind::UnexpectedEof => {}
        Err(cause) => panic!("{cause} after {:?}", String::from_utf8_lossy(&answer)),
    }
    String::from_utf8(answer).unwrap()
}

/// One answer in HTTP/1.1, on a connection that goes on.
#[track_caller]
pub(super) fn read_answer(stream: &mut impl Read) -> String {
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "it ended");
        answer.extend(&part[..read]);
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1);
            let length: usize = length.unwrap().lines().next().unwrap().parse().unwrap();
            if body.len() >= length {
                return text.into_owned();
            }
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// As many of these connections as this process may have files for, after it was let have as many as it may.
fn files(wanted: usize) -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    wanted.min(usize::try_from(most.saturating_sub(512)).unwrap_or(usize::MAX))
}
