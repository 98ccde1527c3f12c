//! The set-ups: what lies in the browser's database, and what the server asks.

use pki::login::Version::{self, Tls12, Tls13};

/// A certificate, its key, and which CA issued it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    /// The key, in the words of `openssl genpkey`.
    pub(super) key: &'static [&'static str],
    /// The extensions, in those of OpenSSL's configuration.
    pub(super) extensions: &'static str,
    /// From when until when it is valid, in days from now.
    pub(super) days: [i64; 2],
    /// Whether it is its own issuer.
    pub(super) is_self_signed: bool,
}

/// Whom the server names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// The CA that issued the certificate; for one that is its own issuer, itself.
    Issuing,
    /// The root above it alone.
    Root,
    /// Both.
    Both,
    /// A CA of somebody else.
    Foreign,
    /// The issuing CA's name, as a PrintableString and not the UTF8String of its certificate.
    OtherString,
    /// Nobody.
    Nobody,
}

/// What of the certificate is put into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Key, certificate and the CA that issued it.
    Issuing,
    /// Key and certificate.
    Nothing,
    /// The certificate without its key, and the CA that issued it.
    NoKey,
}

/// One set-up. Each has CAs of its own, so that many may share a database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    /// What is told of it.
    pub(super) what: &'static str,
    /// The certificates; where there are several, they are imported in this order.
    pub(super) leaves: &'static [Leaf],
    /// Whether all are of one subject, as a renewed certificate is.
    pub(super) of_one_subject: bool,
    /// From when until when the issuing CA is valid, in days from now.
    pub(super) issuing_days: [i64; 2],
    /// What lies with them.
    pub(super) beside: Beside,
    /// Whom the server names.
    pub(super) named: Named,
    /// The signature schemes that it takes.
    pub(super) schemes: &'static [u16],
    /// The one version of TLS that it speaks.
    pub(super) version: Version,
}

const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
const P521: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
const BRAINPOOL: &[&str] = &[
    "-algorithm",
    "EC",
    "-pkeyopt",
    "ec_paramgen_curve:brainpoolP256r1",
];
const SECP256K1: &[&str] = &[
    "-algorithm",
    "EC",
    "-pkeyopt",
    "ec_paramgen_curve:secp256k1",
];
const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const RSA_PSS: &[&str] = &["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"];
const ED25519: &[&str] = &["-algorithm", "ED25519"];

const ECDSA_SHA256: u16 = 0x0403;
const ECDSA_SHA384: u16 = 0x0503;
const ECDSA_SHA512: u16 = 0x0603;
const RSA_PSS_SHA256: u16 = 0x0804;
const RSA_PKCS1_SHA256: u16 = 0x0401;
/// What servers take today, and the signatures of RSA-PSS and Ed25519 keys as well.
const USUAL: &[u16] = &[
    ECDSA_SHA256,
    ECDSA_SHA384,
    ECDSA_SHA512,
    0x0807, // ed25519
    RSA_PSS_SHA256,
    0x0805,
    0x0806,
    0x0809, // rsa_pss_pss_sha256
    RSA_PKCS1_SHA256,
    0x0501,
    0x0601,
];

/// How long CAs are valid.
pub(super) const LASTING: [i64; 2] = [-40, 1000];

const CLIENT: &str = "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n";

const LEAF: Leaf = Leaf {
    key: P256,
    extensions: CLIENT,
    days: [-10, 300],
    is_self_signed: false,
};

const BASE: Setup = Setup {
    what: "",
    leaves: &[LEAF],
    of_one_subject: false,
    issuing_days: LASTING,
    beside: Beside::Issuing,
    named: Named::Issuing,
    schemes: USUAL,
    version: Tls13,
};

const fn of(what: &'static str, leaves: &'static [Leaf]) -> Setup {
    Setup {
        what,
        leaves,
        ..BASE
    }
}

const fn schemes(
    what: &'static str,
    leaves: &'static [Leaf],
    schemes: &'static [u16],
    version: Version,
) -> Setup {
    Setup {
        what,
        leaves,
        schemes,
        version,
        ..BASE
    }
}

const fn named(what: &'static str, named: Named, beside: Beside) -> Setup {
    Setup {
        what,
        named,
        beside,
        ..BASE
    }
}

const fn leaf(key: &'static [&'static str], extensions: &'static str) -> Leaf {
    Leaf {
        key,
        extensions,
        ..LEAF
    }
}

