//! A root without name constraints is put into no store without a yes.

use super::confirm;
use super::context::Context;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::one_line;

/// How a root is made that can speak for this machine alone.
const CONSTRAINED: &str = "pki init --ca-data ./constrained-ca --permit-dns localhost --permit-ip 127.0.0.0/8 --permit-ip ::1";

/// Says whether a root can speak only for hosts that its name constraints permit.
///
/// What counts are DNS names and addresses, by which a site is known; a root that constrains e-mail names alone still
/// speaks for every site. It must be the root's own constraint: what is trusted is the root, and whoever has its key makes
/// an issuing CA without one. Whether the extension is critical does not matter, because who knows it obeys it either way.
/// One with subtrees that this program does not compare, such as a range whose mask has gaps, constrains nothing for sure.
pub(super) fn is_constrained(root: &Certificate) -> bool {
    !root.constrains_other_names() && root.extensions().name_constraints.constrain_hosts()
}

/// Says which root is trusted by what follows, and for what: a bundle may bring one that nobody has seen yet.
pub(super) fn name(context: &Context, root: &Certificate) {
    let permitted = &root.extensions().name_constraints.permitted;
    let permitted: Vec<_> = permitted.iter().map(ToString::to_string).collect();
    let servers = match (is_constrained(root), permitted.is_empty()) {
        (false, _) => "every server".to_owned(),
        (true, true) => "no server at all".to_owned(),
        (true, false) => format!("servers in {}", permitted.join(", ")),
    };
    context.report.say(&one_line(&format!(
        "The root {}, {}, is trusted for {servers}.",
        root.subject(),
        root.fingerprint()
    )));
}

/// Lets a root into a trust store: one that is constrained, and any other with `--unconstrained` or a yes on the terminal.
///
/// # Errors
/// Refuses, and says how a constrained CA is made.
pub(super) fn permit(context: &Context, root: &Certificate, unconstrained: bool) -> Result<()> {
    if unconstrained || is_constrained(root) {
        return Ok(());
    }
    let subject = root.subject();
    let fact = format!(
        "{subject} has no name constraints that confine it: whoever has its key could speak for every site to whoever \
         trusts it"
    );
    let (fact, all_the_same) = match confirm::ask(&format!("{fact}. Trust it for every site?")) {
        Some(true) => {
            context.look_at_the_clock();
            return Ok(());
        }
        Some(false) => (
            format!("{subject} was not to be trusted for every site, and nothing was installed"),
            "Answer y",
        ),
        None => (fact, "Give --unconstrained"),
    };
    Err(Error::new(ErrorKind::NotPermitted, fact).with_hint(format!(
        "{all_the_same} to trust it all the same; make a CA that speaks for this machine alone with: {CONSTRAINED}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{Cidr, NameConstraints, Subtree};
    use crate::testing::TestAuthority;

    #[test]
    fn a_root_is_constrained_by_what_it_says_of_hosts_itself() -> Result<()> {
        let root = |permitted: Vec<Subtree>| -> Result<bool> {
            let constraints = NameConstraints::permitting(permitted);
            let authority = TestAuthority::constrained(constraints)?;
            Ok(is_constrained(authority.root.certificate()))
        };
        assert!(root(vec![Subtree::parse_dns("example.org")?])?);
        assert!(root(vec![Subtree::Ip(Cidr::parse("127.0.0.0/8")?)])?);
        assert!(!root(vec![Subtree::parse_email("example.org")?])?);
        assert!(!root(vec![Subtree::parse_dns("org")?])?);
        assert!(!root(Vec::new())?);
        Ok(())
    }
}
