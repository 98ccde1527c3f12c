//! Servers that are the application themselves: programs to begin one's own with, and what keeps their CRLs current.
//!
//! Each writes its process id into `pid` in the site's directory and begins anew to judge by what the files say on SIGHUP.

use super::refresh::{self, Reload};
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
    let values = [("server", software.name().to_owned()), ("start", start)];
    let contents = site.fill(&file.contents, &values);
    // The process id is that of whoever wrote it only while the command line names the site's directory.
    let reload = Reload {
        check: ":",
        reload: "pid=$(cat @directory@/pid)\n    grep -qF @directory@/ \"/proc/$pid/cmdline\"\n    kill -HUP \"$pid\"",
    };
    let unit = site.fill(include_str!("server.service"), &values);
    let mut files = vec![File { contents, ..file }];
    files.extend(refresh::files(site, software, &reload));
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
    ];
    let script = site.fill(include_str!("serve"), &values);
    let program = Program {
        file: File::program("serve", script),
        interpreter: "",
    };
    files(site, software, program)
}
