#include "oidc/flow.hpp"

#include "oidc_fixture.hpp"

using namespace scalekit;
using namespace scalekit::test;
using namespace std::chrono_literals;

namespace {

std::string success(const Begun& login, std::string_view more = "")
{
    return "code=the-code&state=" + login.state + std::string(more);
}

Callback open(const RelyingParty& party, const std::string& query, std::string_view cookie,
              std::chrono::sys_seconds when = now, const Provider& provider = makeProvider())
{
    return openCallback(party, provider, query, cookie, when);
}

void assertCallback(Callback::Kind kind, Reason reason, const Callback& callback,
                    const char* file = __builtin_FILE(), int line = __builtin_LINE())
{
    assertReason(reason, callback.reason, file, line);
    assertCase(callback.kind == kind, "the callback is of another kind", file, line);
}

}  // namespace

TEST("a callback of the browser that began the login is complete")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party, routing("org_1", ""));
    const Callback callback = open(party, success(login, "&scope=openid"), login.cookie);

    assertCallback(Callback::Kind::complete, Reason::none, callback);
    assertView("the-code", callback.code);
    assertView("/reports?year=2026", callback.state.returnUrl);
    assertView("org_1", callback.state.organization);
    assertView(login.nonce, callback.secrets.nonce);
}

TEST("a callback without a state of ours is refused")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party);
    const Begun foreign = begin(makeParty("other"));

    assertCallback(Callback::Kind::refuse, Reason::state_invalid,
                   open(party, "code=c", login.cookie));
    assertCallback(Callback::Kind::refuse, Reason::state_invalid,
                   open(party, "code=c&state=", login.cookie));
    assertCallback(Callback::Kind::refuse, Reason::state_invalid,
                   open(party, "code=c&state=abc", login.cookie));
    assertCallback(Callback::Kind::refuse, Reason::state_invalid,
                   open(party, success(foreign), login.cookie));
    assertCallback(Callback::Kind::refuse, Reason::state_invalid,
                   open(party, "code=c&state=" + login.cookie, login.cookie));
}

TEST("a callback that is no authorization response is refused")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party);

    for (const std::string& query :
         {std::string(), "state=" + login.state, success(login, "&code=d"),
          success(login, "&error=access_denied"), success(login, "&state=x")}) {
        assertCallback(Callback::Kind::refuse, Reason::request_malformed,
                       open(party, query, login.cookie));
    }
}

TEST("a callback of another browser, or one that lost its cookie, is an orphan that knows its "
     "return URL")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party, {}, '1', 1);
    const Begun other = begin(party, {}, '2');

    for (const std::string& cookie :
         {std::string(), other.cookie, std::string("junk"), begin(makeParty("other")).cookie}) {
        const Callback callback = open(party, success(login), cookie);
        assertCallback(Callback::Kind::orphan, Reason::login_cookie_missing, callback);
        assertView("/reports?year=2026", callback.state.returnUrl);
        assert_int_equal(callback.state.attempt, 1);
        assertView("", callback.code);
    }
}

TEST("a callback that comes too late is an orphan")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party);

    assertCallback(Callback::Kind::complete, Reason::none,
                   open(party, success(login), login.cookie, now + 630s));
    const Callback late = open(party, success(login), login.cookie, now + 631s);
    assertCallback(Callback::Kind::orphan, Reason::state_expired, late);
    assertView("/reports?year=2026", late.state.returnUrl);
}

TEST("a callback of another issuer is refused before anything else is looked at, errors too")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party);

    assertCallback(
        Callback::Kind::complete, Reason::none,
        open(party, success(login, "&iss=https%3A%2F%2Facme.scalekit.com"), login.cookie));
    for (const std::string& query :
         {success(login, "&iss=https%3A%2F%2Fevil.example"), success(login, "&iss="),
          "error=access_denied&iss=https%3A%2F%2Fevil.example&state=" + login.state,
          std::string("error=access_denied&iss=https%3A%2F%2Fevil.example")}) {
        assertCallback(Callback::Kind::refuse, Reason::response_issuer_mismatch,
                       open(party, query, login.cookie));
    }
}

TEST(
    "a provider that promises its issuer must name it; an error without it is told and leads nowhere")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party);
    Provider provider = makeProvider();
    provider.responseIssuer = true;

    assertCallback(Callback::Kind::refuse, Reason::response_issuer_missing,
                   open(party, success(login), login.cookie, now, provider));
    const Callback error =
        open(party, "error=access_denied&state=" + login.state, login.cookie, now, provider);
    assertCallback(Callback::Kind::providerError, Reason::provider_error, error);
    assertView("access_denied", error.error);
    assertView("", error.state.id);
    assertCallback(Callback::Kind::complete, Reason::none,
                   open(party, success(login, "&iss=https%3A%2F%2Facme.scalekit.com"), login.cookie,
                        now, provider));
}

TEST("an error of the provider is told by a known word, with the login it belongs to")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party);

    const Callback known =
        open(party, "error=user_not_active&error_description=x&state=" + login.state, login.cookie);
    assertCallback(Callback::Kind::providerError, Reason::provider_error, known);
    assertView("user_not_active", known.error);
    assertView("/reports?year=2026", known.state.returnUrl);
    assertView("", known.code);

    assertView("unknown",
               open(party, "error=%3Cscript%3E&state=" + login.state, login.cookie).error);
}

TEST("an error of the provider without a state of ours belongs to no login")
{
    const RelyingParty party = makeParty();
    for (const char* query : {"error=server_error", "error=server_error&state=junk"}) {
        const Callback callback = open(party, query, begin(party).cookie);
        assertCallback(Callback::Kind::providerError, Reason::provider_error, callback);
        assertView("server_error", callback.error);
        assertView("", callback.state.id);
        assertView("", callback.state.returnUrl);
    }
}

TEST("an error that another browser brings is an orphan as well")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party);
    assertCallback(Callback::Kind::orphan, Reason::login_cookie_missing,
                   open(party, "error=access_denied&state=" + login.state, ""));
}

TEST("two logins of one browser complete with the one cookie, in any order")
{
    const RelyingParty party = makeParty();
    const Begun first = begin(party);
    const std::string random = bytesOf('2', loginRandomSize);
    LoginStart start;
    start.returnUrl = "/second";
    start.bindingCookie = first.cookie;
    start.random = random;
    start.now = now;
    const auto second = assertValue(startLogin(party, makeProvider(), start));
    const Query query = queryOf(second.location);

    const Callback later =
        open(party, "code=c&state=" + std::string(query.value("state")), first.cookie);
    assertCallback(Callback::Kind::complete, Reason::none, later);
    assertView("/second", later.state.returnUrl);
    assertCallback(Callback::Kind::complete, Reason::none,
                   open(party, success(first), first.cookie));
}

TEST_MAIN()
