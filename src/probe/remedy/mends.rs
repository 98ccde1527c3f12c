//! The mends, matter by matter, in the words of each server's configuration.
//!
//! They follow what `pki server-config` writes, which is proven against the server itself (docs/servers.md).

use super::Matter;
use crate::probe::Software;

/// The mend in one software's words; nothing where the general one is as good.
pub(super) fn of(matter: Matter, software: Software) -> Option<&'static str> {
    match matter {
        Matter::Demand => demand(software),
        Matter::Trust | Matter::Contents | Matter::Validity | Matter::Whole => trust(software),
        Matter::Store => store(software),
        Matter::Revocation => revocation(software),
        Matter::Purpose => purpose(software),
        Matter::Path => path(software),
        Matter::Algorithms => algorithms(software),
        Matter::Sessions => sessions(software),
        Matter::Headers => headers(software),
        Matter::Names | Matter::Possession | Matter::Welcome => None,
    }
}

/// How a server gets CRLs that have not ended: for whoever keeps everybody out.
pub(super) fn fresh_lists(software: Option<Software>) -> &'static str {
    match software {
        Some(Software::Nginx) => {
            "Write the CRLs of root and issuing CA (pki crl --bundle) into the file of `ssl_crl` and reload, before they end; nginx's error log at the level info says what was wrong."
        }
        Some(Software::Apache) => {
            "Write the CRLs of root and issuing CA (pki crl --bundle) into the file of `SSLCARevocationFile` and reload, before they end; Apache's error log at `LogLevel ssl:info` says what was wrong."
        }
        Some(Software::Haproxy) => {
            "Write the CRLs of root and issuing CA (pki crl --bundle) into the file of `crl-file` and reload, before they end; HAProxy logs `ssl_c_err` where it is told to."
        }
        _ => {
            "Give the server the CRLs of root and issuing CA (pki crl --bundle) anew before they end; its log says what was wrong, and pki doctor URL --as NAME what that means."
        }
    }
}

fn demand(software: Software) -> Option<&'static str> {
    Some(match software {
        Software::Nginx => {
            "Set `ssl_verify_client on`, or with `optional` refuse where `$ssl_client_verify` is not SUCCESS, in every location."
        }
        Software::Apache => {
            "Set `SSLVerifyClient require` for the whole virtual host: in a `<Location>` or `<Directory>` it comes too late, or not at all."
        }
        Software::Haproxy => {
            "Say `verify required` on the `bind` line, or deny unless `ssl_c_used` and `ssl_c_verify 0`."
        }
        Software::Caddy => "Set `mode require_and_verify` in `client_auth`.",
        Software::Envoy => "Set `require_client_certificate: true`.",
        Software::Traefik => "Set `clientAuthType: RequireAndVerifyClientCert`.",
        Software::Node => "Set `requestCert: true` and `rejectUnauthorized: true`.",
        Software::Python => "Set `verify_mode = ssl.CERT_REQUIRED` (uvicorn: `--ssl-cert-reqs 2`).",
        Software::Java => "Call `setNeedClientAuth(true)`, not `setWantClientAuth`.",
        Software::Openssl => "Start it with `-Verify 1 -verify_return_error`, with a capital V.",
        Software::Gnutls => "Start it with `--require-client-cert`.",
        Software::Pki => return None,
    })
}

