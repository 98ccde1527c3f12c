//! A site in a server that has others already.

use std::fs;

use super::{Kind, configure, free_port};
use crate::support::{Authority, finish, hermetic, path_text, tool};

#[test]
fn the_part_between_the_marks_goes_into_an_nginx_that_has_another_site() {
    let (Some(shell), Some(nginx)) = (tool("sh"), tool("nginx")) else {
        return;
    };
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let port = free_port();
    let directory = configure(Kind::of("nginx"), &authority, port, None, None);
    // The line of docs/server-config.md, with other paths.
    let documented = include_str!("../../docs/server-config.md");
    let line = documented.lines().find(|line| line.starts_with("$ sed -n"));
    let part = authority.path("pki.conf");
    let line = line.unwrap().trim_start_matches("$ ");
    let line = line
        .replace("ca-data/sites/nginx", path_text(&directory))
        .replace("/etc/nginx/conf.d/pki.conf", path_text(&part));
    finish(hermetic(shell, authority.home()).args(["-c", &line])).ok();
    let part = path_text(&part);
    let here = path_text(&directory);
    // What the whole configuration says of places, and another site at that address.
    let whole = fs::read_to_string(directory.join("nginx.conf")).unwrap();
    let places: String = whole
        .lines()
        .filter(|line| line.contains("_temp_path "))
        .collect();
    let key = authority.path("ca-data/servers/localhost/key.pem");
    let fullchain = key.with_file_name("fullchain.pem");
    let other = format!(
        "listen 127.0.0.1:{port} ssl http2 default_server; ssl_certificate {}; ssl_certificate_key {};",
        path_text(&fullchain),
        path_text(&key)
    );
    let configuration = authority.path("other.conf");
    let text = format!(
        "error_log {here}/error.log; events {{}} http {{ {places} server {{ {other} }} include {part}; }}"
    );
    fs::write(&configuration, text).unwrap();
    let mut command = hermetic(nginx, authority.home());
    command.args(["-t", "-c", path_text(&configuration), "-g"]);
    finish(command.arg(format!("pid {here}/other.pid;"))).ok();
}
