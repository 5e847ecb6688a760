#include "nginx/answer/pages.hpp"

namespace scalekit {

namespace {

constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--back:#f3f5f8;--card:#fff;--line:#d5d9de;
--accent:#1d4ed8;--strong:#1e40af;--on-accent:#fff;--ring:#6d95f7}
@media(prefers-color-scheme:dark){:root{--text:#e6e8eb;--soft:#a4adb7;--back:#111417;--card:#1b1f24;
--line:#343b43;--accent:#8fb0ff;--strong:#b3c9ff;--on-accent:#0b1530;--ring:#8fb0ff}}
*{box-sizing:border-box}
body{display:grid;place-items:center;min-height:100vh;min-height:100svh;margin:0;padding:1.5rem 1rem;
font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);-webkit-text-size-adjust:100%}
main{width:100%;max-width:28rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.875rem}
h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}
p{margin:0;text-wrap:pretty}
form,p+p{margin-top:1.5rem}
a.action,button{display:inline-block;min-height:2.75rem;padding:.625rem 1.25rem;border:0;border-radius:.5rem;
background:var(--accent);color:var(--on-accent);font:inherit;font-weight:500;text-decoration:none;cursor:pointer}
a.action:hover,button:hover{background:var(--strong)}
:focus-visible{outline:3px solid var(--ring);outline-offset:2px}
small{display:block;padding-top:1.25rem;border-top:1px solid var(--line);color:var(--soft);font-size:.875rem}
code{font:.875rem/1.5 ui-monospace,Menlo,Consolas,monospace}
@media(max-width:26rem){main{padding:1.5rem 1.25rem}}
)css";

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
