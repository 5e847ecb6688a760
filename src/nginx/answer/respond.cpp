#include "nginx/answer/respond.hpp"

#include "base/ascii.hpp"
#include "nginx/answer/log_lines.hpp"
#include "nginx/answer/pages.hpp"
#include "nginx/ngx/headers.hpp"
#include "nginx/worker/worker.hpp"

namespace scalekit {

namespace {

/** 12 hex digits that stand on the page and in the log. */
std::string newReference()
{
    const Result<std::string> random = worker()->random.draw(6);
    const std::string bytes = random ? *random : std::string();
    std::string reference(2 * bytes.size(), '\0');
    ngx_hex_dump(borrow(reference).data, borrow(bytes).data, bytes.size());
    return reference;
}

/** True for what RFC 6750 has an error code for. */
bool tokenError(const Refusal& refusal) noexcept
{
    return refusal.token && !rowOf(refusal.reason).bearerError.empty();
}

/**
 * Whether the administrator wants to answer this status himself
 * (ngx_http_special_response_handler() will look there).
 */
bool hasErrorPage(ngx_http_request_t* r, ngx_uint_t status) noexcept
{
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    if (core->error_pages == nullptr || r->error_page) {
        return false;
    }
    const auto* page = static_cast<ngx_http_err_page_t*>(core->error_pages->elts);
    for (ngx_uint_t i = 0; i < core->error_pages->nelts; ++i) {
        if (static_cast<ngx_uint_t>(page[i].status) == status) {
            return true;
        }
    }
    return false;
}

bool othersHaveASay(ngx_http_request_t* r, ngx_uint_t status) noexcept
{
    return satisfyAny(r) && (status == NGX_HTTP_UNAUTHORIZED || status == NGX_HTTP_FORBIDDEN);
}

/**
 * Through nginx's own slot: there a success under `satisfy any` removes it again, unless auth_basic
 * put a challenge of its own into the slot.
 */
bool addChallenge(ngx_http_request_t* r, const Refusal& refusal)
{
    const std::string challenge =
        refusal.challenge.empty() ? "Scalekit realm=\"" + std::string(refusal.environment) + "\""
                                  : refusal.challenge;
    ngx_table_elt_t* header =
        r->headers_out.www_authenticate;  // of an earlier pass through the phases
    if (header == nullptr) {
        header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
    }
    if (header == nullptr) {
        return false;
    }
    *header = {};
    header->hash = 1;
    header->key = borrow("WWW-Authenticate");
    header->value = copy(r->pool, challenge);
    r->headers_out.www_authenticate = header;
    return header->value.data != nullptr &&
           (!refusal.exposeChallenge ||
            addHeader(r, "Access-Control-Expose-Headers", "WWW-Authenticate"));
}

/** The body that goes with an error code of RFC 6750. */
JsonPtr tokenErrorJson(const Refusal& refusal, std::string_view reference)
{
    const ReasonRow& row = rowOf(refusal.reason);
    return JsonPtr(json_pack("{s:o,s:o,s:o,s:o*,s:o}", "error", jsonString(row.bearerError),
                             "error_description", jsonString(row.bearerDescription), "reason",
                             jsonString(row.word), "scope", jsonStringIfAny(refusal.scope),
                             "reference", jsonString(reference)));
}

std::string_view sentenceOf(const Refusal& refusal) noexcept
{
    return refusal.sentence.empty() ? rowOf(refusal.reason).sentence : refusal.sentence;
}

std::string refusalPage(const Refusal& refusal, std::string_view reference)
{
    if (tokenError(refusal)) {
        const std::string sentence = std::string(rowOf(refusal.reason).bearerDescription) + ".";
        return errorPage("This access token is not accepted", sentence, refusal.retryUrl,
                         reference);
    }
    return errorPage(rowOf(refusal.reason).title, sentenceOf(refusal), refusal.retryUrl, reference);
}

JsonPtr refusalJson(const Refusal& refusal, std::string_view reference)
{
    if (tokenError(refusal)) {
        return tokenErrorJson(refusal, reference);
    }
    const bool unauthenticated = statusOf(refusal) == NGX_HTTP_UNAUTHORIZED;
    // whether a cookie opened is nobody's business
    const bool unopened = refusal.reason == Reason::session_invalid;
    return JsonPtr(json_pack("{s:s,s:o,s:o,s:o,s:o*}", "error",
                             unauthenticated ? "unauthenticated" : "refused", "reason",
                             jsonString(word(unopened ? Reason::unauthenticated : refusal.reason)),
                             "message", jsonString(sentenceOf(refusal)), "reference",
                             jsonString(reference), "login", jsonStringIfAny(refusal.loginUrl)));
}

bool containsIgnoringCase(std::string_view text, std::string_view lowerCase) noexcept
{
    for (; text.size() >= lowerCase.size(); text.remove_prefix(1)) {
        if (startsWithIgnoringCase(text, lowerCase)) {
            return true;
        }
    }
    return false;
}

}  // namespace

ngx_int_t sendBody(ngx_http_request_t* r, ngx_uint_t status, std::string_view contentType,
                   std::string_view body)
{
    Context* context = obtainContext(r);
    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }
    const bool added = addHeader(r, "X-Content-Type-Options", "nosniff") &&
                       (!contentType.starts_with("text/html") ||
                        addHeader(r, "Content-Security-Policy", pageSecurityPolicy));

    auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r->pool));
    const ngx_str_t content = copy(r->pool, body);
    if (context == nullptr || !added || buffer == nullptr || content.data == nullptr) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_DONE;
    }
    context->ownAnswer = true;
    buffer->pos = content.data;
    buffer->last = content.data + content.len;
    buffer->memory = body.empty() ? 0 : 1;
    buffer->last_buf = 1;
    buffer->last_in_chain = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = static_cast<off_t>(body.size());
    r->headers_out.content_type = borrow(contentType);
    r->headers_out.content_type_len = contentType.size();
    r->headers_out.content_type_lowcase = nullptr;

    const ngx_int_t sent = ngx_http_send_header(r);
    if (sent == NGX_ERROR || sent > NGX_OK || r->header_only) {
        ngx_http_finalize_request(r, sent);
        return NGX_DONE;
    }
    ngx_chain_t chain = {buffer, nullptr};
    ngx_http_finalize_request(r, ngx_http_output_filter(r, &chain));
    return NGX_DONE;
}

ngx_int_t sendJson(ngx_http_request_t* r, ngx_uint_t status, const JsonPtr& json)
{
    return sendBody(r, status, "application/json", writeJson(json) + '\n');
}

ngx_int_t sendRedirect(ngx_http_request_t* r, std::string_view location)
{
    if (!addHeader(r, "Location", location)) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_DONE;
    }
    return sendBody(r, reads(r) ? NGX_HTTP_MOVED_TEMPORARILY : NGX_HTTP_SEE_OTHER, "text/plain",
                    "");
}

namespace {

/** Sends the refusal that the context has. */
ngx_int_t answer(Context& context)
{
    ngx_http_request_t* r = context.request;
    const Refusal& refusal = *context.refusal;
    const ngx_uint_t status = statusOf(refusal);
    context.error = refusal.reason;

    if (status == NGX_HTTP_SERVICE_UNAVAILABLE && !addHeader(r, "Retry-After", "5")) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (!refusal.json && wantsPage(r)) {
        return sendBody(r, status, htmlType, refusalPage(refusal, context.reference));
    }
    return sendJson(r, status, refusalJson(refusal, context.reference));
}

}  // namespace

ngx_int_t refuse(Context& context, Refusal refusal)
{
    ngx_http_request_t* r = context.request;
    const ngx_uint_t status = statusOf(refusal);

    setVerdict(context, refusal.reason);
    context.event = Event::refused;
    context.reference = newReference();
    logRefusal(r, refusal, context.reference);
    const bool challenged =
        (status != NGX_HTTP_UNAUTHORIZED && refusal.challenge.empty()) || addChallenge(r, refusal);
    refusal.detail = {};  // said; it need not outlive this call
    context.refusal = std::make_unique<const Refusal>(std::move(refusal));

    if (!challenged) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    context.leftToOthers = othersHaveASay(r, status);
    if (context.leftToOthers) {
        return static_cast<ngx_int_t>(status);
    }
    if (hasErrorPage(r, status)) {
        context.leftToErrorPage = true;
        return static_cast<ngx_int_t>(status);
    }
    return answer(context);
}

ngx_int_t refuseSubrequest(ngx_http_request_t* r, const Refusal& refusal)
{
    logRefusal(r, refusal, newReference());
    return static_cast<ngx_int_t>(statusOf(refusal));
}

bool onErrorPage(const Context& context) noexcept
{
    // `error_page 403 = /place` clears err_status
    return context.request->err_status != 0 || context.leftToErrorPage;
}

ngx_int_t refuseOnErrorPage(Context& context, Refusal refusal)
{
    ngx_http_request_t* r = context.request;
    if (!onErrorPage(context)) {
        return refuse(context, std::move(refusal));
    }
    if (context.refusal) {
        return answer(context);
    }
    if (r->err_status >= NGX_HTTP_SPECIAL_RESPONSE) {
        return static_cast<ngx_int_t>(r->err_status);
    }
    r->err_status = 0;  // `error_page 404 =200 /place`: nginx would put it over our status
    return refuse(context, std::move(refusal));
}

bool satisfyAny(ngx_http_request_t* r) noexcept
{
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    return core->satisfy == NGX_HTTP_SATISFY_ANY;
}

ngx_uint_t statusOf(const Refusal& refusal) noexcept
{
    return badToken(refusal) ? NGX_HTTP_UNAUTHORIZED
                             : static_cast<ngx_uint_t>(rowOf(refusal.reason).status);
}

bool wantsPage(ngx_http_request_t* r) noexcept
{
    if (requestHeader(r, "upgrade").data() != nullptr) {
        return false;
    }
    const std::string_view mode = requestHeader(r, "sec-fetch-mode");
    if (mode.data() != nullptr) {
        return mode == "navigate";
    }
    return containsIgnoringCase(requestHeader(r, "accept"), "text/html");
}

bool navigation(ngx_http_request_t* r) noexcept
{
    return reads(r) && wantsPage(r);
}

}  // namespace scalekit
