//! Which server software answers, as far as its answers tell.

use crate::login::visit::Answer;

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

/// What answers show of the software that gave them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signs<'a> {
    /// The answer to a request that no server understands: what reads the requests gave it, and no application behind.
    pub to_nonsense: Option<&'a Answer>,
    /// The answers to requests that are good.
    pub others: &'a [&'a Answer],
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

    /// The software that answers come from; nothing where they do not say, which is no fault.
    ///
    /// A proxy may pass on what the application behind says of itself, in the field `Server`: so what it says itself counts most.
    pub fn recognised(signs: &Signs<'_>) -> Option<Self> {
        let by_itself = signs.to_nonsense.and_then(|answer| {
            let by_default = Self::by_default(answer);
            by_default.or_else(|| Self::by_signs(answer))
        });
        // A proxy that asks `pki serve --verify` may pass on its reason, with a name of its own.
        let is_ours = |answer: &&Answer| answer.reason.is_some() && answer.server.is_none();
        by_itself
            .or_else(|| signs.others.iter().any(is_ours).then_some(Self::Pki))
            .or_else(|| signs.others.iter().find_map(|it| Self::by_signs(it)))
    }

    /// By the answers to nonsense of those that do not say their name: they are written into the program.
    fn by_default(answer: &Answer) -> Option<Self> {
        if answer.status != 400 || answer.server.is_some() {
            return None;
        }
        let body = answer.body.as_str();
        let known = [
            (
                body.contains("Your browser sent an invalid request."),
                Self::Haproxy,
            ),
            (body.starts_with("<h1>400 Bad Request</h1>"), Self::Java),
            (body == "Invalid HTTP request received.", Self::Python),
            // Everybody else with a clock dates what it says.
            (body.is_empty() && !answer.is_dated, Self::Node),
        ];
        let mut known = known.into_iter();
        known
            .find(|(is_so, _)| *is_so)
            .map(|(_, software)| software)
    }

    fn by_signs(answer: &Answer) -> Option<Self> {
        if let Some(server) = &answer.server {
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
                ("basehttp", Self::Python),
                ("simplehttp", Self::Python),
                ("werkzeug", Self::Python),
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
            .find(|(text, _)| answer.body.contains(text))
            .map(|(_, software)| software)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(server: &str) -> Answer {
        Answer {
            status: 200,
            server: Some(server.to_owned()),
            is_dated: true,
            ..Answer::default()
        }
    }

    fn nonsense(body: &str) -> Answer {
        Answer {
            status: 400,
            body: body.to_owned(),
            ..Answer::default()
        }
    }

    fn by_field(server: &str) -> Option<Software> {
        let answer = said(server);
        recognised(None, &[&answer])
    }

    fn recognised(to_nonsense: Option<&Answer>, others: &[&Answer]) -> Option<Software> {
        Software::recognised(&Signs {
            to_nonsense,
            others,
        })
    }

    #[test]
    fn who_says_its_name_is_known_by_it_and_who_does_not_is_not_guessed() {
        assert_eq!(by_field("nginx/1.22.1"), Some(Software::Nginx));
        assert_eq!(by_field("Apache/2.4.62 (Debian)"), Some(Software::Apache));
        assert_eq!(by_field("Caddy"), Some(Software::Caddy));
        assert_eq!(by_field("uvicorn"), Some(Software::Python));
        assert_eq!(by_field("my nginx-like thing"), None);
        assert_eq!(recognised(None, &[&Answer::default()]), None);
    }

    #[test]
    fn an_error_page_tells_where_no_field_does() {
        let page = |body| recognised(None, &[&nonsense(body)]);
        let haproxy =
            "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n";
        assert_eq!(page(haproxy), Some(Software::Haproxy));
        assert_eq!(page("<p>hello</p>"), None);
    }

    #[test]
    fn what_understands_no_nonsense_tells_by_how_it_says_so() {
        let haproxy = "<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n";
        let java = "<h1>400 Bad Request</h1>Header key contains illegal characters";
        for (body, software) in [
            (haproxy, Some(Software::Haproxy)),
            (java, Some(Software::Java)),
            ("Invalid HTTP request received.", Some(Software::Python)),
            ("", Some(Software::Node)),
            // Go's, in Caddy and Traefik and whatever else.
            ("400 Bad Request: invalid header name", None),
        ] {
            assert_eq!(recognised(Some(&nonsense(body)), &[]), software, "{body}");
        }
        let dated = Answer {
            is_dated: true,
            ..nonsense("")
        };
        assert_eq!(recognised(Some(&dated), &[]), None);
        let answered = Answer {
            status: 200,
            ..nonsense("")
        };
        assert_eq!(recognised(Some(&answered), &[]), None);
    }

    #[test]
    fn what_a_proxy_passes_on_counts_for_less_than_what_it_says_itself() {
        let (apache, behind) = (said("Apache"), said("gunicorn"));
        assert_eq!(
            recognised(Some(&apache), &[&behind]),
            Some(Software::Apache)
        );
        let unknown = nonsense("something else");
        assert_eq!(
            recognised(Some(&unknown), &[&behind]),
            Some(Software::Python)
        );
    }

    #[test]
    fn a_refusal_of_ours_says_so_and_one_that_a_proxy_passes_on_bears_its_name() {
        let refusal = Answer {
            reason: Some("no-certificate".to_owned()),
            ..Answer::default()
        };
        let behind = said("gunicorn");
        assert_eq!(recognised(None, &[&refusal, &behind]), Some(Software::Pki));
        let passed_on = Answer {
            server: Some("Caddy".to_owned()),
            ..refusal
        };
        assert_eq!(recognised(None, &[&passed_on]), Some(Software::Caddy));
    }
}
