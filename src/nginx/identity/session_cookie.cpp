#include "nginx/identity/session_cookie.hpp"

#include "nginx/ngx/headers.hpp"
#include "nginx/shared/replay_guard.hpp"
#include "nginx/worker/worker.hpp"
#include "session/codec.hpp"
#include "session/sign_out_token.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr std::size_t maxSameName = 4;  // cookies of one name that are tried

/** The name under which the browser keeps the cookie, and what its seal is bound to. */
struct CookieNaming {
    std::string_view name;
    std::string_view context;
};

CookieNaming naming(ngx_http_request_t* r, const Environment& environment) noexcept
{
    if (secureRequest(r, environment)) {
        return {environment.cookie.name, environment.sessionContext};
    }
    return {environment.cookie.plainName, environment.plainSessionContext};
}

/** NAME, NAME.1 ... of a session in chunks; the number found, in order. */
std::size_t chunks(const Context& context, std::string_view name, std::string_view first,
                   std::size_t count, std::string_view (&values)[maxChunks]) noexcept
{
    values[0] = first;
    for (std::size_t i = 1; i < count; ++i) {
        for (const auto& [written, candidate, value] : context.cookies) {
            if (values[i].data() == nullptr && candidate.size() == name.size() + 2 &&
                candidate.starts_with(name) && candidate[name.size()] == '.' &&
                candidate.back() == static_cast<char>('0' + i)) {
                values[i] = value;
            }
        }
        if (values[i].data() == nullptr) {
            return 0;
        }
    }
    return count;
}

/** The record of a session's first cookie value and its chunks; null for what does not open. */
RecordPtr openRecord(const Context& context, const Environment& environment,
                     const CookieNaming& cookie, std::string_view first)
{
    std::string_view values[maxChunks];
    const std::size_t count = chunks(context, cookie.name, first, chunkCount(first), values);
    if (count == 0) {
        return {};
    }
    const std::span<const std::string_view> parts(values, count);
    const RecordCache::Basis basis{cookie.context.data()};
    if (RecordPtr known = worker()->sessions.find(parts, basis)) {
        return known;
    }

    const std::size_t size = openSessionBuffer(parts);
    if (size > 4 * maxSessionCookieSize) {
        return {};
    }
    std::string bytes(size, '\0');
    const std::string_view text = openSession(parts, environment.sessionKeys, cookie.context,
                                              reinterpret_cast<unsigned char*>(bytes.data()));
    if (text.data() == nullptr) {
        return {};
    }
    RecordPtr record(OpenedRecord::ofSession(std::string(text)));
    if (record) {
        worker()->sessions.keep(parts, basis, record);
    }
    return record;
}

/** While nobody ended a session since the last look, this takes no lock. */
bool sessionEnded(const Context& context, const OpenedRecord& record) noexcept
{
    ngx_shm_zone_t* zone = mainConf(context.request)->zone;
    OpenedRecord::Revocation& known = record.revocation();
    const std::uint64_t epoch = revocationEpoch(zone);
    if (!known.ended && known.epoch != epoch) {
        known = {epoch, sessionRevoked(zone, record.session()->id, wallClock())};
    }
    return known.ended;
}

CookieAttributes sessionAttributes(ngx_http_request_t* r, const Environment& environment) noexcept
{
    CookieAttributes attributes;
    attributes.domain = environment.cookie.domain;
    attributes.sameSite = environment.cookie.sameSite;
    attributes.secure = secureRequest(r, environment);
    return attributes;
}

