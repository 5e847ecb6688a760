#include "oidc/login.hpp"

#include "base/url.hpp"
#include "crypto/digest.hpp"

#include <set>

#include "oidc_fixture.hpp"

using namespace scalekit;
using namespace scalekit::test;
using namespace std::chrono_literals;

namespace {

const std::string nonce(sealNonceSize, 'n');

LoginBinding makeBinding(char seed = 's')
{
    return {bytesOf(seed, bindingSecretSize), now};
}

LoginState makeState()
{
    LoginState state;
    state.id = bytesOf('i', loginIdSize);
    state.created = now;
    state.attempt = 1;
    state.returnUrl = "/reports?year=2026&x=%2F";
    state.organization = "org_1";
    state.connection = "conn_1";
    state.origin = LoginOrigin::endpoint;
    state.domain = "b.example";
    state.provider = "google";
    state.bindingDigest = loginSecrets(makeBinding(), state.id).bindingDigest;
    return state;
}

LoginStart makeStart(std::string_view random, std::string_view cookie = "")
{
    LoginStart start;
    start.redirectUri = "https://app.example/auth/callback";
    start.returnUrl = "/reports";
    start.bindingCookie = cookie;
    start.random = random;
    start.now = now;
    return start;
}

const std::string random1 = bytesOf('1', loginRandomSize);
const std::string random2 = bytesOf('2', loginRandomSize);

}  // namespace

TEST("what follows from secret and login differs with either")
{
    const std::string id = bytesOf('i', loginIdSize);
    const LoginSecrets secrets = loginSecrets(makeBinding(), id);
    const LoginSecrets again = loginSecrets(makeBinding(), id);
    assertView(secrets.codeVerifier, again.codeVerifier);
    assertView(secrets.nonce, again.nonce);
    assertView(secrets.bindingDigest, again.bindingDigest);

    std::set<std::string> all;
    for (const LoginSecrets& each :
         {secrets, loginSecrets(makeBinding(), bytesOf('j', loginIdSize)),
          loginSecrets(makeBinding('t'), id)}) {
        all.insert({each.codeVerifier, each.nonce, each.bindingDigest,
                    base64urlEncode(each.bindingDigest), each.codeVerifier.substr(0, 22)});
    }
    assert_int_equal(all.size(), 15);

    assert_int_equal(secrets.codeVerifier.size(), 43);
    assert_int_equal(secrets.nonce.size(), 22);
    assert_int_equal(secrets.bindingDigest.size(), 16);
    assert_true(base64urlDecode(secrets.codeVerifier).has_value());
}

TEST("nothing follows from a secret or a login id of another size")
{
    const std::string id = bytesOf('i', loginIdSize);
    LoginBinding shorter = makeBinding();
    shorter.secret.pop_back();
    for (const LoginSecrets& none :
         {loginSecrets(makeBinding(), id + "i"), loginSecrets(shorter, id + shorter.secret[0])}) {
        assertView("", none.codeVerifier);
        assertView("", none.nonce);
        assertView("", none.bindingDigest);
    }
}

TEST("a binding returns from its cookie within its life")
{
    const RelyingParty party = makeParty();
    const std::string cookie = assertValue(sealBinding(party, makeBinding(), nonce));

    const LoginBinding binding = assertValue(openBinding(party, cookie, now + 600s));
    assertView(makeBinding().secret, binding.secret);
    assert_true(binding.created == now);
    assert_true(bool(openBinding(party, cookie, now + loginLifetime + party.skew)));
    assertRefused(Reason::login_cookie_missing,
                  openBinding(party, cookie, now + loginLifetime + party.skew + 1s));
    assert_true(bool(openBinding(party, cookie, now - party.skew)));
    assertRefused(Reason::login_cookie_missing, openBinding(party, cookie, now - party.skew - 1s));
}

TEST("a login cookie that was changed, cut, or made elsewhere is none")
{
    const RelyingParty party = makeParty();
    const std::string cookie = assertValue(sealBinding(party, makeBinding(), nonce));

    forEachBitFlip(cookie, [&](const std::string& flipped) {
        assertRefused(Reason::login_cookie_missing, openBinding(party, flipped, now));
    });
    forEachTruncation(cookie, [&](const std::string& cut) {
        assertRefused(Reason::login_cookie_missing, openBinding(party, cut, now));
    });
    for (const std::string& other :
         {cookie + "A", cookie + "=", '"' + cookie + '"', std::string(1 << 20, 'A')}) {
        assertRefused(Reason::login_cookie_missing, openBinding(party, other, now));
    }
    assertRefused(Reason::login_cookie_missing, openBinding(makeParty("other"), cookie, now));
    assertRefused(Reason::login_cookie_missing, openBinding(makeParty("acme", 'z'), cookie, now));
}

