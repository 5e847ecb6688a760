#include "nginx/answer/pages.hpp"

namespace scalekit {

namespace {

constexpr std::string_view style =
    "body{margin:0;min-height:100vh;display:grid;place-items:center;font:1.0625rem/1.55 "
    "system-ui,sans-serif;"
    "color:#1b1f24;background:#f6f7f9}"
    "main{max-width:32rem;margin:1.5rem;padding:2rem;background:#fff;border:1px solid "
    "#d5d9de;border-radius:.75rem}"
    "h1{margin:0 0 .75rem;font-size:1.375rem;line-height:1.3}p{margin:0 0 1rem}"
    "a.action,button{display:inline-block;padding:.625rem "
    "1.125rem;border:0;border-radius:.5rem;background:#1d4ed8;"
    "color:#fff;font:inherit;text-decoration:none;cursor:pointer}"
    "a.action:focus-visible,button:focus-visible{outline:3px solid #93b4ff;outline-offset:2px}"
    "small{color:#59636e}code{font-size:.9375em}"
    "@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#14171a}main{background:#"
    "1d2125;"
    "border-color:#363c43}a.action,button{background:#8fb0ff;color:#0b1530}small{color:#a4adb7}}";

std::string page(std::string_view title, std::string_view body)
{
    std::string html =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
    html += escapeHtml(title);
    html += "</title>\n<style>";
    html += style;
    html += "</style>\n</head>\n<body>\n<main>\n<h1>";
    html += escapeHtml(title);
    html += "</h1>\n";
    html += body;
    html += "</main>\n</body>\n</html>\n";
    return html;
}

}  // namespace

std::string_view titleOf(Reason reason) noexcept
{
    switch (reason) {
    case Reason::unauthenticated:
    case Reason::session_invalid:
    case Reason::session_expired:
    case Reason::session_idle:
        return "Please sign in";
    case Reason::tenant_unknown:
    case Reason::organization_mismatch:
    case Reason::connection_mismatch:
    case Reason::requirement_unmet:
    case Reason::insufficient_scope:
        return "No access here";
    case Reason::method_not_allowed:
    case Reason::cross_site:
        return "This cannot be done that way";
    case Reason::provider_unavailable:
    case Reason::provider_timeout:
    case Reason::discovery_invalid:
    case Reason::discovery_issuer_mismatch:
    case Reason::key_set_invalid:
    case Reason::token_request_failed:
    case Reason::internal:
        return "Sign-in is not available right now";
    default:
        return "Sign-in did not work";
    }
}

std::string_view sentenceOf(Reason reason) noexcept
{
    switch (reason) {
    case Reason::unauthenticated:
    case Reason::session_invalid:
        return "You need to be signed in to see this.";
    case Reason::session_expired:
    case Reason::session_idle:
        return "Your session has ended. Sign in again to go on.";
    case Reason::session_lost:
        return "You were signed in, but your browser did not keep the session. Allow cookies for "
               "this "
               "site, or tell your administrator.";
    case Reason::session_too_large:
        return "Your account carries more information than this site can keep. Please tell your "
               "administrator.";
    case Reason::tenant_unknown:
        return "This address does not belong to any organization that uses this site. Check the "
               "address.";
    case Reason::organization_mismatch:
        return "You are signed in with another organization than the one this address belongs to.";
    case Reason::connection_mismatch:
        return "You signed in another way than this address asks for.";
    case Reason::requirement_unmet:
    case Reason::insufficient_scope:
        return "You are signed in, but your account does not have access to this. If it should, tell "
               "your administrator.";
    case Reason::method_not_allowed:
        return "This address does not take that kind of request.";
    case Reason::cross_site:
        return "Another site asked for this. For your safety, it was not done.";
    case Reason::request_malformed:
        return "This address is incomplete or was changed on the way. Please start again.";
    case Reason::state_invalid:
        return "The answer that came back from the sign-in service is incomplete or was changed on "
               "the way.";
    case Reason::state_expired:
        return "Signing in took too long. Please start again.";
    case Reason::login_cookie_missing:
        return "This sign-in was started in another browser, or your browser does not keep "
               "cookies.";
    case Reason::login_spent:
        return "This sign-in was already completed once. Please start again.";
    case Reason::provider_error:
        return "The sign-in service refused the sign-in.";
    case Reason::provider_unavailable:
    case Reason::provider_timeout:
    case Reason::discovery_invalid:
    case Reason::discovery_issuer_mismatch:
    case Reason::key_set_invalid:
    case Reason::token_request_failed:
        return "The sign-in service does not answer as it should. Please try again in a moment.";
    case Reason::internal:
        return "Something went wrong on this server. Please try again in a moment.";
    default:
        return "What the sign-in service said about you could not be verified, so you were not "
               "signed in.";
    }
}

std::string errorPage(std::string_view title, std::string_view sentence, std::string_view retryUrl,
                      std::string_view reference)
{
    std::string body = "<p>";
    body += escapeHtml(sentence);
    body += "</p>\n<p><a class=\"action\" href=\"";
    body += escapeHtml(retryUrl);
    body += "\">Try again</a></p>\n<p><small>If it happens again, give your administrator this "
            "reference: <code>";
    body += escapeHtml(reference);
    body += "</code></small></p>\n";
    return page(title, body);
}

std::string logoutPage(std::string_view action)
{
    std::string body =
        "<p>Do you want to sign out of this site?</p>\n<form method=\"post\" action=\"";
    body += escapeHtml(action);
    body += "\"><button>Sign out</button></form>\n";
    return page("Sign out", body);
}

std::string signedOutPage(std::string_view loginUrl)
{
    std::string body = "<p>You are signed out of this site.</p>\n<p><a class=\"action\" href=\"";
    body += escapeHtml(loginUrl);
    body += "\">Sign in again</a></p>\n";
    return page("Signed out", body);
}

std::string escapeHtml(std::string_view text)
{
    std::string escaped;
    for (const char c : text) {
        switch (c) {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        case '\'':
            escaped += "&#39;";
            break;
        default:
            escaped += c;
        }
    }
    return escaped;
}

}  // namespace scalekit
