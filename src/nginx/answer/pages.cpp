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
