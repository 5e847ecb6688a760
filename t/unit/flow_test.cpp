#include "oidc/flow.hpp"

#include "crypto/digest.hpp"

#include "oidc_fixture.hpp"

using namespace scalekit;
using namespace scalekit::test;
using namespace std::chrono_literals;

namespace {

const Signer& signer()
{
    static const Signer key = Signer::rsa("snk_1");
    return key;
}

const Signer& otherSigner()
{
    static const Signer key = Signer::ed25519("snk_2");
    return key;
}

/** The provider keeps the id and replaces the key. */
const Signer& replacedSigner()
{
    static const Signer key = Signer::rsa("snk_1");
    return key;
}

std::string claims(std::string_view nonce, std::string_view more = "")
{
    return R"({"iss":"https://acme.scalekit.com","aud":["skc_123"],"sub":"conn_1;jane","oid":"org_1","amr":["conn_1"],)"
           R"("email":"jane@acme.com","exp":1800000300,"iat":1800000000,"nonce":")" +
           std::string(nonce) + '"' + std::string(more) + "}";
}

/** An access token's claims of the same login. */
std::string accessClaims(std::string_view more = "", std::string_view subject = "conn_1;jane")
{
    return R"({"iss":"https://acme.scalekit.com","aud":["https://api.example"],"oid":"org_1","jti":"tkn_1",)"
           R"("client_id":"skc_123","roles":["admin"],"permissions":["data:read"],"scope":"openid email",)"
           R"("exp":1800000300,"iat":1800000000,"sub":")" +
           std::string(subject) + '"' + std::string(more) + "}";
}

std::string tokenResponse(std::string_view idToken, std::string_view accessToken = "at")
{
    return R"({"access_token":")" + std::string(accessToken) +
           R"(","token_type":"Bearer","expires_in":299,"id_token":")" + std::string(idToken) +
           "\"}";
}

/** A flow whose code is to be exchanged, for a login of this party. */
struct Running {
    RelyingParty party = makeParty();
    Begun login;
    std::shared_ptr<const KeySet> keys;
    LoginFlow flow;

    explicit Running(Routing routing = {},
                     std::shared_ptr<const KeySet> present = signer().keySet())
        : login(begin(party, std::move(routing))), keys(std::move(present)),
          flow(party, std::make_shared<const Provider>(makeProvider()),
               openCallback(party, makeProvider(), "code=the-code&state=" + login.state,
                            login.cookie, now),
               "https://app.example/auth/callback")
    {}

    Step answer(const std::string& idToken, std::string_view accessToken = "at")
    {
        return flow.onTokenResponse(200, tokenResponse(idToken, accessToken), keys, now);
    }

    /** A good ID token of this login with further members, and this access token. */
    Step answerWith(std::string_view accessToken, std::string_view more = "")
    {
        return answer(signer().sign(claims(login.nonce, more)), accessToken);
    }
};

void assertRefusal(Reason reason, const Step& step, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE())
{
    const Refuse* refuse = std::get_if<Refuse>(&step);
    assertCase(refuse != nullptr, "the step is no refusal", file, line);
    assertReason(reason, refuse->reason, file, line);
}

Done assertDone(Step step, const char* file = __builtin_FILE(), int line = __builtin_LINE())
{
    const Refuse* refuse = std::get_if<Refuse>(&step);
    assertCase(refuse == nullptr, refuse != nullptr ? word(refuse->reason) : "", file, line);
    assertCase(std::holds_alternative<Done>(step), "the login is not done", file, line);
    return std::get<Done>(std::move(step));
}

std::string joined(const Done& done, std::string_view name)
{
    std::string text;
    for (const Claim& claim : done.identity.claims) {
        if (claim.name == name) {
            text += claim.list ? "list" : "scalar";
            for (const std::string& value : claim.values) {
                text += '|' + value;
            }
        }
    }
    return text.empty() ? "(none)" : text;
}

}  // namespace

