//! Servers that are the application themselves: programs to begin one's own with, and what keeps their CRLs current.
//!
//! Each writes its process id into `pid` in the site's directory, judges by what the files say on SIGHUP, and makes a file `.read` there
//! once it does.

use super::refresh::{self, Reload};
use super::sandbox::{self, Service};
use super::{File, Site, Software};

/// A program: the name of its file, what stands in it, and how it is started from there.
pub(super) struct Program {
    pub(super) file: File,
    /// What stands before its path on the command line, such as an interpreter.
    pub(super) interpreter: &'static str,
}

/// The program, the units of systemd and the refresh script.
///
/// The template of the program may use `start` besides the site's own values.
pub(super) fn files(site: &Site, software: Software, program: Program) -> Vec<File> {
    let Program { file, interpreter } = program;
    let start = format!("{interpreter}{}/{}", site.directory, file.name);
    let values = [
        ("server", software.name().to_owned()),
        ("start", start),
        ("sandbox", sandbox::lines(site, Service::Program)),
    ];
    let contents = site.fill(&file.contents, &values);
    let reload = site.fill(include_str!("reload.sh"), &values);
    let reload = Reload {
        check: ":",
        reload: reload.trim(),
    };
    let unit = site.fill(include_str!("server.service"), &values);
    let mut files = vec![File { contents, ..file }];
    files.extend(refresh::files(site, software, &reload.lines()));
    files.push(File::text(&format!("pki-{software}-server.service"), unit));
    files
}

/// A script that runs a server which reads its files only when it begins, and begins it anew on SIGHUP.
pub(super) struct Served<'a> {
    /// What it is, at the beginning of a sentence.
    pub(super) title: &'a str,
    /// Whom it lets in besides.
    pub(super) but: &'a str,
    /// Comments on it.
    pub(super) notes: &'a str,
    /// The lines of the shell's function that becomes the server.
    pub(super) command: &'a str,
}

/// The script and what belongs to it.
pub(super) fn served(site: &Site, software: Software, served: &Served<'_>) -> Vec<File> {
    let values = [
        ("title", served.title.to_owned()),
        ("but", served.but.to_owned()),
        ("notes", served.notes.trim_end().to_owned()),
        ("command", site.fill(served.command.trim_end(), &[])),
        (
            "port_as_linux_lists_it",
            format!("{:04X}", site.listen.port()),
        ),
    ];
    let script = site.fill(include_str!("serve"), &values);
    let program = Program {
        file: File::program("serve", script),
        interpreter: "",
    };
    files(site, software, program)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::path::Path;

    use crate::name::SubjectAltName;
    use crate::site::{File, Place, Site, Software, Upstream};

    const PROGRAMS: [Software; 5] = [
        Software::Node,
        Software::Python,
        Software::Java,
        Software::OpenSsl,
        Software::GnuTls,
    ];

    fn files(software: Software, listen: &str) -> Vec<File> {
        let place = |path: &str| Place::new(Path::new(path)).unwrap();
        let site = Site {
            hosts: vec![SubjectAltName::parse_host("www.example.org").unwrap()],
            depth: 1,
            listen: listen.parse().unwrap(),
            upstream: Upstream::parse("http://127.0.0.1:3000").unwrap(),
            fullchain: place("/ca/servers/www/fullchain.pem"),
            key: place("/ca/servers/www/key.pem"),
            directory: place("/srv/site"),
            ca_data: place("/ca"),
            owner: 1000,
            program: place("/usr/bin/pki"),
            probe_anchor: None,
            is_privileged: true,
        };
        software.files(&site)
    }

    fn named<'a>(files: &'a [File], name: &str) -> &'a File {
        files.iter().find(|file| file.name == name).unwrap()
    }

    #[test]
    fn every_value_is_put_in_its_place() {
        for software in PROGRAMS {
            for file in files(software, "192.0.2.1:8443") {
                let mut words = file.contents.split('@').skip(1);
                let left = words.find(|word| {
                    !word.is_empty()
                        && word
                            .chars()
                            .all(|sign| sign.is_ascii_lowercase() || sign == '_')
                });
                assert_eq!(left, None, "{software}: {}", file.name);
            }
        }
    }

    #[test]
    fn a_program_names_the_servers_key_the_crls_and_the_port() {
        for software in PROGRAMS {
            let files = files(software, "192.0.2.1:8443");
            let program = &files.first().unwrap().contents;
            for value in [
                "/ca/servers/www/fullchain.pem",
                "/ca/servers/www/key.pem",
                "/srv/site/crl.pem",
                "8443",
            ] {
                assert!(program.contains(value), "{software}: {value}");
            }
        }
    }

    #[test]
    fn an_ipv6_address_stands_as_each_program_reads_it() {
        let program = |software| files(software, "[::1]:443").remove(0).contents;
        assert!(program(Software::Node).contains("host: '::1', port: 443"));
        assert!(program(Software::Python).contains("HOST, PORT = \"::1\", 443"));
        assert!(program(Software::Java).contains("InetSocketAddress(\"::1\", 443)"));
        assert!(program(Software::OpenSsl).contains("-accept [::1]:443 "));
    }

    #[test]
    fn the_unit_of_systemd_starts_the_program_as_its_first_lines_say() {
        for software in PROGRAMS {
            let files = files(software, "192.0.2.1:8443");
            let unit = named(&files, &format!("pki-{software}-server.service"));
            let start = unit
                .contents
                .lines()
                .find_map(|line| line.strip_prefix("ExecStart="));
            let first = files.first().unwrap();
            assert!(
                start
                    .unwrap()
                    .ends_with(&format!("/srv/site/{}", first.name))
            );
            assert!(
                first
                    .contents
                    .contains(&format!("Start it: {}", start.unwrap()))
            );
        }
    }

    #[test]
    fn the_refresh_script_signals_only_a_process_of_the_site() {
        for software in PROGRAMS {
            let files = files(software, "192.0.2.1:8443");
            let script = &named(&files, "refresh").contents;
            let (before, _) = script.split_once("kill -HUP \"$pid\"").unwrap();
            assert!(before.contains("grep -qF /srv/site/ \"/proc/$pid/cmdline\""));
        }
    }
}
