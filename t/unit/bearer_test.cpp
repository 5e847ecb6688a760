#include "oidc/bearer.hpp"

#include <string>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

using Kind = Credentials::Kind;

struct Row {
    std::string text;
    Kind kind;
    std::string_view token{};
};

void check(const Row& row, Credentials credentials)
{
    if (credentials.kind == Kind::token && !isBearerToken(credentials.token)) {
        credentials = {Kind::malformed, {}};
    }
    assertCase(credentials.kind == row.kind, row.text);
    assertView(row.token, credentials.token);
}

void checkAuthorization(const Row& row)
{
    check(row, readAuthorization(row.text));
}

}  // namespace

TEST("an Authorization field brings a bearer token, in any case and after any number of spaces")
{
    for (const Row& row : {
             Row{"Bearer t", Kind::token, "t"},
             Row{"bEARER t", Kind::token, "t"},
             Row{"bearer t", Kind::token, "t"},
             Row{"BEARER t", Kind::token, "t"},
             Row{"Bearer    t", Kind::token, "t"},
             Row{" \tBearer t", Kind::token, "t"},
             Row{"Bearer t\t ", Kind::token, "t"},
             Row{"Bearer eyJ.eyJ.s-_", Kind::token, "eyJ.eyJ.s-_"},
             Row{"Bearer aZ09-._~+/", Kind::token, "aZ09-._~+/"},
             Row{"Bearer a=", Kind::token, "a="},
             Row{"Bearer a===", Kind::token, "a==="},
             Row{"Bearer Bearer", Kind::token, "Bearer"},
         }) {
        checkAuthorization(row);
    }
}

TEST("no Authorization and other schemes are none of ours")
{
    for (const char* text : {"",
                             " ",
                             "\t",
                             " \t ",
                             "X",
                             "Basic",
                             "Basic dTpw",
                             "Bearerx y",
                             "Bearerx",
                             "Beare",
                             "Bear er",
                             "B",
                             "xBearer t",
                             "Bearer-x t",
                             "Bearer1 t",
                             "Negotiate a==",
                             "DPoP eyJ.eyJ.s",
                             "=",
                             ",",
                             "t",
                             "eyJ.eyJ.s",
                             "\"Bearer\" t"}) {
        checkAuthorization({text, Kind::none});
    }
}

TEST("Bearer without what can be a token is malformed")
{
    for (const char* text : {
             "Bearer",       "bearer",         "Bearer ",         "Bearer  ",
             " Bearer ",     "Bearer \t",  // no token
             "Bearer\tx",    "Bearer \tx",     "Bearer x\ty",     "Bearer,x",
             "Bearer=x",     "Bearer:x",                                                 // no space
             "Bearer a b",   "Bearer a, b",    "Bearer a,b",      "Bearer a, Bearer b",  // several
             "Bearer =",     "Bearer ==",      "Bearer =a",       "Bearer a=b",
             "Bearer a=b=",  // "="
             "Bearer \"a\"", "Bearer token=a", "Bearer a?",       "Bearer a;b",
             "Bearer a%20b", "Bearer a\\b",    "Bearer \x01",     "Bearer a\r\nb",
             "Bearer a\n",   "Bearer a\x7f",   "Bearer \xc3\xa4", "Bearer a\xff",
             "Bearer\x01",   "Bearer\n a",     "Bearer\xc2\xa0x",
         }) {
        checkAuthorization({text, Kind::malformed});
    }

    using namespace std::string_literals;
    for (const std::string& text : {"Bearer a\0"s, "Bearer \0"s, "Bearer\0a"s, "Bearer a\0b"s}) {
        checkAuthorization({text, Kind::malformed});
    }
}

TEST("every byte is allowed in a token, or is not")
{
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    for (int c = 0; c < 256; c++) {
        const char byte = static_cast<char>(c);
        const std::string token = std::string("a") + byte + "b";
        const bool good = allowed.find(byte) != std::string_view::npos;
        checkAuthorization({"Bearer " + token, good ? Kind::token : Kind::malformed,
                            good ? std::string_view(token) : std::string_view()});
        check({token, good ? Kind::token : Kind::malformed,
               good ? std::string_view(token) : std::string_view()},
              readToken(token));
    }
}

TEST("a token that is cut short stays a token, or none at all")
{
    const std::string field = "Bearer abc";
    forEachTruncation(field, [&](const std::string& text) {
        const Kind expected = text.size() < 6   ? Kind::none
                              : text.size() < 8 ? Kind::malformed
                                                : Kind::token;
        assertCase(readAuthorization(text).kind == expected, text);
    });
}

