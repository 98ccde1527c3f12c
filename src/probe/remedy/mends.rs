//! The mends, matter by matter, in the words of each server's configuration.
//!
//! They follow what `pki server-config` writes, which is proven against the server itself (docs/servers.md).

use super::Matter;
use crate::probe::Software;

/// The mend in one software's words; nothing where the general one is as good.
pub(super) fn of(matter: Matter, software: Software) -> Option<&'static str> {
    use Software as S;
    Some(match (matter, software) {
        (Matter::Demand, S::Nginx) => {
            "Set `ssl_verify_client on;`, or with `optional` refuse where `$ssl_client_verify` is not SUCCESS, in every location."
        }
        (Matter::Demand, S::Apache) => "Set `SSLVerifyClient require` for the whole virtual host.",
        (Matter::Demand, S::Haproxy) => {
            "Say `verify required` on the `bind` line, or deny unless `ssl_c_used` and `ssl_c_verify 0`."
        }
        (Matter::Demand, S::Caddy) => "Set `mode require_and_verify` in `client_auth`.",
        (Matter::Demand, S::Envoy) => "Set `require_client_certificate: true`.",
        (Matter::Demand, S::Traefik) => "Set `clientAuthType: RequireAndVerifyClientCert`.",
        (Matter::Demand, S::Node) => "Set `requestCert: true` and `rejectUnauthorized: true`.",
        (Matter::Demand, S::Python) => {
            "Set `verify_mode = ssl.CERT_REQUIRED` (uvicorn: `--ssl-cert-reqs 2`)."
        }
        (Matter::Demand, S::Java) => "Call `setNeedClientAuth(true)`, not `setWantClientAuth`.",
        (Matter::Demand, S::Openssl) => {
            "Start it with `-Verify 1 -verify_return_error`, with a capital V."
        }
        (Matter::Demand, S::Gnutls) => "Start it with `--require-client-cert`.",

        (Matter::Trust, S::Nginx) => {
            "Never `ssl_verify_client optional_no_ca` without a check of your own; set `on`, with this CA alone in `ssl_client_certificate` and nothing in `ssl_trusted_certificate` that may not log in."
        }
        (Matter::Trust, S::Apache) => {
            "Never `SSLVerifyClient optional_no_ca`; set `require`, with this CA alone in `SSLCACertificateFile` and no `SSLCACertificatePath`."
        }
        (Matter::Trust, S::Haproxy) => {
            "Take `crt-ignore-err` and `ca-ignore-err` off the `bind` line, and name this CA alone in `ca-file`."
        }
        (Matter::Trust, S::Caddy) => {
            "Set `mode require_and_verify`, not `require`, and name this CA alone in `trusted_ca_cert_file`."
        }
        (Matter::Trust, S::Node) => {
            "Set `rejectUnauthorized: true` and `ca` to this CA alone: without `ca` every public CA counts."
        }
        (Matter::Trust, S::Python) => {
            "Load this CA alone with `load_verify_locations`; never call `load_default_certs` for clients."
        }
        (Matter::Trust, S::Java) => {
            "Give the trust manager a store with this CA's root alone, and never one that accepts everything."
        }
        (Matter::Trust, S::Openssl) => {
            "Start it with `-verify_return_error`, `-CAfile` with this CA, and `-no-CApath -no-CAstore`."
        }
        (Matter::Trust, S::Gnutls) => {
            "Start it with `--verify-client-cert` and `--x509cafile` with this CA."
        }

        (Matter::Revocation, S::Nginx) => {
            "Set `ssl_crl` to the CRLs of root and issuing CA in one file, and reload when that file is new."
        }
        (Matter::Revocation, S::Apache) => {
            "Set `SSLCARevocationFile` and `SSLCARevocationCheck chain`, and reload when the file is new."
        }
        (Matter::Revocation, S::Haproxy) => {
            "Name the CRLs of root and issuing CA in `crl-file`, and reload when that file is new."
        }
        (Matter::Revocation, S::Caddy | S::Traefik) => {
            "It checks no revocation by itself: let it ask `pki serve --verify` for every request (docs/verify.md)."
        }
        (Matter::Revocation, S::Envoy) => {
            "Set `crl` in the validation context to the CRLs of root and issuing CA."
        }
        (Matter::Revocation, S::Node) => {
            "Set `crl` and call `setSecureContext` when the CRL is new."
        }
        (Matter::Revocation, S::Python) => {
            "Set `verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN` and load the CRLs with `load_verify_locations`, again when they are new."
        }
        (Matter::Revocation, S::Java) => {
            "Give the `PKIXBuilderParameters` the CRLs in a `CertStore` and set `setRevocationEnabled(true)`, anew when they are new."
        }
        (Matter::Revocation, S::Openssl) => {
            "Start it with `-CRL` and `-crl_check_all`, anew when the CRL is new."
        }
        (Matter::Revocation, S::Gnutls) => {
            "Start it with `--x509crlfile`, anew when the CRL is new."
        }

        (Matter::Path, S::Nginx) => {
            "Set `ssl_verify_depth 1`: one CA stands between a client and the root."
        }
        (Matter::Path, S::Apache) => "Set `SSLVerifyDepth` to what exactly this CA's chain needs.",
        (Matter::Path, S::Haproxy) => {
            "It knows no depth: deny whom another CA issued than the one that `ssl_c_i_dn` must name."
        }
        (Matter::Path, S::Node | S::Python | S::Java) => {
            "Compare the certificate of the issuer with that of this CA's issuing CA, and refuse any other."
        }

        (Matter::Sessions, S::Nginx) => {
            "Use no shared `ssl_session_cache` and no `ssl_session_ticket_key`: then a reload, which the new CRL needs anyway, ends every session."
        }
        (Matter::Sessions, S::Apache) => "Set `SSLSessionTickets off` and `SSLSessionCache none`.",
        (Matter::Sessions, S::Haproxy) => {
            "Say `no-tls-tickets` on the `bind` line and set `tune.ssl.cachesize 0`."
        }
        (Matter::Sessions, S::Node) => {
            "Call `setTicketKeys` with new random octets when the CRL is new, and set `SSL_OP_NO_RENEGOTIATION`."
        }
        (Matter::Sessions, S::Python) => {
            "Set `OP_NO_TICKET` and `num_tickets = 0`, and check again for each request."
        }
        (Matter::Sessions, S::Java) => {
            "Invalidate the sessions of the `SSLSessionContext` when the CRL is new."
        }
        (Matter::Sessions, S::Openssl) => {
            "Start it with `-no_ticket -no_cache` and with `-no_renegotiation`."
        }

        (Matter::Headers, S::Nginx) => {
            "Set every such header with `proxy_set_header` in the location that forwards, also to nothing: what is not set there passes as the client wrote it."
        }
        (Matter::Headers, S::Apache) => {
            "Say `RequestHeader unset NAME early` for every spelling before you set your own."
        }
        (Matter::Headers, S::Haproxy) => {
            "Say `http-request del-header NAME -m beg` for every beginning before you set your own."
        }
        (Matter::Headers, S::Caddy) => {
            "Say `header_up -NAME*` in `reverse_proxy` before you set your own."
        }
        (Matter::Headers, S::Envoy) => "Set `forward_client_cert_details: SANITIZE_SET`.",
        (Matter::Headers, S::Traefik) => {
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
            "Verify the certificate up to this CA's root, with no other CA in the trust store for clients."
        }
        Matter::Validity | Matter::Whole => {
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
