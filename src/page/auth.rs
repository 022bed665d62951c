//! Authentication, and protection against cross-site requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use temoin_config::UserName;
use temoin_http::{Head, Method, Peer};

/// The user of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum User {
    /// A local client on loopback; no login required.
    Local,
    /// A logged-in member.
    Member(UserName),
}

impl User {
    /// The login name; empty for a local client.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Local => "",
            Self::Member(name) => name.as_str(),
        }
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AuthError {
    /// The request comes from another site's page, or a header field is implausible.
    CrossSite,
    /// Not authenticated, or in a way that cannot be trusted.
    NotLoggedIn,
    /// The member may not see the page.
    Forbidden,
    /// The request contains the member's password, which the page must never see.
    PasswordForwarded,
}

/// Identifies the user. On the socket, nginx passes the member's name from YunoHost's login in two fields:
/// `Ynh-User`, and the user of `Authorization`, with an empty password. A client could forge the first
/// where the login does not clear it, but not both.
///
/// # Errors
/// [`AuthError`]. `users` are those who may see the page; if empty, all who can log in.
pub(super) fn authenticate(head: &Head, peer: Peer, users: &[UserName]) -> Result<User, AuthError> {
    if matches!(peer, Peer::Network(_)) {
        return Ok(User::Local);
    }
    let single = |name: &'static str| {
        let mut values = head.values(name);
        values.next().filter(|_| values.next().is_none())
    };
    let told = single("Ynh-User").zip(single("Authorization")).ok_or(AuthError::NotLoggedIn)?;
    let name: UserName = told.0.parse().map_err(|_| AuthError::NotLoggedIn)?;
    let login = login(told.1).ok_or(AuthError::NotLoggedIn)?;
    match login.strip_prefix(name.as_str()) {
        Some(":-") => {}
        Some(password) if password.starts_with(':') => return Err(AuthError::PasswordForwarded),
        _ => return Err(AuthError::NotLoggedIn),
    }
    if users.is_empty() || users.contains(&name) {
        Ok(User::Member(name))
    } else {
        Err(AuthError::Forbidden)
    }
}

/// `name:password` from `Authorization` (RFC 7617, section 2).
fn login(authorization: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(authorization.strip_prefix("Basic ")?).ok()?).ok()
}

/// Checks that a form was sent by a page of this site, as far as the browser says. A request without these
/// fields passes: the form's token is checked as well.
///
/// # Errors
/// [`AuthError::CrossSite`].
pub(super) fn check_same_origin(head: &Head) -> Result<(), AuthError> {
    if head.method != Method::Post {
        return Ok(());
    }
    let own_site = head.values("Sec-Fetch-Site").all(|value| value == "same-origin");
    let own_origin = head.values("Origin").all(|origin| {
        let Some((_, authority)) = origin.split_once("://") else { return false };
        // nginx may omit the port from the host name.
        let host = |authority: &str| match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.to_owned(),
            _ => authority.to_owned(),
        };
        head.values("Host").next().is_some_and(|own| {
            own.eq_ignore_ascii_case(authority) || own.eq_ignore_ascii_case(&host(authority))
        })
    });
    if own_site && own_origin { Ok(()) } else { Err(AuthError::CrossSite) }
}

#[cfg(test)]
mod tests {
    use super::{AuthError, Head, Peer, User, authenticate, check_same_origin};
    use temoin_config::UserName;

    fn head(request: &str) -> Head {
        Head::read(request.as_bytes()).unwrap().unwrap()
    }

    fn asked(fields: &str, users: &[&str]) -> Result<User, AuthError> {
        let users: Vec<UserName> = users.iter().map(|user| user.parse().unwrap()).collect();
        authenticate(&head(&format!("GET / HTTP/1.1\r\n{fields}\r\n")), Peer::Socket, &users)
    }

    #[test]
    fn a_member_is_let_in_who_is_named_twice_alike() {
        // `printf camille:- | base64`
        let fields = "Ynh-User: camille\r\nAuthorization: Basic Y2FtaWxsZTot\r\n";
        let camille = User::Member("camille".parse().unwrap());
        assert_eq!(asked(fields, &[]), Ok(camille.clone()));
        assert_eq!(asked(fields, &["ada", "camille"]), Ok(camille));
        assert_eq!(asked(fields, &["ada"]), Err(AuthError::Forbidden));
    }

