#include "session/sign_out_token.hpp"

#include "session/codec.hpp"

#include <string>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const std::string context = sessionContext("__Host-sk_session", "acme");
const std::string id = "sixteen bytes id";

SealKeys keysOf(char secret)
{
    return assertValue(SealKeys::derive({std::string(32, secret)}, "session"));
}

std::string tokenOf(const std::string& session, const std::string& where = context)
{
    return assertValue(sealSignOut(session, keysOf('k'), where, std::string(sealNonceSize, 'n')));
}

TEST("it confirms the sign-out of the session it was made for, and of no other")
{
    assert_true(signOutConfirmed(tokenOf(id), id, keysOf('k'), context));
    assert_false(signOutConfirmed(tokenOf("another session."), id, keysOf('k'), context));
    assert_false(signOutConfirmed(tokenOf(""), id, keysOf('k'), context));
}

TEST("it is bound to the keys and the environment")
{
    assert_false(signOutConfirmed(tokenOf(id), id, keysOf('x'), context));
    const std::string other = sessionContext("__Host-sk_session", "other");
    assert_false(signOutConfirmed(tokenOf(id, other), id, keysOf('k'), context));
}

TEST("any other text confirms nothing")
{
    const std::string token = tokenOf(id);
    std::string altered = token;
    altered[30] = altered[30] == 'A' ? 'B' : 'A';
    for (const std::string& text : {std::string(), std::string("x"), std::string("="), token + "A",
                                    token.substr(1), altered, std::string(5000, 'A')}) {
        assert_false(signOutConfirmed(text, id, keysOf('k'), context));
    }
}

TEST("a session cookie is no such token")
{
    const auto cookie =
        assertValue(sealSession(id, keysOf('k'), context, std::string(sealNonceSize, 'n')));
    assert_false(signOutConfirmed(cookie[0], id, keysOf('k'), context));
}

}  // namespace

TEST_MAIN()