TEST("a state returns as it was sealed, and is not readable")
{
    const RelyingParty party = makeParty();
    const std::string text = assertValue(sealState(party, makeState(), nonce));
    const LoginState state = assertValue(openState(party, text));

    assertView(makeState().id, state.id);
    assert_true(state.created == now);
    assert_int_equal(state.attempt, 1);
    assertView("/reports?year=2026&x=%2F", state.returnUrl);
    assertView("org_1", state.organization);
    assertView("conn_1", state.connection);
    assert_true(state.origin == LoginOrigin::endpoint);
    assertView("b.example", state.domain);
    assertView("google", state.provider);
    assertView(makeState().bindingDigest, state.bindingDigest);
    assert_true(base64urlDecode(text).value().find("reports") == std::string::npos);
}

TEST("a state that was changed, cut, or made elsewhere is invalid")
{
    const RelyingParty party = makeParty();
    const std::string text = assertValue(sealState(party, makeState(), nonce));

    forEachBitFlip(text, [&](const std::string& flipped) {
        assertRefused(Reason::state_invalid, openState(party, flipped));
    });
    forEachTruncation(text, [&](const std::string& cut) {
        assertRefused(Reason::state_invalid, openState(party, cut));
    });
    assertRefused(Reason::state_invalid, openState(party, text + "="));
    assertRefused(Reason::state_invalid, openState(makeParty("other"), text));
    assertRefused(Reason::state_invalid, openState(makeParty("acme", 'z'), text));
}

TEST("the tenant of a link opens where it was sealed, and nothing else passes for one")
{
    const RelyingParty party = makeParty();
    const std::string text = assertValue(sealTenant(party, {"org_1", "conn_1"}, nonce));
    const LinkedTenant tenant = assertValue(openTenant(party, text));
    assertView("org_1", tenant.organization);
    assertView("conn_1", tenant.connection);

    forEachBitFlip(text, [&](const std::string& flipped) {
        assertRefused(Reason::request_malformed, openTenant(party, flipped));
    });
    const std::string state = assertValue(sealState(party, makeState(), nonce));
    assertRefused(Reason::request_malformed, openTenant(party, state));
    assertRefused(Reason::state_invalid, openState(party, text));
    assertRefused(Reason::request_malformed, openTenant(makeParty("other"), text));
    assertRefused(Reason::request_malformed, openTenant(party, ""));
    assertRefused(Reason::request_malformed, openTenant(party, "org_1"));
}

TEST("state and login cookie never pass for each other, even under the same keys")
{
    RelyingParty party = makeParty();
    party.bindingKeys = sealKeys("state");
    const std::string text = assertValue(sealState(party, makeState(), nonce));
    const std::string cookie = assertValue(sealBinding(party, makeBinding(), nonce));

    assertRefused(Reason::login_cookie_missing, openBinding(party, text, now));
    assertRefused(Reason::state_invalid, openState(party, cookie));
}

TEST("sealed records of another kind, version, or length are refused")
{
    const RelyingParty party = makeParty();
    const auto text = [](const SealKeys& keys, const std::string& record,
                         std::string_view context) {
        return base64urlEncode(assertValue(keys.seal(record, context, nonce)));
    };
    const auto opened = [](const SealKeys& keys, const std::string& sealed,
                           std::string_view context) {
        return assertValue(keys.open(base64urlDecode(sealed).value(), context));
    };
    const std::string_view loginContext("login\0acme", 10);
    const std::string_view stateContext("state\0acme", 10);

    const std::string binding = opened(
        party.bindingKeys, assertValue(sealBinding(party, makeBinding(), nonce)), loginContext);
    assert_true(bool(openBinding(party, text(party.bindingKeys, binding, loginContext), now)));
    assertRefused(Reason::login_cookie_missing,
                  openBinding(party, text(party.bindingKeys, binding, stateContext), now));
    for (const std::string& other :
         {binding + 'x', binding.substr(0, binding.size() - 1), '\2' + binding.substr(1),
          binding.substr(0, 1) + '\xff' + binding.substr(2), std::string()}) {
        assertRefused(Reason::login_cookie_missing,
                      openBinding(party, text(party.bindingKeys, other, loginContext), now));
    }

    const std::string state =
        opened(party.stateKeys, assertValue(sealState(party, makeState(), nonce)), stateContext);
    assert_true(bool(openState(party, text(party.stateKeys, state, stateContext))));
    assertRefused(Reason::state_invalid,
                  openState(party, text(party.stateKeys, state, loginContext)));
    for (const std::string& other :
         {state + 'x', state.substr(0, state.size() - 1), '\1' + state.substr(1),
          state.substr(0, 1 + loginIdSize) + '\xff' + state.substr(2 + loginIdSize),
          std::string()}) {
        assertRefused(Reason::state_invalid,
                      openState(party, text(party.stateKeys, other, stateContext)));
    }
}

