//! What lies behind several wrong answers at once. Where one thing is missing, that is told of each, and not what each would mean by
//! itself: nobody who is asked for no certificate has to hear of fourteen settings for certificates.

use super::Matter;

/// What the answers together tell of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::probe) struct Cause {
    /// It asks for no certificate.
    nothing_is_asked: bool,
    /// It looks at no signature.
    nothing_is_verified: bool,
    /// It looks at nothing of what stands in a certificate but who signed it.
    nothing_is_read: bool,
    /// It takes what any CA issued.
    any_ca_counts: bool,
    /// It does not know what was revoked.
    no_revocation_is_known: bool,
}

/// Whoever takes one of these verifies no signature, and so nothing else either: what is signed is not what counts.
const UNVERIFIED: [&str; 2] = ["altered-signature", "altered-content"];
/// Whoever takes all of these leaves it at the signature.
const UNREAD: [&str; 2] = ["expired", "unknown-critical-extension"];
/// Whoever takes one of these asks of no CA whether it may issue, nor how.
const OF_ANY_CA: [&str; 2] = ["self-signed", "unknown-ca"];

/// Where this one is let in, nothing else that was revoked tells more.
const REVOKED: &str = "revoked";

impl Cause {
    /// What they tell: whether the server asked for a certificate, what it let in, and whether it refused what was revoked, where that
    /// was waited for.
    pub(in crate::probe) fn of<'a>(
        has_asked: bool,
        let_in: impl IntoIterator<Item = &'a str>,
        has_arrived: Option<bool>,
    ) -> Self {
        let let_in: Vec<_> = let_in.into_iter().collect();
        let mut cause = Self {
            nothing_is_asked: !has_asked,
            no_revocation_is_known: has_arrived == Some(false) || let_in.contains(&REVOKED),
            ..Self::default()
        };
        cause.nothing_is_read = UNREAD.iter().all(|case| let_in.contains(case));
        for case in let_in {
            cause.nothing_is_verified |= UNVERIFIED.contains(&case);
            cause.any_ca_counts |= OF_ANY_CA.contains(&case);
        }
        cause
    }

    /// What it is about that somebody was let in, where the case by itself is about this matter.
    pub(in crate::probe) fn behind(self, matter: Matter) -> Matter {
        match matter {
            // Neither of these is a question of which certificate was shown.
            Matter::Demand | Matter::Headers | Matter::Possession | Matter::Welcome => matter,
            _ if self.nothing_is_asked => Matter::Demand,
            Matter::Trust => matter,
            _ if self.nothing_is_verified => Matter::Trust,
            _ if self.nothing_is_read => Matter::Contents,
            Matter::Store | Matter::Path | Matter::Names if self.any_ca_counts => Matter::Trust,
            Matter::Sessions if self.no_revocation_is_known => Matter::Revocation,
            _ => matter,
        }
    }
}

/// What mends that revocations are not known, where the CRL with this number was written and nothing was told to bring it to the
/// server; `mend` is what there is to do where it reads none.
pub(in crate::probe) fn undelivered(crl_number: Option<u64>, mend: &str) -> String {
    let crl = match crl_number {
        Some(number) => format!("CRL number {number}"),
        None => "The revocation".to_owned(),
    };
    format!(
        "{crl} has not reached the server: give --refresh COMMAND, which brings it there (pki server-config writes such a script), or \
         wait for the server's own timer (--wait SECONDS). Only where the server has none of this: {mend}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_A_CERTIFICATE: [Matter; 5] = [
        Matter::Validity,
        Matter::Trust,
        Matter::Purpose,
        Matter::Revocation,
        Matter::Sessions,
    ];

    fn behind(cause: Cause) -> [Matter; 5] {
        OF_A_CERTIFICATE.map(|matter| cause.behind(matter))
    }

    #[test]
    fn who_asks_for_no_certificate_is_told_that_alone() {
        let cause = Cause::of(false, ["expired", "altered-content"], Some(false));
        assert_eq!(behind(cause), [Matter::Demand; 5]);
        assert_eq!(cause.behind(Matter::Headers), Matter::Headers);
    }

    #[test]
    fn who_verifies_no_signature_is_told_that_alone() {
        let cause = Cause::of(true, ["expired", "altered-content"], Some(false));
        assert_eq!(behind(cause), [Matter::Trust; 5]);
    }

    #[test]
    fn who_looks_at_nothing_but_the_signature_is_told_so() {
        let read = |let_in: &[&'static str]| {
            let cause = Cause::of(true, let_in.iter().copied(), Some(false));
            behind(cause)
        };
        let signature_alone = read(&["expired", "revoked", "unknown-critical-extension"]);
        let contents = [Matter::Contents; 3];
        let [validity, trust, rest @ ..] = signature_alone;
        assert_eq!((validity, trust), (Matter::Contents, Matter::Trust));
        assert_eq!(rest, contents);
        // A server without a clock may look at everything else.
        assert_eq!(read(&["expired"])[0], Matter::Validity);
    }

    #[test]
    fn who_forgives_an_unknown_issuer_asks_of_no_ca_and_may_look_at_everything_else() {
        let cause = Cause::of(true, ["self-signed", "unknown-ca"], Some(true));
        assert_eq!(behind(cause), OF_A_CERTIFICATE);
        for of_a_ca in [Matter::Store, Matter::Path, Matter::Names] {
            assert_eq!(cause.behind(of_a_ca), Matter::Trust);
            assert_eq!(Cause::of(true, [], None).behind(of_a_ca), of_a_ca);
        }
    }

    #[test]
    fn a_crl_that_nothing_brought_there_is_told_by_its_number_before_any_setting() {
        let mend = undelivered(Some(7), "Set `ssl_crl`.");
        assert!(mend.starts_with("CRL number 7 has not reached the server: give --refresh"));
        assert!(mend.ends_with("Set `ssl_crl`."), "{mend}");
    }

    #[test]
    fn a_session_is_not_to_blame_where_no_revocation_is_known() {
        let unknown = Cause::of(true, ["revoked"], Some(false));
        assert_eq!(unknown.behind(Matter::Sessions), Matter::Revocation);
        assert_eq!(unknown.behind(Matter::Purpose), Matter::Purpose);
        // Whoever lets the revoked certificate itself in knows of none, whatever was seen before.
        let unknown = Cause::of(true, ["revoked"], None);
        assert_eq!(unknown.behind(Matter::Sessions), Matter::Revocation);
        for told in [Some(true), None] {
            let known = Cause::of(true, ["resumed-after-revocation-tls12"], told);
            assert_eq!(known.behind(Matter::Sessions), Matter::Sessions);
        }
    }
}