TEST("the token request carries the verifier of the challenge that was sent")
{
    Running login;
    const Step step = login.flow.begin();
    const TokenRequest& request = std::get<FetchToken>(step).request;
    const Query form = assertValue(Query::parse(request.body));

    assertView("https://acme.scalekit.com/oauth/token", request.url);
    assertView("the-code", form.value("code"));
    assertView("https://app.example/auth/callback", form.value("redirect_uri"));
    assertView(login.login.challenge,
               base64urlEncode(digest(Hash::sha256, form.value("code_verifier"))));
}

TEST("a callback that is not complete leads to no token request")
{
    const RelyingParty party = makeParty();
    const Begun login = begin(party);
    const Callback orphan =
        openCallback(party, makeProvider(), "code=c&state=" + login.state, "", now);
    LoginFlow flow(party, std::make_shared<const Provider>(makeProvider()), orphan,
                   "https://app.example/auth/callback");
    assertRefusal(Reason::internal, flow.begin());
}

TEST("a good ID token makes an identity and leads to the return URL")
{
    for (const Signer* key : {&signer(), &otherSigner()}) {
        Running login({}, key->keySet());
        const Done done = assertDone(login.answer(key->sign(claims(login.login.nonce))));
        assertView("conn_1;jane", done.identity.subject);
        assertView("org_1", done.identity.organization);
        assertView("jane@acme.com", done.identity.email);
        assertView("/reports?year=2026", done.returnUrl);
    }
}

TEST("organization and connection are those that were asked for")
{
    for (const Routing& asked :
         {routing("org_1", ""), routing("", "conn_1"), routing("org_1", "conn_1")}) {
        Running login(asked);
        assertDone(login.answer(signer().sign(claims(login.login.nonce))));
    }

    for (const char* organization : {"org_2", "org_", "org_11", "ORG_1"}) {
        Running login(routing(organization, ""));
        assertRefusal(Reason::organization_mismatch,
                      login.answer(signer().sign(claims(login.login.nonce))));
    }
    for (const char* connection : {"conn_2", "conn_", "conn_11"}) {
        Running login(routing("", connection));
        assertRefusal(Reason::connection_mismatch,
                      login.answer(signer().sign(claims(login.login.nonce))));
    }
}

TEST("a token endpoint that refuses, or answers nonsense, ends the login")
{
    Running login;
    assertRefusal(Reason::token_request_refused,
                  login.flow.onTokenResponse(400, R"({"error":"invalid_grant"})", login.keys, now));
    assertRefusal(Reason::token_request_refused,
                  login.flow.onTokenResponse(503, "", login.keys, now));
    assertRefusal(Reason::token_response_invalid,
                  login.flow.onTokenResponse(200, "<html>", login.keys, now));
}

TEST("an ID token that breaks a rule ends the login with the rule's reason")
{
    Running login;
    const std::string& nonce = login.login.nonce;
    const struct {
        std::string claims;
        Reason reason;
    } rows[] = {
        {claims("other"), Reason::nonce_mismatch},
        {claims(begin(login.party, {}, '2').nonce), Reason::nonce_mismatch},
        {claims(nonce, R"(,"azp":"skc_999")"), Reason::authorized_party_mismatch},
        {claims(nonce, R"(,"nbf":1800009999)"), Reason::token_not_yet_valid},
        {claims(nonce, R"(,"at_hash":"AAAAAAAAAAAAAAAAAAAAAA")"), Reason::at_hash_mismatch},
        {claims(nonce, R"(,"c_hash":"AAAAAAAAAAAAAAAAAAAAAA")"), Reason::c_hash_mismatch},
        {R"({"iss":"https://evil.example"})", Reason::issuer_mismatch},
        {"[]", Reason::claims_malformed},
    };
    for (const auto& row : rows) {
        assertRefusal(row.reason, login.answer(signer().sign(row.claims)));
    }

    assertRefusal(Reason::token_type_mismatch,
                  login.answer(signer().sign(claims(nonce), "at+jwt")));
    assertRefusal(Reason::token_expired,
                  login.flow.onTokenResponse(200, tokenResponse(signer().sign(claims(nonce))),
                                             login.keys, now + 3600s));
    assertRefusal(Reason::token_malformed, login.answer("a.b"));
    assertRefusal(Reason::algorithm_not_allowed,
                  login.answer(base64urlEncode(R"({"alg":"none"})") + '.' +
                               base64urlEncode(claims(nonce)) + '.'));
}

TEST("at_hash and c_hash of this very login are accepted")
{
    Running login;
    const auto half = [](std::string_view text) {
        return base64urlEncode(digest(Hash::sha256, text).substr(0, 16));
    };
    assertDone(login.answer(
        signer().sign(claims(login.login.nonce, R"(,"at_hash":")" + half("at") + R"(","c_hash":")" +
                                                    half("the-code") + '"'))));
}