TEST("a return URL that leads elsewhere becomes the front page, sealed or not")
{
    const RelyingParty party = makeParty();
    for (const char* url : {"//evil.example", "/\\evil.example", "https://evil.example/", "",
                            "javascript:alert(1)", "/a\r\nb"}) {
        LoginState state = makeState();
        state.returnUrl = url;
        assertView(
            "/",
            assertValue(openState(party, assertValue(sealState(party, state, nonce)))).returnUrl);

        LoginStart start = makeStart(random1);
        start.returnUrl = url;
        const auto query = queryOf(assertValue(startLogin(party, makeProvider(), start)).location);
        assertView("/", assertValue(openState(party, query.value("state"))).returnUrl);
    }
}

TEST("a return URL of 2,000 bytes travels whole, in a state that a callback may carry")
{
    const RelyingParty party = makeParty();
    LoginStart start = makeStart(random1);
    const std::string url = "/a?" + std::string(maxReturnUrl - 3, 'x');
    start.returnUrl = url;

    const auto query = queryOf(assertValue(startLogin(party, makeProvider(), start)).location);
    assert_true(query.value("state").size() < 3000);
    assertView(url, assertValue(openState(party, query.value("state"))).returnUrl);
}

TEST("a longer return URL keeps its path, and the state its size")
{
    LoginStart start = makeStart(random1);
    const std::string url = "/a?" + std::string(20000, 'x');
    start.returnUrl = url;
    const auto query =
        queryOf(assertValue(startLogin(makeParty(), makeProvider(), start)).location);
    assert_true(query.value("state").size() < 300);
    assertView("/a", assertValue(openState(makeParty(), query.value("state"))).returnUrl);
}

TEST("a state is alive for ten minutes and the skew, and not before its time")
{
    const LoginState state = makeState();
    assert_false(expired(state, now, 30s));
    assert_false(expired(state, now + 630s, 30s));
    assert_true(expired(state, now + 631s, 30s));
    assert_false(expired(state, now - 30s, 30s));
    assert_true(expired(state, now - 31s, 30s));
}

TEST("a login sends state, nonce and challenge that belong to the cookie it sets")
{
    const RelyingParty party = makeParty();
    LoginStart start = makeStart(random1);
    start.routing.organization = "org_1";
    start.routing.connection = "conn_1";
    start.attempt = 1;

    const LoginRedirect redirect = assertValue(startLogin(party, makeProvider(), start));
    const Query query = queryOf(redirect.location);
    const LoginBinding binding = assertValue(openBinding(party, redirect.bindingCookie, now));
    const LoginState state = assertValue(openState(party, query.value("state")));

    assert_true(redirect.location.starts_with("https://acme.scalekit.com/oauth/authorize?"));
    assertView("https://app.example/auth/callback", query.value("redirect_uri"));
    const LoginSecrets secrets = loginSecrets(binding, state.id);
    assertView(secrets.nonce, query.value("nonce"));
    assertView(base64urlEncode(digest(Hash::sha256, secrets.codeVerifier)),
               query.value("code_challenge"));
    assertView(secrets.bindingDigest, state.bindingDigest);
    assertView("org_1", state.organization);
    assertView("conn_1", state.connection);
    assertView("org_1", query.value("organization_id"));
    assert_int_equal(state.attempt, 1);
    assert_true(redirect.location.find(secrets.codeVerifier) == std::string::npos);
}

TEST("later logins of a browser share the cookie's secret and nothing else")
{
    const RelyingParty party = makeParty();
    const LoginRedirect first = assertValue(startLogin(party, makeProvider(), makeStart(random1)));
    const LoginRedirect second =
        assertValue(startLogin(party, makeProvider(), makeStart(random2, first.bindingCookie)));

    assertView("", second.bindingCookie);
    const LoginBinding binding = assertValue(openBinding(party, first.bindingCookie, now));
    for (const LoginRedirect* redirect : {&first, &second}) {
        const LoginState state =
            assertValue(openState(party, queryOf(redirect->location).value("state")));
        assertView(loginSecrets(binding, state.id).bindingDigest, state.bindingDigest);
    }
    for (const char* name : {"state", "nonce", "code_challenge"}) {
        assertCase(queryOf(first.location).value(name) != queryOf(second.location).value(name),
                   name);
    }
}

