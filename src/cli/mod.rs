//! The command line: one file a command, with its arguments and its `run`.

mod audit;
mod backup;
mod browser;
mod bundle;
mod busy;
mod candidates;
mod completions;
mod confirm;
mod context;
mod crl;
mod demo;
mod doctor;
mod export;
mod handover;
mod history;
#[doc(hidden)]
pub mod hostile;
mod identity;
mod import;
mod import_ca;
mod init;
mod issue_client;
mod issue_clients;
mod issue_server;
mod last_crl;
mod lint;
mod list;
mod login;
mod look;
mod man;
mod needs_renewal;
mod nss;
mod passphrase;
mod probe;
mod progress;
mod publication;
mod recording;
mod renew;
mod report;
mod restore;
mod revoke;
mod root;
mod rotate_issuing;
mod runtime;
mod secrets;
mod serve;
mod server_config;
mod shell;
mod show;
mod sign_csr;
mod steps;
mod table;
mod trust;
mod unconstrained;
mod unrevoke;
mod values;
mod verify;
mod verify_store;

use clap::error::ErrorKind as ClapErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

pub use report::Exit;

use crate::error::{Error, ErrorKind};
use context::{Context, GlobalArgs};
use report::Report;

const AFTER_HELP: &str = "\
Try a login in one minute:
  pki demo

Set up your own:
  pki init
  pki issue-client alice
  pki serve

Import the bundle into the browser, open https://localhost:8443, choose alice.";

/// A small certificate authority for client certificates: issue, import, log in.
#[derive(Debug, Parser)]
#[command(name = "pki", version, after_help = AFTER_HELP, max_term_width = 100, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Init(init::Args),
    IssueClient(issue_client::Args),
    IssueClients(issue_clients::Args),
    IssueServer(issue_server::Args),
    SignCsr(sign_csr::Args),
    List(list::Args),
    Show(show::Args),
    Export(export::Args),
    Bundle(bundle::Args),
    Renew(renew::Args),
    NeedsRenewal(needs_renewal::Args),
    Revoke(revoke::Args),
    Unrevoke(unrevoke::Args),
    ImportCa(import_ca::Args),
    Import(import::Args),
    Crl(crl::Args),
    RotateIssuing(rotate_issuing::Args),
    Root(root::Args),
    Passphrase(passphrase::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Verify(verify::Args),
    VerifyStore(verify_store::Args),
    Lint(lint::Args),
    Audit(audit::Args),
    Serve(serve::Args),
    ServerConfig(server_config::Args),
    Login(login::Args),
    Doctor(doctor::Args),
    Probe(probe::Args),
    Trust(trust::Args),
    Browser(browser::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Parses the command line, runs the command, reports, and says with which code to exit.
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(cause) => return usage(&cause),
    };
    let report = cli.global.report();
    let context = Context::new(cli.global, report);
    let outcome = match cli.command {
        Command::Demo(args) => args.run(&context),
        Command::Init(args) => args.run(&context),
        Command::IssueClient(args) => args.run(&context),
        Command::IssueClients(args) => args.run(&context),
        Command::IssueServer(args) => args.run(&context),
        Command::SignCsr(args) => args.run(&context),
        Command::List(args) => args.run(&context),
        Command::Show(args) => args.run(&context),
        Command::Export(args) => args.run(&context),
        Command::Bundle(args) => args.run(&context),
        Command::Renew(args) => args.run(&context),
        Command::NeedsRenewal(args) => Ok(args.run(&context)),
        Command::Revoke(args) => args.run(&context),
        Command::Unrevoke(args) => args.run(&context),
        Command::ImportCa(args) => args.run(&context),
        Command::Import(args) => args.run(&context),
        Command::Crl(args) => args.run(&context),
        Command::RotateIssuing(args) => args.run(&context),
        Command::Root(args) => args.run(&context),
        Command::Passphrase(args) => args.run(&context),
        Command::Backup(args) => args.run(&context),
        Command::Restore(args) => args.run(&context),
        Command::Verify(args) => args.run(&context),
        Command::VerifyStore(args) => args.run(&context),
        Command::Lint(args) => args.run(&context),
        Command::Audit(args) => args.run(&context),
        Command::Serve(args) => args.run(&context),
        Command::ServerConfig(args) => args.run(&context),
        Command::Login(args) => args.run(&context),
        Command::Doctor(args) => args.run(&context),
        Command::Probe(args) => args.run(&context),
        Command::Trust(args) => args.run(&context),
        Command::Browser(args) => args.run(&context),
        Command::Completions(args) => args.run(&context, Cli::command()),
        Command::Man(args) => args.run(&context, Cli::command()),
    };
    let exit = outcome.unwrap_or_else(|error| context.report.failure(&error));
    context.warn_of_endings();
    exit
}

/// What clap says, in our words: help and version are data, all else is a refusal with exit code 2.
fn usage(cause: &clap::Error) -> Exit {
    use std::error::Error as _;
    if matches!(
        cause.kind(),
        ClapErrorKind::DisplayHelp | ClapErrorKind::DisplayVersion
    ) {
        Report::plain().data(cause.render().to_string().trim_end());
        return Exit::Done;
    }
    let from_value = cause
        .source()
        .and_then(|source| source.downcast_ref::<Error>());
    let rendered = cause.render().to_string();
    let error = match from_value {
        Some(value) => Error::new(ErrorKind::Usage, value.message())
            .with_hint(value.hint().unwrap_or("See pki --help.").to_owned()),
        None => {
            let first = rendered.split("\n\n").next().unwrap_or_default();
            let sentence = first
                .trim_start_matches("error: ")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let sentence = match cause.kind() {
                ClapErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                | ClapErrorKind::MissingSubcommand => "no command was given".to_owned(),
                _ => sentence,
            };
            let command = std::env::args_os()
                .nth(1)
                .and_then(|word| word.into_string().ok())
                .filter(|word| Cli::command().find_subcommand(word).is_some());
            let help = command.map_or_else(
                || "pki --help".to_owned(),
                |command| format!("pki {command} --help"),
            );
            Error::new(ErrorKind::Usage, sentence).with_hint(format!("See {help}."))
        }
    };
    let said = |wanted: &str| std::env::args_os().any(|word| word == wanted);
    let exit = Report::plain().with_json(said("--json")).failure(&error);
    // Its 2 is an answer, which a slip of the pen must not give.
    match said("needs-renewal") {
        true => Exit::Undecided,
        false => exit,
    }
}
