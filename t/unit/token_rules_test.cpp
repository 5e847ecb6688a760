#include "oidc/token_rules.hpp"

#include <string>
#include <vector>

#include "json_text.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const std::chrono::sys_seconds now{std::chrono::seconds(1'800'000'000)};
const std::chrono::seconds skew{30};

Reason times(const std::string& claims, IssuedAt issuedAt)
{
    return checkTimes(documentOf(claims).root(), now, skew, issuedAt);
}

}  // namespace

TEST("a type is named in any case, with application/ in front or without")
{
    for (const char* typ : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"}) {
        assertCase(isType(typ, "at+jwt"), typ);
    }
    for (const char* typ :
         {"", "at", "at+jw", "at+jwtx", "at\x0bjwt", "at+jwt ", " at+jwt", "application/",
          "application", "application/application/at+jwt", "text/at+jwt",
          "application\x0f"
          "at+jwt"}) {
        assertCase(!isType(typ, "at+jwt"), typ);
    }

    // Only letters have two cases.
    assert_false(isType("`[", "@{"));
    assert_false(isType("@{", "`["));
}

TEST("the issuer is one of a list, and a text")
{
    const std::vector<std::string> issuers = {"https://a.example", "https://b.example"};
    for (const char* text : {R"({"iss":"https://a.example"})", R"({"iss":"https://b.example"})"}) {
        assertCase(issuerIsOneOf(documentOf(text).root(), issuers), text);
    }
    for (const char* text : {"{}", R"({"iss":""})", R"({"iss":"https://a.example/"})",
                             R"({"iss":["https://a.example"]})", R"({"iss":null})",
                             R"({"iss":"https://a.example\u0001"})"}) {
        assertCase(!issuerIsOneOf(documentOf(text).root(), issuers), text);
    }
    assert_false(issuerIsOneOf(documentOf(R"({"iss":""})").root(), {}));
}

TEST("audienceHolds reads strings and arrays of strings")
{
    for (const char* text : {R"({"aud":"a"})", R"({"aud":["b","a"]})", R"({"aud":[1,"a"]})"}) {
        assertCase(audienceHolds(documentOf(text).root(), "a"), text);
    }
    for (const char* text :
         {"{}", R"({"aud":"ab"})", R"({"aud":[]})", R"({"aud":{"a":"a"}})", R"({"aud":[["a"]]})"}) {
        assertCase(!audienceHolds(documentOf(text).root(), "a"), text);
    }
}

TEST("the time of issue may be left out where it is optional, and is a time that has come")
{
    const struct {
        const char* claims;
        Reason required;
        Reason optional;
    } rows[] = {
        {R"({"exp":1800000300})", Reason::issued_at_invalid, Reason::none},
        {R"({"exp":1800000300,"iat":null})", Reason::issued_at_invalid, Reason::issued_at_invalid},
        {R"({"exp":1800000300,"iat":1800000031})", Reason::issued_at_invalid,
         Reason::issued_at_invalid},
        {R"({"exp":1800000300,"iat":1800000030})", Reason::none, Reason::none},
        {R"({"exp":1799999970,"iat":1900000000})", Reason::token_expired, Reason::token_expired},
        {R"({"exp":1800000300,"nbf":1900000000,"iat":1900000000})", Reason::token_not_yet_valid,
         Reason::token_not_yet_valid},
        {"{}", Reason::claims_malformed, Reason::claims_malformed},
    };
    for (const auto& row : rows) {
        assertReason(row.required, times(row.claims, IssuedAt::required));
        assertReason(row.optional, times(row.claims, IssuedAt::optional));
    }
}

TEST("a member is absent, or says exactly what it must")
{
    for (const char* text : {"{}", R"({"b":"x"})", R"({"a":"x"})"}) {
        assertCase(absentOrEqual(documentOf(text).root(), "a", "x"), text);
    }
    for (const char* text : {R"({"a":"y"})", R"({"a":""})", R"({"a":null})", R"({"a":["x"]})",
                             R"({"a":"x\u0001"})", R"({"a":1})"}) {
        assertCase(!absentOrEqual(documentOf(text).root(), "a", "x"), text);
    }
    assert_false(absentOrEqual(documentOf(R"({"a":null})").root(), "a", ""));
}

TEST_MAIN()