TEST("a login cookie past half its life is renewed with the same secret")
{
    const RelyingParty party = makeParty();
    const LoginRedirect first = assertValue(startLogin(party, makeProvider(), makeStart(random1)));

    LoginStart later = makeStart(random2, first.bindingCookie);
    later.now = now + loginLifetime / 2 - 1s;
    assertView("", assertValue(startLogin(party, makeProvider(), later)).bindingCookie);

    later.now = now + loginLifetime / 2;
    const LoginRedirect second = assertValue(startLogin(party, makeProvider(), later));
    const LoginBinding renewed = assertValue(openBinding(party, second.bindingCookie, later.now));
    assertView(assertValue(openBinding(party, first.bindingCookie, now)).secret, renewed.secret);
    assert_true(renewed.created == later.now);
}

TEST("a stale or foreign login cookie is replaced by a new secret")
{
    const RelyingParty party = makeParty();
    const std::string cookie =
        assertValue(startLogin(party, makeProvider(), makeStart(random1))).bindingCookie;
    const std::string foreign =
        assertValue(startLogin(makeParty("other"), makeProvider(), makeStart(random1)))
            .bindingCookie;

    LoginStart late = makeStart(random2, cookie);
    late.now = now + loginLifetime + party.skew + 1s;
    for (const LoginStart& start :
         {late, makeStart(random2, foreign), makeStart(random2, "junk")}) {
        const LoginRedirect redirect = assertValue(startLogin(party, makeProvider(), start));
        const LoginBinding binding =
            assertValue(openBinding(party, redirect.bindingCookie, start.now));
        assertView(random2.substr(loginIdSize, bindingSecretSize), binding.secret);
    }
}

TEST("the cookie counts completed logins for a few seconds, and is no login cookie")
{
    const RelyingParty party = makeParty();
    const std::string cookie = assertValue(sealCompletedLogins(party, 2, now, nonce));

    assert_int_equal(2, openCompletedLogins(party, cookie, now));
    assert_int_equal(2, openCompletedLogins(party, cookie, now + completedLoginsLifetime - 1s));
    assert_int_equal(0, openCompletedLogins(party, cookie, now + completedLoginsLifetime));
    assert_int_equal(0, openCompletedLogins(party, cookie, now - party.skew - 1s));
    assert_int_equal(0, openCompletedLogins(party, "", now));
    assert_int_equal(0, openCompletedLogins(party, cookie.substr(1), now));
    assertRefused(Reason::login_cookie_missing, openBinding(party, cookie, now));
    const std::string binding = assertValue(sealBinding(party, makeBinding(), nonce));
    assert_int_equal(0, openCompletedLogins(party, binding, now));
}

TEST("a login remembers how many the browser completed just before")
{
    const RelyingParty party = makeParty();
    const std::string cookie = assertValue(sealCompletedLogins(party, 2, now, nonce));
    const LoginRedirect redirect =
        assertValue(startLogin(party, makeProvider(), makeStart(random1, cookie)));
    const std::size_t begin = redirect.location.find("state=") + 6;
    const std::string state =
        redirect.location.substr(begin, redirect.location.find('&', begin) - begin);
    assert_int_equal(2, assertValue(openState(party, state)).completed);
}

TEST("routing values beyond sane sizes start no login")
{
    const std::string fits(maxRoutingValue, 'x');
    for (std::string Routing::*member :
         {&Routing::connection, &Routing::organization, &Routing::domain, &Routing::provider,
          &Routing::loginHint, &Routing::prompt}) {
        LoginStart start = makeStart(random1);
        start.routing.*member = fits;
        assert_true(bool(startLogin(makeParty(), makeProvider(), start)));
        start.routing.*member = fits + 'x';
        assertRefused(Reason::request_malformed, startLogin(makeParty(), makeProvider(), start));
    }
}

TEST("without enough randomness no login starts")
{
    for (const std::size_t size : {std::size_t{0}, loginRandomSize - 1, loginRandomSize + 1}) {
        const std::string random = bytesOf('1', size);
        assertRefused(Reason::internal, startLogin(makeParty(), makeProvider(), makeStart(random)));
    }
    assertRefused(Reason::internal, sealState(makeParty(), LoginState(), nonce));
    assertRefused(Reason::internal, sealBinding(makeParty(), makeBinding(), "short"));
}

TEST_MAIN()
