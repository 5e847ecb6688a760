#include "oidc/finding.hpp"

#include <string>

#include "json_text.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

TEST("a refused token request tells its status and error, and nothing else")
{
    assertView(R"(HTTP status 401, error "invalid_client")",
               tokenErrorFinding(401, R"({"error":"invalid_client","error_description":"s3cret"})",
                                 "code"));
    assertView("HTTP status 502", tokenErrorFinding(502, "<html>Bad gateway</html>", "code"));
    assertView("HTTP status 400", tokenErrorFinding(400, R"({"error":["x"]})", "code"));
    assertView("HTTP status 400", tokenErrorFinding(400, R"(["error"])", "code"));
    assertView(R"(HTTP status 400, error "a\x0Ab")",
               tokenErrorFinding(400, R"({"error":"a\nb"})", "code"));
    assert_true(
        tokenErrorFinding(400, R"({"error":")" + std::string(5000, 'x') + R"("})", "code").size() <
        120);
    assertView("HTTP status 400",
               tokenErrorFinding(400, R"({"error":"no code-1 here"})", "code-1"));
}

TEST("the header of a token that was not verified tells its algorithm and key")
{
    // {"alg":"HS256","kid":"k\n1"}
    assertView(R"(alg "HS256", kid "k\x0A1")",
               headerFinding(Reason::algorithm_not_allowed,
                             "eyJhbGciOiJIUzI1NiIsImtpZCI6ImtcbjEifQ.e30.c2ln"));
    assertView("", headerFinding(Reason::token_malformed, "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"));
    assertView("", headerFinding(Reason::key_unknown, "%%%"));
    assertView("", headerFinding(Reason::key_unknown, ""));
}

}  // namespace

TEST_MAIN()