/// Where what was found wrong is forgiven.
fn trust(software: Software) -> Option<&'static str> {
    Some(match software {
        Software::Nginx => {
            "Set `ssl_verify_client on`: `optional_no_ca` passes on whom it could not verify, and then only a `$ssl_client_verify` that is SUCCESS may get in."
        }
        Software::Apache => {
            "Set `SSLVerifyClient require`: `optional_no_ca` lets in whom it could not verify."
        }
        Software::Haproxy => {
            "Take `crt-ignore-err` and `ca-ignore-err` off the `bind` line, or deny unless `ssl_c_verify 0`."
        }
        Software::Caddy => {
            "Set `mode require_and_verify`: `request` and `require` verify nothing of what they get."
        }
        Software::Envoy => {
            "Set `trusted_ca`, and not `trust_chain_verification: ACCEPT_UNTRUSTED`."
        }
        Software::Traefik => {
            "Set `clientAuthType: RequireAndVerifyClientCert`: `RequestClientCert` and `RequireAnyClientCert` verify nothing of what they get."
        }
        Software::Node => {
            "Set `rejectUnauthorized: true`, or let nobody in whose `socket.authorized` is not true."
        }
        Software::Python => "Set `verify_mode = ssl.CERT_REQUIRED` (uvicorn: `--ssl-cert-reqs 2`).",
        Software::Java => {
            "Take the trust manager that the PKIX `TrustManagerFactory` makes, never one of your own that throws nothing."
        }
        Software::Openssl => {
            "Start it with `-verify_return_error`: without it, it tells what is wrong and goes on."
        }
        Software::Gnutls => "Start it with `--verify-client-cert` besides `--require-client-cert`.",
        Software::Pki => return None,
    })
}

/// Where CAs are trusted that may not decide who gets in.
fn store(software: Software) -> Option<&'static str> {
    Some(match software {
        Software::Nginx => {
            "Let the file of `ssl_client_certificate` hold this CA alone, never the system's bundle, and that of `ssl_trusted_certificate` nothing that may not log in."
        }
        Software::Apache => {
            "Let the file of `SSLCACertificateFile` hold this CA alone, never the system's bundle, and leave `SSLCACertificatePath` out."
        }
        Software::Haproxy => {
            "Let the file of `ca-file` hold this CA alone, never the system's bundle."
        }
        Software::Caddy => "Name this CA's root alone in `trusted_ca_cert_file`.",
        Software::Envoy => "Let the file of `trusted_ca` hold this CA alone.",
        Software::Traefik => "Name this CA's file alone in `clientAuth.caFiles`.",
        Software::Node => "Set `ca` to this CA alone: without it every public CA counts.",
        Software::Python => {
            "Load this CA alone with `load_verify_locations`, and never `load_default_certs` for clients."
        }
        Software::Java => {
            "Give the trust manager a key store with this CA's root alone: without one it takes Java's `cacerts`."
        }
        Software::Openssl => {
            "Start it with this CA alone in `-CAfile`, and with `-no-CApath -no-CAstore`."
        }
        Software::Gnutls => "Let the file of `--x509cafile` hold this CA alone.",
        Software::Pki => return None,
    })
}

fn revocation(software: Software) -> Option<&'static str> {
    Some(match software {
        Software::Nginx => {
            "Set `ssl_crl` to the CRLs of root and issuing CA in one file, and reload when that file is new."
        }
        Software::Apache => {
            "Set `SSLCARevocationFile` and `SSLCARevocationCheck chain`, and reload when the file is new."
        }
        Software::Haproxy => {
            "Name the CRLs of root and issuing CA in `crl-file`, and reload when that file is new."
        }
        Software::Caddy | Software::Traefik => {
            "It checks no revocation by itself: let it ask `pki serve --verify` for every request (docs/verify.md)."
        }
        Software::Envoy => {
            "Set `crl` in the validation context to the CRLs of root and issuing CA."
        }
        Software::Node => "Set `crl` and call `setSecureContext` when the CRL is new.",
        Software::Python => {
            "Set `verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN` and load the CRLs with `load_verify_locations`, again when they are new."
        }
        Software::Java => {
            "Give the `PKIXBuilderParameters` the CRLs in a `CertStore` and set `setRevocationEnabled(true)`, anew when they are new."
        }
        Software::Openssl => {
            "Put the CRLs of root and issuing CA behind the CA in the file of `-CAfile` (of that of `-CRL` it reads the first alone) and say `-crl_check_all`; start it anew when they are new."
        }
        Software::Gnutls => "Start it with `--x509crlfile`, anew when the CRL is new.",
        Software::Pki => return None,
    })
}

