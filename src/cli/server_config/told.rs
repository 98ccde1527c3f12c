//! What is said about a configuration.

use serde_json::{Value, json};

use super::Args;
use super::write::Written;
use crate::cli::context::Context;
use crate::cli::handover;
use crate::site::{File, Material, Site, Software};
use crate::validity::format_instant;

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
    pub(super) fn say(
        &self,
        context: &Context,
        site: &Site,
        material: &Material,
        written: &Written,
    ) {
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
        for (name, old) in &written.kept {
            report.say(&format!(
                "{name} differed and is written anew; what it was is kept as {}.",
                old.display()
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
        let ends = material.crls.iter().map(|crl| crl.facts().next_update);
        if let Some(end) = ends.min().filter(|_| self.server.reads_crls()) {
            report.say(&format!(
                "The first of its CRLs ends at {}: before that something with the passphrase (pki serve, pki crl) must publish the next, \
                 or else everybody is locked out.",
                format_instant(end)
            ));
        }
    }

    /// Warns of each CRL that has ended, which keeps everybody out; says whether there is one.
    pub(super) fn warn_of_ended_crls(&self, context: &Context, material: &Material) -> bool {
        let lists = material.crls.iter().map(|crl| crl.facts());
        let ended: Vec<_> = lists
            .filter(|it| self.server.reads_crls() && it.next_update <= context.now())
            .collect();
        for list in &ended {
            context.report.warn(&format!(
                "the CRL of {} ended at {}: nobody of that CA is let in until there is a new one. Run pki crl, which asks for the passphrase",
                list.issuer,
                format_instant(list.next_update)
            ));
        }
        !ended.is_empty()
    }
}