TEST("a key that is not in the set is fetched once, and completes the login")
{
    Running login;
    const Step step = login.answer(otherSigner().sign(claims(login.login.nonce)));
    assert_true(std::holds_alternative<FetchKeys>(step));
    assertDone(login.flow.onKeys(otherSigner().keySet(), now));
}

TEST("a key that was replaced under its old id is fetched once, and completes the login")
{
    Running login;
    const Step step = login.answer(replacedSigner().sign(claims(login.login.nonce)));
    assert_true(std::holds_alternative<FetchKeys>(step));
    assertDone(login.flow.onKeys(replacedSigner().keySet(), now));
}

TEST("keys are fetched once and no more")
{
    Running unknown;
    assert_true(std::holds_alternative<FetchKeys>(
        unknown.answer(otherSigner().sign(claims(unknown.login.nonce)))));
    assertRefusal(Reason::key_unknown, unknown.flow.onKeys(signer().keySet(), now));

    Running forged;
    assert_true(std::holds_alternative<FetchKeys>(
        forged.answer(replacedSigner().sign(claims(forged.login.nonce)))));
    assertRefusal(Reason::signature_invalid, forged.flow.onKeys(signer().keySet(), now));
}

TEST("when the keys cannot be fetched anew, those at hand decide")
{
    Running login;
    assert_true(std::holds_alternative<FetchKeys>(
        login.answer(otherSigner().sign(claims(login.login.nonce)))));
    assertRefusal(Reason::key_unknown, login.flow.onKeys(nullptr, now));
}

TEST("a login that begins before any keys are known asks for them")
{
    Running login({}, nullptr);
    assert_true(
        std::holds_alternative<FetchKeys>(login.answer(signer().sign(claims(login.login.nonce)))));
    assertDone(login.flow.onKeys(signer().keySet(), now));

    Running unavailable({}, nullptr);
    assert_true(std::holds_alternative<FetchKeys>(
        unavailable.answer(signer().sign(claims(unavailable.login.nonce)))));
    assertRefusal(Reason::provider_unavailable, unavailable.flow.onKeys(nullptr, now));
}

TEST("where the first keys lack the token's, newer ones are asked for once")
{
    Running login({}, nullptr);
    assert_true(std::holds_alternative<FetchKeys>(
        login.answer(otherSigner().sign(claims(login.login.nonce)))));
    assert_true(std::holds_alternative<FetchKeys>(login.flow.onKeys(signer().keySet(), now)));
    assertRefusal(Reason::key_unknown, login.flow.onKeys(signer().keySet(), now));
}

TEST("fetched keys complete no login whose ID token breaks a rule")
{
    Running login(routing("org_2", ""));
    assert_true(std::holds_alternative<FetchKeys>(
        login.answer(otherSigner().sign(claims(login.login.nonce)))));
    assertRefusal(Reason::organization_mismatch, login.flow.onKeys(otherSigner().keySet(), now));
}