/// An ordinary client certificate that is valid so long, in days from now.
pub(super) const fn lasting(days: [i64; 2]) -> Leaf {
    Leaf { days, ..LEAF }
}

const SELF_SIGNED: Leaf = Leaf {
    is_self_signed: true,
    ..LEAF
};

/// Those that share one database: the server always names somebody, so that each sees its own alone.
pub(super) const TOGETHER: &[Setup] = &[
    named("the issuing CA is named", Named::Issuing, Beside::Issuing),
    named(
        "issuing CA and root are named",
        Named::Both,
        Beside::Issuing,
    ),
    named("the root alone is named", Named::Root, Beside::Issuing),
    named(
        "the root alone is named, and the issuing CA is not in the database",
        Named::Root,
        Beside::Nothing,
    ),
    Setup {
        what: "the root alone is named, and the issuing CA has expired",
        named: Named::Root,
        issuing_days: [-40, -1],
        ..BASE
    },
    Setup {
        what: "the issuing CA is named, and has expired",
        issuing_days: [-40, -1],
        ..BASE
    },
    named(
        "the issuing CA is named, and is not in the database",
        Named::Issuing,
        Beside::Nothing,
    ),
    named("another CA is named", Named::Foreign, Beside::Issuing),
    named(
        "another CA is named, and the issuing CA is not in the database",
        Named::Foreign,
        Beside::Nothing,
    ),
    named(
        "the issuing CA is named in another type of string",
        Named::OtherString,
        Beside::Issuing,
    ),
    named(
        "the private key is not there",
        Named::Issuing,
        Beside::NoKey,
    ),
    of("self-signed, and named itself", &[SELF_SIGNED]),
    Setup {
        what: "self-signed, and another CA is named",
        leaves: &[SELF_SIGNED],
        named: Named::Foreign,
        ..BASE
    },
    of("expired", &[lasting([-30, -1])]),
    of("not yet valid", &[lasting([1, 30])]),
    of("RSA-2048", &[leaf(RSA, CLIENT)]),
    of("P-384", &[leaf(P384, CLIENT)]),
    of("P-521", &[leaf(P521, CLIENT)]),
    of("secp256k1", &[leaf(SECP256K1, CLIENT)]),
    of("Ed25519", &[leaf(ED25519, CLIENT)]),
    of("RSA-PSS", &[leaf(RSA_PSS, CLIENT)]),
    of(
        "extKeyUsage is serverAuth",
        &[leaf(
            P256,
            "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n",
        )],
    ),
    of(
        "extKeyUsage is serverAuth and clientAuth",
        &[leaf(
            P256,
            "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n",
        )],
    ),
    of(
        "extKeyUsage is emailProtection",
        &[leaf(
            P256,
            "keyUsage=digitalSignature\nextendedKeyUsage=emailProtection\n",
        )],
    ),
    of(
        "extKeyUsage is anyExtendedKeyUsage",
        &[leaf(
            P256,
            "keyUsage=digitalSignature\nextendedKeyUsage=anyExtendedKeyUsage\n",
        )],
    ),
    of(
        "extKeyUsage is critical and OCSPSigning",
        &[leaf(
            P256,
            "keyUsage=digitalSignature\nextendedKeyUsage=critical,OCSPSigning\n",
        )],
    ),
    of(
        "Netscape's type is server, no extKeyUsage",
        &[leaf(P256, "nsCertType=server\n")],
    ),
    of(
        "Netscape's type is client, no extKeyUsage",
        &[leaf(P256, "nsCertType=client\n")],
    ),
    of(
        "Netscape's type is server, extKeyUsage is clientAuth",
        &[leaf(
            P256,
            "nsCertType=server\nextendedKeyUsage=clientAuth\n",
        )],
    ),
    of(
        "Netscape's type is client, extKeyUsage is serverAuth",
        &[leaf(
            P256,
            "nsCertType=client\nextendedKeyUsage=serverAuth\n",
        )],
    ),
    of(
        "a critical extension that nobody knows",
        &[leaf(
            P256,
            "keyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n1.2.3.4.5=critical,DER:0500\n",
        )],
    ),
    of(
        "cRLDistributionPoints is critical",
        &[leaf(
            P256,
            "extendedKeyUsage=clientAuth\ncrlDistributionPoints=critical,URI:http://127.0.0.1:9/crl\n",
        )],
    ),
    of(
        "subjectAltName and certificatePolicies are critical",
        &[leaf(
            P256,
            "extendedKeyUsage=clientAuth\nsubjectAltName=critical,email:a@example.org\ncertificatePolicies=critical,1.2.3.4\n",
        )],
    ),
    of(
        "Netscape's type is critical and client",
        &[leaf(
            P256,
            "extendedKeyUsage=clientAuth\nnsCertType=critical,client\n",
        )],
    ),
    of(
        "Netscape's type is critical and client, with basicConstraints",
        &[leaf(
            P256,
            "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\nnsCertType=critical,client\n",
        )],
    ),
    of(
        "no extKeyUsage",
        &[leaf(P256, "keyUsage=digitalSignature\n")],
    ),
    of(
        "no keyUsage",
        &[leaf(P256, "extendedKeyUsage=clientAuth\n")],
    ),
    of("neither keyUsage nor extKeyUsage", &[leaf(P256, "")]),
    of(
        "keyUsage is keyEncipherment (RSA)",
        &[leaf(
            RSA,
            "keyUsage=critical,keyEncipherment\nextendedKeyUsage=clientAuth\n",
        )],
    ),
    of(
        "keyUsage is keyEncipherment, no extKeyUsage (RSA)",
        &[leaf(RSA, "keyUsage=critical,keyEncipherment\n")],
    ),
    of(
        "keyUsage is keyAgreement (P-256)",
        &[leaf(
            P256,
            "keyUsage=critical,keyAgreement\nextendedKeyUsage=clientAuth\n",
        )],
    ),
    of(
        "keyUsage is nonRepudiation",
        &[leaf(
            P256,
            "keyUsage=critical,nonRepudiation\nextendedKeyUsage=clientAuth\n",
        )],
    ),
    of(
        "a CA's certificate",
        &[leaf(
            P256,
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature,keyCertSign\n",
        )],
    ),
    schemes(
        "P-256, and the server takes RSA alone",
        &[LEAF],
        &[RSA_PSS_SHA256, RSA_PKCS1_SHA256],
        Tls13,
    ),
    schemes(
        "P-256, and the server takes P-384 alone",
        &[LEAF],
        &[ECDSA_SHA384],
        Tls13,
    ),
    schemes(
        "P-521, and the server takes P-256 and P-384",
        &[leaf(P521, CLIENT)],
        &[ECDSA_SHA256, ECDSA_SHA384, RSA_PSS_SHA256],
        Tls13,
    ),
    schemes(
        "RSA, and the server takes ECDSA alone",
        &[leaf(RSA, CLIENT)],
        &[ECDSA_SHA256, ECDSA_SHA384],
        Tls13,
    ),
    schemes(
        "RSA, and the server takes PKCS #1 alone",
        &[leaf(RSA, CLIENT)],
        &[RSA_PKCS1_SHA256, 0x0501, 0x0601],
        Tls13,
    ),
    schemes(
        "RSA, and the server takes RSA-PSS with SHA-512 alone",
        &[leaf(RSA, CLIENT)],
        &[0x0806],
        Tls13,
    ),
    schemes("TLS 1.2: P-256", &[LEAF], USUAL, Tls12),
    schemes(
        "TLS 1.2: secp256k1",
        &[leaf(SECP256K1, CLIENT)],
        USUAL,
        Tls12,
    ),
    schemes(
        "TLS 1.2: brainpoolP256r1",
        &[leaf(BRAINPOOL, CLIENT)],
        USUAL,
        Tls12,
    ),
    schemes(
        "TLS 1.2: P-256, and the server takes ECDSA with SHA-1 alone",
        &[LEAF],
        &[0x0203],
        Tls12,
    ),
    schemes(
        "TLS 1.2: RSA, and the server takes PKCS #1 with SHA-1 alone",
        &[leaf(RSA, CLIENT)],
        &[0x0201],
        Tls12,
    ),
    schemes("TLS 1.2: RSA-2048", &[leaf(RSA, CLIENT)], USUAL, Tls12),
    schemes("TLS 1.2: P-521", &[leaf(P521, CLIENT)], USUAL, Tls12),
    schemes("TLS 1.2: RSA-PSS", &[leaf(RSA_PSS, CLIENT)], USUAL, Tls12),
    schemes(
        "TLS 1.2: P-256, and the server takes RSA alone",
        &[LEAF],
        &[RSA_PSS_SHA256, RSA_PKCS1_SHA256],
        Tls12,
    ),
    schemes(
        "TLS 1.2: P-256, and the server takes ECDSA with SHA-384 alone",
        &[LEAF],
        &[ECDSA_SHA384],
        Tls12,
    ),
    schemes(
        "TLS 1.2: RSA, and the server takes ECDSA alone",
        &[leaf(RSA, CLIENT)],
        &[ECDSA_SHA256, ECDSA_SHA384],
        Tls12,
    ),
    schemes(
        "TLS 1.2: RSA, and the server takes PKCS #1 alone",
        &[leaf(RSA, CLIENT)],
        &[RSA_PKCS1_SHA256, 0x0501, 0x0601],
        Tls12,
    ),
    Setup {
        what: "TLS 1.2: the root alone is named, and the issuing CA is not in the database",
        named: Named::Root,
        beside: Beside::Nothing,
        version: Tls12,
        ..BASE
    },
    Setup {
        what: "TLS 1.2: another CA is named",
        named: Named::Foreign,
        version: Tls12,
        ..BASE
    },
    of(
        "two fit: first the one that ends first",
        &[lasting([-10, 100]), lasting([-10, 200])],
    ),
    of(
        "two fit: first the one that ends last",
        &[lasting([-10, 200]), lasting([-10, 100])],
    ),
    of(
        "two fit and end together: first the one that began first",
        &[lasting([-10, 200]), lasting([-5, 200])],
    ),
    of(
        "two fit and end together: first the one that began last",
        &[lasting([-5, 200]), lasting([-10, 200])],
    ),
    of(
        "two are there, the one that ends last is for servers",
        &[
            lasting([-10, 100]),
            Leaf {
                extensions: "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n",
                days: [-10, 200],
                ..LEAF
            },
        ],
    ),
    Setup {
        what: "two of one subject fit: first the one that ends first",
        leaves: &[lasting([-10, 100]), lasting([-5, 200])],
        of_one_subject: true,
        ..BASE
    },
    Setup {
        what: "two of one subject fit: first the one that ends last",
        leaves: &[lasting([-5, 200]), lasting([-10, 100])],
        of_one_subject: true,
        ..BASE
    },
    Setup {
        what: "three of one subject, the first has expired: then the one that ends first",
        leaves: &[lasting([-30, -1]), lasting([-10, 100]), lasting([-5, 200])],
        of_one_subject: true,
        ..BASE
    },
    of(
        "two fit: the first has nonRepudiation too",
        &[
            Leaf {
                extensions: "keyUsage=digitalSignature,nonRepudiation\nextendedKeyUsage=clientAuth\n",
                ..LEAF
            },
            lasting([-10, 100]),
        ],
    ),
    schemes(
        "two are there: the first, RSA, ends last, and the server takes ECDSA alone",
        &[
            Leaf {
                days: [-10, 200],
                ..leaf(RSA, CLIENT)
            },
            lasting([-10, 100]),
        ],
        &[ECDSA_SHA256],
        Tls13,
    ),
    schemes(
        "two are there: the second, RSA, ends last, and the server takes ECDSA alone",
        &[
            lasting([-10, 100]),
            Leaf {
                days: [-10, 200],
                ..leaf(RSA, CLIENT)
            },
        ],
        &[ECDSA_SHA256],
        Tls13,
    ),
    schemes(
        "two are there: the second, RSA, ends first, and the server takes ECDSA alone",
        &[
            lasting([-10, 200]),
            Leaf {
                days: [-10, 100],
                ..leaf(RSA, CLIENT)
            },
        ],
        &[ECDSA_SHA256],
        Tls13,
    ),
    of(
        "two fit: the second, which ends last, has nonRepudiation too",
        &[
            lasting([-10, 100]),
            Leaf {
                extensions: "keyUsage=digitalSignature,nonRepudiation\nextendedKeyUsage=clientAuth\n",
                days: [-10, 200],
                ..LEAF
            },
        ],
    ),
];

/// Those that have a database to themselves: the server names nobody, and would see all of another.
pub(super) const ALONE: &[Setup] = &[named("nobody is named", Named::Nobody, Beside::Nothing)];
