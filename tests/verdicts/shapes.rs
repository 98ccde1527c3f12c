//! How a certificate is presented: what follows it in the Certificate message.

/// What stands behind the client's own certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing of any CA.
    Alone,
    /// The CA that issued it.
    WithIssuer,
    /// That and its root.
    WithRoot,
    /// Somebody else's certificate first.
    BesideAnother,
    /// The CA twice.
    Twice,
    /// The root before the CA.
    Disordered,
}

pub(super) const SHAPES: [(Shape, &str); 6] = [
    (Shape::Alone, "alone"),
    (Shape::WithIssuer, "with its CA"),
    (Shape::WithRoot, "with its CA and the root"),
    (
        Shape::BesideAnother,
        "with somebody else's certificate between",
    ),
    (Shape::Twice, "with its CA twice"),
    (Shape::Disordered, "with the root before its CA"),
];

impl Shape {
    /// The presented chain. What stands between the certificate and a CA is always presented, or nothing would lead to that CA.
    pub(super) fn chain(
        self,
        own: &[u8],
        between: &[Vec<u8>],
        [issuer, root]: [&[u8]; 2],
        another: &[u8],
    ) -> Vec<Vec<u8>> {
        let between: Vec<&[u8]> = between.iter().map(Vec::as_slice).collect();
        let behind = match self {
            Self::Alone => between,
            Self::WithIssuer => [&between[..], &[issuer]].concat(),
            Self::WithRoot => [&between[..], &[issuer, root]].concat(),
            Self::BesideAnother => [&[another], &between[..], &[issuer]].concat(),
            Self::Twice => [&between[..], &[issuer, issuer]].concat(),
            Self::Disordered => {
                let backwards: Vec<&[u8]> = between.into_iter().rev().collect();
                [&[root, issuer], &backwards[..]].concat()
            }
        };
        let chain = std::iter::once(own).chain(behind);
        chain.map(<[u8]>::to_vec).collect()
    }
}