TEST("roles, permissions and scopes of a verified access token are added to the ID token's claims")
{
    for (const char* type : {"JWT", "at+jwt"}) {
        Running login;
        const Done done = assertDone(login.answerWith(signer().sign(accessClaims(), type),
                                                      R"(,"roles":["member"],"locale":"de")"));
        assertReason(Reason::none, done.accessToken);
        assertView("list|member|admin", joined(done, "roles"));
        assertView("list|data:read", joined(done, "permissions"));
        assertView("scalar|openid email", joined(done, "scope"));
        assertView("scalar|de", joined(done, "locale"));
        assertView("(none)", joined(done, "client_id"));
        assertView("conn_1", done.identity.connection);
    }
}

TEST("scopes are the access token's to grant: a claim of that name in the ID token is none")
{
    Running login;
    const Done done =
        assertDone(login.answerWith("at", R"(,"scope":"admin","scopes":["admin"],"plan":"free")"));
    assertView("(none)", joined(done, "scope"));
    assertView("(none)", joined(done, "scopes"));
    assertView("scalar|free", joined(done, "plan"));
}

TEST("an opaque access token adds nothing, and nothing is amiss")
{
    for (const char* opaque :
         {"at", "a.b.c", "...", "eyJhbGciOiJSUzI1NiJ9.e30", "2YotnFZFEjr1zCsicMWpAA=="}) {
        Running login;
        const Done done = assertDone(login.answerWith(opaque, R"(,"roles":["member"])"));
        assertReason(Reason::none, done.accessToken);
        assertView("list|member", joined(done, "roles"));
        assertView("(none)", joined(done, "scope"));
    }
}

TEST("an access token that does not verify, or breaks a rule, adds nothing and fails no login")
{
    std::string forged = signer().sign(accessClaims());
    forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';

    const struct {
        std::string token;
        Reason reason;
    } rows[] = {
        {forged, Reason::signature_invalid},
        {replacedSigner().sign(accessClaims()), Reason::signature_invalid},
        {otherSigner().sign(accessClaims()), Reason::key_unknown},
        {signer().sign("[]"), Reason::claims_malformed},
        {signer().sign(accessClaims("", "conn_1;john")), Reason::subject_missing},
        {signer().sign(accessClaims(), "logout+jwt"), Reason::token_type_mismatch},
        {signer().sign(accessClaims(R"(,"nonce":"n")")), Reason::token_type_mismatch},
        {signer().sign(accessClaims(R"(,"nbf":1800009999)")), Reason::token_not_yet_valid},
        {signer().sign(accessClaims(R"(,"azp":"skc_999")")), Reason::authorized_party_mismatch},
        {signer().sign(accessClaims(R"(,"scopes":"a b")")), Reason::claims_malformed},
    };
    for (const auto& row : rows) {
        Running login;
        const Done done = assertDone(login.answerWith(row.token, R"(,"roles":["member"])"));
        assertReason(row.reason, done.accessToken);
        assertView("list|member", joined(done, "roles"));
        assertView("(none)", joined(done, "permissions"));
        assertView("(none)", joined(done, "scope"));
        assertView("/reports?year=2026", done.returnUrl);
    }
}

TEST("the ID token in place of the access token adds nothing")
{
    Running login;
    const std::string idToken = signer().sign(claims(login.login.nonce));
    const Done done = assertDone(login.answer(idToken, idToken));
    assertReason(Reason::token_type_mismatch, done.accessToken);
}

TEST("keys that were fetched for the ID token verify the access token, too")
{
    Running login;
    assert_true(std::holds_alternative<FetchKeys>(login.answer(
        otherSigner().sign(claims(login.login.nonce)), otherSigner().sign(accessClaims()))));
    const Done done = assertDone(login.flow.onKeys(otherSigner().keySet(), now));
    assertReason(Reason::none, done.accessToken);
    assertView("list|admin", joined(done, "roles"));
}

TEST("a good access token completes no login whose ID token breaks a rule")
{
    Running login;
    assertRefusal(Reason::nonce_mismatch,
                  login.answer(signer().sign(claims("other")), signer().sign(accessClaims())));
    assertRefusal(Reason::token_type_mismatch, login.answer(signer().sign(accessClaims(), "at+jwt"),
                                                            signer().sign(accessClaims())));
}

TEST_MAIN()