TEST("a megabyte is read in one pass")
{
    const std::string big(1 << 20, 'a');
    const std::string field = "Bearer " + big;
    assertCase(readAuthorization(field).token == big, "a long token");
    assertCase(readAuthorization(big).kind == Kind::none, "a long scheme");
    assertCase(readAuthorization("Bearer" + std::string(1 << 20, ' ')).kind == Kind::malformed,
               "spaces");
    assertCase(!isBearerToken(std::string(1 << 20, '=')), "padding");
}

TEST("a token without a scheme stands for itself")
{
    for (const Row& row : {
             Row{"", Kind::none},
             Row{"eyJ.eyJ.s-_", Kind::token, "eyJ.eyJ.s-_"},
             Row{"a==", Kind::token, "a=="},
             Row{"Bearer", Kind::token, "Bearer"},
             Row{"Bearer t", Kind::malformed},
             Row{" ", Kind::malformed},
             Row{" t", Kind::malformed},
             Row{"t ", Kind::malformed},
             Row{"=", Kind::malformed},
             Row{"\"t\"", Kind::malformed},
             Row{"a,b", Kind::malformed},
             Row{"a\n", Kind::malformed},
         }) {
        check(row, readToken(row.text));
    }
}

TEST("a challenge names what it has, in one order")
{
    assertView("Bearer", bearerChallenge({}));
    assertView("Bearer realm=\"acme\"", bearerChallenge({.realm = "acme"}));
    assertView("Bearer error=\"invalid_token\"", bearerChallenge({.error = "invalid_token"}));
    assertView("Bearer realm=\"acme\", "
               "resource_metadata=\"https://api.example/.well-known/oauth-protected-resource/mcp\"",
               bearerChallenge({.realm = "acme",
                                .resourceMetadata = "https://api.example/.well-known/"
                                                    "oauth-protected-resource/mcp"}));

    Challenge all;
    all.resourceMetadata = "https://api.example/m";
    all.scope = "task:read task:write";
    all.description = rowOf(Reason::insufficient_scope).bearerDescription;
    all.error = rowOf(Reason::insufficient_scope).bearerError;
    all.realm = "the acme API";
    assertView("Bearer realm=\"the acme API\", error=\"insufficient_scope\", "
               "error_description=\"The access token lacks a scope that is required here\", "
               "scope=\"task:read task:write\", resource_metadata=\"https://api.example/m\"",
               bearerChallenge(all));
}

TEST("a challenge escapes quotes and backslashes, and drops what a header or RFC 6750 cannot hold")
{
    assertView("Bearer realm=\"a\\\"b\\\\c\"", bearerChallenge({.realm = "a\"b\\c"}));
    assertView("Bearer realm=\"ab\"", bearerChallenge({.realm = "a\r\n\t\x01\x7f\xc3\xa4"
                                                                "b"}));
    assertView("Bearer realm=\"a, error=b\"", bearerChallenge({.realm = "a, error=b"}));
    assertView("Bearer error_description=\"ab c~!\"",
               bearerChallenge({.description = "a\"b\\ c\r\n~!\x7f\xff"}));
    assertView("Bearer scope=\"ab c\"", bearerChallenge({.scope = "a\"b \\c\n"}));
    assertView("Bearer resource_metadata=\"https://h/\\\"\"",
               bearerChallenge({.resourceMetadata = "https://h/\"\n"}));
}

TEST("every reason has its error code and a sentence, or neither")
{
    for (int i = 0; i <= static_cast<int>(Reason::internal); i++) {
        const Reason reason = static_cast<Reason>(i);
        const bool ofToken =
            reason >= Reason::token_malformed && reason <= Reason::token_type_mismatch;
        const std::string_view expected = reason == Reason::request_malformed ? "invalid_request"
                                          : reason == Reason::insufficient_scope
                                              ? "insufficient_scope"
                                          : ofToken ? "invalid_token"
                                                    : "";
        const std::string_view description = rowOf(reason).bearerDescription;

        assertView(expected, rowOf(reason).bearerError);
        assertCase(description.empty() == expected.empty(), word(reason));
        if (!description.empty()) {
            assertView("Bearer error_description=\"" + std::string(description) + "\"",
                       bearerChallenge({.description = description}));
        }
    }
    assertView("The access token has expired", rowOf(Reason::token_expired).bearerDescription);
}

TEST_MAIN()