    #[test]
    fn nobody_is_let_in_who_is_not_named_or_not_so() {
        let basic = "Authorization: Basic Y2FtaWxsZTot\r\n";
        let user = "Ynh-User: camille\r\n";
        for fields in [
            String::new(),
            basic.to_owned(),
            user.to_owned(),
            format!("{user}{user}{basic}"),
            format!("{user}{basic}{basic}"),
            format!("{user}Ynh-User: ada\r\n{basic}"),
            format!("Ynh-User: ada\r\n{basic}"),
            format!("Ynh-User: Camille\r\n{basic}"),
            format!("Ynh-User:\r\n{basic}"),
            format!("Ynh-User: camille, camille\r\n{basic}"),
            format!("Ynh_User: camille\r\n{basic}"),
            format!("{user}Authorization: basic Y2FtaWxsZTot\r\n"),
            format!("{user}Authorization: Basic Y2FtaWxsZTot=\r\n"),
            // Another's password: `printf ada:secret | base64`
            format!("{user}Authorization: Basic YWRhOnNlY3JldA==\r\n"),
            // No password at all: `printf camille | base64`
            format!("{user}Authorization: Basic Y2FtaWxsZQ==\r\n"),
            format!("{user}Authorization: Bearer Y2FtaWxsZTot\r\n"),
            // The login `:-`, whose name is empty.
            "Ynh-User: \r\nAuthorization: Basic Oi0=\r\n".to_owned(),
        ] {
            assert_eq!(asked(&fields, &[]), Err(AuthError::NotLoggedIn), "{fields}");
        }
    }

    #[test]
    fn whose_password_came_along_is_turned_away() {
        // `printf camille:secret | base64`, an empty one, and one that begins as none does.
        for login in ["Y2FtaWxsZTpzZWNyZXQ=", "Y2FtaWxsZTo=", "Y2FtaWxsZTotLQ=="] {
            let fields = format!("Ynh-User: camille\r\nAuthorization: Basic {login}\r\n");
            for users in [&["camille"][..], &[]] {
                assert_eq!(asked(&fields, users), Err(AuthError::PasswordForwarded), "{login}");
            }
        }
    }

    #[test]
    fn on_the_loopback_interface_no_name_is_asked_for_and_none_believed() {
        let peer = Peer::Network("127.0.0.1:40000".parse().unwrap());
        let head = head("GET / HTTP/1.1\r\nYnh-User: ada\r\n\r\n");
        assert_eq!(authenticate(&head, peer, &["eve".parse().unwrap()]), Ok(User::Local));
    }

    #[test]
    fn a_form_of_another_site_is_told_by_what_the_browser_says() {
        let sent =
            |fields: &str| check_same_origin(&head(&format!("POST /x HTTP/1.1\r\n{fields}\r\n")));
        for own in [
            "",
            "Host: box.example.org\r\n",
            "Host: box.example.org\r\nOrigin: https://box.example.org\r\n",
            "Host: box.example.org\r\nOrigin: https://BOX.example.org:8443\r\n",
            "Host: 127.0.0.1:8470\r\nOrigin: http://127.0.0.1:8470\r\n",
            "Host: [::1]:8470\r\nOrigin: http://[::1]:8470\r\nSec-Fetch-Site: same-origin\r\n",
        ] {
            assert_eq!(sent(own), Ok(()), "{own}");
        }
        for foreign in [
            "Host: box.example.org\r\nOrigin: null\r\n",
            "Host: box.example.org\r\nOrigin: https://example.org\r\n",
            "Host: box.example.org\r\nOrigin: https://box.example.org.evil.example\r\n",
            "Host: 127.0.0.1:8470\r\nOrigin: http://127.0.0.1:9000\r\n",
            "Origin: https://box.example.org\r\n",
            "Host: a\r\nOrigin: https://a\r\nOrigin: https://b\r\n",
            "Host: a\r\nOrigin: https://a\r\nSec-Fetch-Site: cross-site\r\n",
            "Sec-Fetch-Site: same-site\r\n",
            "Sec-Fetch-Site: none\r\n",
        ] {
            assert_eq!(sent(foreign), Err(AuthError::CrossSite), "{foreign}");
        }
    }
}
