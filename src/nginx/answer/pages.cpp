#include "nginx/answer/pages.hpp"

#include "base/text.hpp"

#include <utility>

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

/** Text made safe for HTML content and quoted attributes. */
std::string escapeHtml(std::string_view text)
{
    constexpr std::pair<char, std::string_view> entities[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    std::string escaped;
    for (const char c : text) {
        const auto* entity =
            std::ranges::find(entities, c, &std::pair<char, std::string_view>::first);
        escaped += entity != std::end(entities) ? entity->second : std::string_view(&c, 1);
    }
    return escaped;
}

std::string page(std::string_view title, std::string_view body)
{
    const std::string heading = escapeHtml(title);
    return concat(
        {"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
         heading, "</title>\n<style>", style, "</style>\n</head>\n<body>\n<main>\n<h1>", heading,
         "</h1>\n", body, "</main>\n</body>\n</html>\n"});
}

}  // namespace

std::string errorPage(std::string_view title, std::string_view sentence, std::string_view retryUrl,
                      std::string_view reference)
{
    return page(
        title,
        concat({"<p>", escapeHtml(sentence), "</p>\n<p><a class=\"action\" href=\"",
                escapeHtml(retryUrl),
                "\">Try again</a></p>\n<p><small>If it happens again, give your administrator this "
                "reference: <code>",
                escapeHtml(reference), "</code></small></p>\n"}));
}

std::string logoutPage(std::string_view action)
{
    return page(
        "Sign out",
        concat({"<p>Do you want to sign out of this site?</p>\n<form method=\"post\" action=\"",
                escapeHtml(action), "\"><button>Sign out</button></form>\n"}));
}

std::string otherLoginPage(std::string_view url)
{
    return page("Sign in again?",
                concat({"<p>You are signed in to this site already. The link that brought you here "
                        "signs you in anew, and may be for another organization.</p>\n<p><a "
                        "class=\"action\" href=\"",
                        escapeHtml(url), "\">Sign in anew</a></p>\n"}));
}

std::string signedOutPage(std::string_view loginUrl)
{
    return page("Signed out",
                concat({"<p>You are signed out of this site.</p>\n<p><a class=\"action\" href=\"",
                        escapeHtml(loginUrl), "\">Sign in again</a></p>\n"}));
}

}  // namespace scalekit