fn purpose(software: Software) -> Option<&'static str> {
    Some(match software {
        Software::Haproxy => {
            "Take `crt-ignore-err` off the `bind` line, or deny unless `ssl_c_verify 0`."
        }
        Software::Caddy | Software::Traefik => {
            "It does not look at keyUsage: let it ask `pki serve --verify` for every request (docs/verify.md)."
        }
        Software::Node => {
            "Verify with `rejectUnauthorized: true`; a check of your own must look at extKeyUsage and keyUsage, too."
        }
        Software::Java => {
            "Take the trust manager that the PKIX `TrustManagerFactory` makes; one of your own must look at `getExtendedKeyUsage` and `getKeyUsage`, too."
        }
        Software::Openssl => "Leave `-purpose` out: then it verifies as for TLS clients.",
        Software::Gnutls => {
            "`gnutls-serv` verifies for no purpose; a program of your own gives `GNUTLS_KP_TLS_WWW_CLIENT` to `gnutls_certificate_verify_peers`."
        }
        _ => return None,
    })
}

fn path(software: Software) -> Option<&'static str> {
    Some(match software {
        Software::Nginx => "Set `ssl_verify_depth 1`: one CA stands between a client and the root.",
        Software::Apache => {
            "Set `SSLVerifyDepth 2`: Apache counts the root, and one CA stands between it and a client."
        }
        Software::Haproxy => {
            "It knows no depth: deny whom another CA issued than the one that `ssl_c_i_dn` must name."
        }
        Software::Caddy | Software::Traefik => {
            "It knows no depth: let it ask `pki serve --verify` for every request (docs/verify.md)."
        }
        Software::Envoy => "Set `max_verify_depth` to what exactly this CA's chain needs.",
        Software::Openssl => "Start it with `-verify_depth 1`.",
        Software::Node | Software::Python | Software::Java => {
            "Compare the certificate of the issuer with that of this CA's issuing CA, and refuse any other."
        }
        Software::Gnutls => {
            "It knows no depth: let the file of `--x509cafile` hold the CAs that issue, and not the root."
        }
        Software::Pki => return None,
    })
}

fn algorithms(software: Software) -> Option<&'static str> {
    Some(match software {
        Software::Nginx => {
            "End `ssl_ciphers` with `@SECLEVEL=2`, as `HIGH:!aNULL:@SECLEVEL=2` does."
        }
        Software::Apache => {
            "End `SSLCipherSuite` with `@SECLEVEL=2`, as `HIGH:!aNULL:@SECLEVEL=2` does."
        }
        Software::Haproxy => "End `ciphers` on the `bind` line with `@SECLEVEL=2`.",
        Software::Node => "End `ciphers` with `@SECLEVEL=2`.",
        Software::Python => "Call `set_ciphers` with a text that ends with `@SECLEVEL=2`.",
        Software::Openssl => "End `-cipher` with `@SECLEVEL=2`.",
        Software::Java => {
            "Add `SHA1, RSA keySize < 2048` to the security property `jdk.certpath.disabledAlgorithms`."
        }
        Software::Gnutls => "Start it with `--priority NORMAL:%PROFILE_MEDIUM`.",
        Software::Caddy | Software::Traefik => {
            "It takes RSA of 1024 bits: let it ask `pki serve --verify` for every request (docs/verify.md)."
        }
        Software::Envoy | Software::Pki => return None,
    })
}

