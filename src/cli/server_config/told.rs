//! What is said about a configuration.

use serde_json::{Value, json};

use super::Args;
use super::write::Written;
use crate::cli::context::Context;
use crate::cli::handover;
use crate::site::{File, Site, Software};

impl Args {
    /// The document: every file, and which of them are new.
    pub(super) fn document(&self, files: &[File], written: &Written, main: Option<&File>) -> Value {
        let path = |file: &File| handover::path(&written.directory.join(&file.name));
        json!({
            "server": self.server.name(),
            "proven": self.server.is_proven(),
            "directory": handover::path(&written.directory),
            "configuration": main.map(path),
            "changed": !written.changed.is_empty(),
            "files": files.iter().map(|file| json!({
                "path": path(file),
                "changed": written.changed.contains(&file.name),
            })).collect::<Vec<_>>(),
        })
    }

    /// Where it lies and what is to be done, past the configuration that goes to stdout.
    pub(super) fn say(&self, context: &Context, site: &Site, written: &Written) {
        let report = context.report;
        let directory = written.directory.display();
        if !self.server.is_proven() {
            report.warn(&format!(
                "this configuration was written from the documentation of {}, and nobody has tested it: pki probe does",
                self.server
            ));
        }
        if self.server.is_proxy() && !site.upstream.is_loopback() {
            report.warn(&format!(
                "whoever reaches {} past this server can claim to be anybody: let only this server reach it",
                site.upstream
            ));
        }
        if self.server == Software::GnuTls && !site.listen.ip().is_unspecified() {
            report.warn(&format!(
                "gnutls-serv listens on all addresses of this machine, not on {} alone: keep others from port {}",
                site.listen.ip(),
                site.listen.port()
            ));
        }
        report.say(&format!(
            "Written to {directory}. Its first lines say how it is started; {directory}/refresh keeps its CRLs current, and \
             pki-{}.timer there, or a line for cron, runs that.",
            self.server
        ));
    }
}
