//! Which server software answers, as far as its answers tell.

/// Server software whose configuration is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// nginx.
    Nginx,
    /// Apache HTTP Server.
    Apache,
    /// HAProxy.
    Haproxy,
    /// Caddy.
    Caddy,
    /// Envoy.
    Envoy,
    /// Traefik.
    Traefik,
    /// Node.js.
    Node,
    /// Python's `ssl`, as uvicorn and its like use it.
    Python,
    /// Java's JSSE.
    Java,
    /// `openssl s_server`.
    Openssl,
    /// `gnutls-serv`.
    Gnutls,
    /// `pki serve`.
    Pki,
}

/// What an answer shows of the software that gave it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signs<'a> {
    /// The field `Server`.
    pub server: Option<&'a str>,
    /// Whether there is a field `Pki-Reason`.
    pub has_pki_reason: bool,
    /// The beginning of the body.
    pub body: &'a str,
}

impl Software {
    /// Every one that is known.
    pub const ALL: [Self; 12] = [
        Self::Nginx,
        Self::Apache,
        Self::Haproxy,
        Self::Caddy,
        Self::Envoy,
        Self::Traefik,
        Self::Node,
        Self::Python,
        Self::Java,
        Self::Openssl,
        Self::Gnutls,
        Self::Pki,
    ];

    /// Its word on the command line and in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache",
            Self::Haproxy => "haproxy",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
            Self::Traefik => "traefik",
            Self::Node => "node",
            Self::Python => "python",
            Self::Java => "java",
            Self::Openssl => "openssl",
            Self::Gnutls => "gnutls",
            Self::Pki => "pki",
        }
    }

    /// The software that an answer comes from; nothing where it does not say, which is no fault.
    ///
    /// HAProxy, Node, Java and Traefik say nothing of themselves, but HAProxy's own error pages have a text of their own.
    pub fn recognised(signs: &Signs<'_>) -> Option<Self> {
        if signs.has_pki_reason {
            return Some(Self::Pki);
        }
        if let Some(server) = signs.server {
            let server = server.to_ascii_lowercase();
            let known = [
                ("nginx", Self::Nginx),
                ("openresty", Self::Nginx),
                ("apache", Self::Apache),
                ("caddy", Self::Caddy),
                ("envoy", Self::Envoy),
                ("uvicorn", Self::Python),
                ("gunicorn", Self::Python),
                ("hypercorn", Self::Python),
            ];
            return known
                .into_iter()
                .find(|(word, _)| server.starts_with(word))
                .map(|(_, software)| software);
        }
        let bodies = [
            ("Request forbidden by administrative rules.", Self::Haproxy),
            ("<center>nginx", Self::Nginx),
            ("s_server -", Self::Openssl),
            (
                "This is <a href=\"http://www.gnu.org/software/gnutls\">",
                Self::Gnutls,
            ),
        ];
        bodies
            .into_iter()
            .find(|(text, _)| signs.body.contains(text))
            .map(|(_, software)| software)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_field(server: &str) -> Option<Software> {
        Software::recognised(&Signs {
            server: Some(server),
            ..Signs::default()
        })
    }

    #[test]
    fn who_says_its_name_is_known_by_it_and_who_does_not_is_not_guessed() {
        assert_eq!(by_field("nginx/1.22.1"), Some(Software::Nginx));
        assert_eq!(by_field("Apache/2.4.62 (Debian)"), Some(Software::Apache));
        assert_eq!(by_field("Caddy"), Some(Software::Caddy));
        assert_eq!(by_field("uvicorn"), Some(Software::Python));
        assert_eq!(by_field("my nginx-like thing"), None);
        assert_eq!(Software::recognised(&Signs::default()), None);
    }

    #[test]
    fn an_error_page_tells_where_no_field_does() {
        let page = |body| {
            Software::recognised(&Signs {
                body,
                ..Signs::default()
            })
        };
        let haproxy =
            "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n";
        assert_eq!(page(haproxy), Some(Software::Haproxy));
        assert_eq!(page("<p>hello</p>"), None);
    }

    #[test]
    fn a_refusal_of_ours_says_so_whatever_else_it_says() {
        let signs = Signs {
            server: Some("nginx"),
            has_pki_reason: true,
            body: "",
        };
        assert_eq!(Software::recognised(&signs), Some(Software::Pki));
    }
}