fn sessions(software: Software) -> Option<&'static str> {
    Some(match software {
        Software::Nginx => {
            "Use no shared `ssl_session_cache` and no `ssl_session_ticket_key`: then a reload, which the new CRL needs anyway, ends every session."
        }
        Software::Apache => {
            "Use no `SSLSessionTicketKeyFile` and no `SSLSessionCache`: then a reload, which the new CRL needs anyway, ends every session."
        }
        Software::Haproxy => {
            "Use no `tls-ticket-keys`: then a reload, which the new CRL needs anyway, ends every session."
        }
        Software::Node => {
            "Call `setSecureContext` when the CRL is new, which draws new keys for tickets, and set `SSL_OP_NO_RENEGOTIATION`."
        }
        Software::Python => {
            "Make a new `SSLContext` when the CRL is new: one that stays cannot forget the sessions of TLS 1.2. And set `OP_NO_RENEGOTIATION`."
        }
        Software::Java => {
            "Make a new `SSLContext` when the CRL is new, and set `jdk.tls.rejectClientInitiatedRenegotiation`."
        }
        Software::Openssl => "Start it with `-no_ticket -no_cache` and with `-no_renegotiation`.",
        Software::Caddy | Software::Traefik => {
            "Let it ask `pki serve --verify` for every request (docs/verify.md): that judges sessions, too."
        }
        Software::Gnutls => "Start it with `--noticket` and `--nodb`.",
        Software::Envoy | Software::Pki => return None,
    })
}

fn headers(software: Software) -> Option<&'static str> {
    Some(match software {
        Software::Nginx => {
            "Set every such header with `proxy_set_header` in the location that forwards, also to nothing: what is not set there passes as the client wrote it, and a location with one `proxy_set_header` of its own inherits none from above. Leave out `underscores_in_headers on`, which lets spellings with underscores through."
        }
        Software::Apache => {
            "Say `RequestHeader unset NAME early` for every one before you set your own, and refuse their other spellings (`SetEnvIfNoCase`)."
        }
        Software::Haproxy => {
            "Say `http-request del-header NAME -m reg` for all of them, with `[-_]` for each hyphen, before you set your own."
        }
        Software::Caddy => {
            "Say `request_header -NAME*` and `request_header -*_*` before you set your own."
        }
        Software::Envoy => "Set `forward_client_cert_details: SANITIZE_SET`.",
        Software::Traefik => {
            "Remove them with a `headers` middleware (`customRequestHeaders: NAME: \"\"`) before `passTLSClientCert`."
        }
        _ => return None,
    })
}

/// The mend in words that are true of any software.
pub(super) fn anywhere(matter: Matter) -> &'static str {
    match matter {
        Matter::Demand => "Demand a client certificate in the handshake, for every path.",
        Matter::Trust => {
            "Verify the certificate up to this CA's root, and let nobody in where that fails."
        }
        Matter::Store => {
            "Let the trust store for clients hold this CA alone, never the CAs of the system."
        }
        Matter::Contents | Matter::Validity | Matter::Whole => {
            "Let the TLS library verify the whole path (RFC 5280 §6), and remove callbacks that forgive errors."
        }
        Matter::Revocation => {
            "Give the server the CRLs of root and issuing CA (pki crl --bundle) and renew them before they end, or let it ask OCSP or pki serve --verify."
        }
        Matter::Purpose => {
            "Verify for the purpose of a TLS client: extKeyUsage with clientAuth and keyUsage with digitalSignature."
        }
        Matter::Path => {
            "Verify the whole path (RFC 5280 §6), and allow one CA between client and root."
        }
        Matter::Names => {
            "The TLS library does not look at nameConstraints of this kind: update or replace it, or let the server ask pki serve --verify, which lets in nothing but what this CA itself issued."
        }
        Matter::Algorithms => {
            "Raise the security level of the TLS library (OpenSSL: SECLEVEL 2 or more), which refuses SHA-1 and RSA below 2048 bits."
        }
        Matter::Possession => {
            "The TLS library is broken, or is told to skip CertificateVerify: replace or update it."
        }
        Matter::Sessions => {
            "End every session when the CRL is renewed, refuse renegotiation, or judge the certificate again for each request."
        }
        Matter::Headers => {
            "Let the proxy remove these headers from every request, in each spelling, before it sets its own, and let nobody reach the application past it."
        }
        Matter::Welcome => {
            "Look into the server's log for the reason; pki doctor URL --as NAME tells what it means."
        }
    }
}