/** Deletes chunks [from, maxChunks) that the browser still has. */
bool deleteChunks(Context& context, const Environment& environment, const CookieNaming& cookie,
                  std::size_t from)
{
    CookieAttributes attributes = sessionAttributes(context.request, environment);
    attributes.maxAge = 0;
    for (std::size_t i = from; i < maxChunks; ++i) {
        const std::string name = chunkName(cookie.name, i);
        if (cookieValue(context, name).data() != nullptr &&
            !addHeader(context.request, "Set-Cookie", setCookie(name, "", attributes))) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::string_view cookieValue(const Context& context, std::string_view name) noexcept
{
    const auto found = std::ranges::find(context.cookies, name, &CookiePair::name);
    return found != context.cookies.end() ? found->value : std::string_view();
}

Result<Caller> loadSession(const Context& context, const Environment& environment, RecordPtr* over)
{
    const CookieNaming cookie = naming(context.request, environment);

    std::string_view candidates[maxSameName];
    std::size_t count = 0;
    for (const CookiePair& pair : context.cookies) {
        if (count < maxSameName && pair.name == cookie.name) {
            candidates[count++] = pair.value;
        }
    }

    Reason reason = count == 0 ? Reason::unauthenticated : Reason::session_invalid;
    for (std::size_t i = 0; i < count; ++i) {
        RecordPtr record = openRecord(context, environment, cookie, candidates[i]);
        if (!record) {
            continue;
        }
        reason = checkLimits(*record->session(), environment.limits, wallClock());
        if (reason == Reason::none) {
            if (!sessionEnded(context, *record)) {
                return Caller{&environment, std::move(record)};
            }
            reason = Reason::session_ended;
        }
        if (over != nullptr) {
            *over = std::move(record);
        }
    }
    return reason;
}

bool renewalDue(const Context& context) noexcept
{
    if (!context.renews || context.renewed || !context.caller()) {
        return false;
    }
    const SessionView* session = context.caller()->session();
    return session != nullptr &&
           refreshDue(*session, context.caller()->environment->limits, wallClock()) &&
           // ended or replaced while this request was on its way: it must not bring the cookie back
           !sessionEnded(context, *context.caller()->record) &&
           !sessionReplaced(mainConf(context.request)->zone, session->id, wallClock());
}

bool renewSession(Context& context) noexcept
try {
    const Caller& caller = *context.caller();
    context.renewed = true;  // nginx may send the headers of one request twice: 416
    return setSessionCookie(context, *caller.environment,
                            touchSession(caller.record->bytes(), wallClock())) == Reason::none;
} catch (...) {
    return false;
}

void endSession(const Context& context, const Caller& caller) noexcept
{
    // until no copy of the cookie lives, also one that was renewed meanwhile
    revokeSession(mainConf(context.request)->zone, caller.session()->id, wallClock(),
                  caller.session()->created + caller.environment->limits.lifetime);
}

Result<std::string> signOutToken(const Context& context, const Caller& caller)
{
    const Result<std::string> nonce = worker()->random.draw(sealNonceSize);
    return nonce ? sealSignOut(caller.session()->id, caller.environment->sessionKeys,
                               naming(context.request, *caller.environment).context, *nonce)
                 : nonce;
}

bool confirmsSignOut(const Context& context, const Caller& caller, std::string_view token)
{
    return signOutConfirmed(token, caller.session()->id, caller.environment->sessionKeys,
                            naming(context.request, *caller.environment).context);
}

Reason setSessionCookie(Context& context, const Environment& environment, std::string_view record)
{
    const CookieNaming cookie = naming(context.request, environment);
    const Result<std::string> nonce = worker()->random.draw(sealNonceSize);
    if (!nonce) {
        return nonce.error();
    }
    const Result<std::vector<std::string>> values =
        sealSession(record, environment.sessionKeys, cookie.context, *nonce);
    if (!values) {
        return values.error();
    }

    const CookieAttributes attributes = sessionAttributes(context.request, environment);
    for (std::size_t i = 0; i < values->size(); ++i) {
        const std::string header = setCookie(chunkName(cookie.name, i), (*values)[i], attributes);
        if (!addHeader(context.request, "Set-Cookie", header)) {
            return Reason::internal;
        }
    }
    return deleteChunks(context, environment, cookie, values->size()) ? Reason::none
                                                                      : Reason::internal;
}

bool deleteSessionCookie(Context& context, const Environment& environment)
{
    return deleteChunks(context, environment, naming(context.request, environment), 0);
}

std::string_view loginCookie(ngx_http_request_t* r, const Environment& environment) noexcept
{
    return secureRequest(r, environment) ? loginCookieName : plainLoginCookieName;
}

bool setLoginCookie(Context& context, const Environment& environment, std::string_view value,
                    std::chrono::seconds lifetime)
{
    CookieAttributes attributes;
    attributes.sameSite = environment.cookie.sameSite;
    attributes.secure = secureRequest(context.request, environment);
    attributes.maxAge = static_cast<long>(lifetime.count());
    return addHeader(context.request, "Set-Cookie",
                     setCookie(loginCookie(context.request, environment), value, attributes));
}

std::uint8_t completedLogins(const Context& context, const Environment& environment)
{
    return openCompletedLogins(environment.party,
                               cookieValue(context, loginCookie(context.request, environment)),
                               wallClock());
}

}  // namespace scalekit
