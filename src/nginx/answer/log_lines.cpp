#include "nginx/answer/log_lines.hpp"

#include "base/log_text.hpp"
#include "base/text.hpp"

namespace scalekit {

namespace {

constexpr std::size_t shownOfSessionId = 4;  // bytes: to tell sessions apart

ngx_uint_t logLevelOf(const Refusal& refusal) noexcept
{
    switch (rowOf(refusal.reason).severity) {
    case Severity::critical:
        return NGX_LOG_CRIT;
    case Severity::error:
        return badToken(refusal) ? NGX_LOG_INFO : NGX_LOG_ERR;
    case Severity::info:
        return NGX_LOG_INFO;
    case Severity::debug:
        break;
    }
    return NGX_LOG_DEBUG;
}

/** Who and where, in the words of nginx's own lines. */
std::string origin(ngx_http_request_t* r, const RecordPtr& record)
{
    const auto* server = static_cast<ngx_http_core_srv_conf_t*>(
        ngx_http_get_module_srv_conf(r, ngx_http_core_module));
    std::string text = concat({", client: ", view(r->connection->addr_text),
                               ", server: ", view(server->server_name),
                               ", host: ", quotedForLog(view(r->headers_in.server)),
                               ", path: ", quotedPath(view(r->main->unparsed_uri))});
    if (record) {
        text += ", sub: " + quotedForLog(record->identity().subject);
        text += ", organization: " + quotedForLog(record->identity().organization);
    }
    return text;
}

void writeLine(ngx_http_request_t* r, ngx_uint_t level, const std::string& line)
{
    ngx_log_t plain = *r->connection->log;
    plain.handler = nullptr;
    logLine(level, &plain, line);
}

}  // namespace

void logRefusal(ngx_http_request_t* r, const Refusal& refusal, std::string_view reference)
{
    const ngx_uint_t level = logLevelOf(refusal);
    if (r->connection->log->log_level < level) {
        return;
    }
    std::string line = concat({"refused: reason=", word(refusal.reason),
                               " environment=", refusal.environment, " ref=", reference});
    const Context* context = findContext(r);
    const std::string_view finding = context != nullptr ? std::string_view(context->finding) : "";
    const std::string_view detail = refusal.detail.empty() ? finding : refusal.detail;
    if (!detail.empty()) {
        line += concat({" (", detail.substr(0, 1024), ")"});
    }
    writeLine(r, level, line + origin(r, context != nullptr ? context->proved : RecordPtr()));
}

void logSession(ngx_http_request_t* r, std::string_view what, const Environment& environment,
                const RecordPtr& record)
{
    if (!record || record->session() == nullptr) {
        return;
    }
    char id[2 * shownOfSessionId];
    const std::string_view shown = record->session()->id.substr(0, shownOfSessionId);
    ngx_hex_dump(reinterpret_cast<u_char*>(id), borrow(shown).data, shown.size());
    writeLine(r, NGX_LOG_INFO,
              concat({what, ": environment=", environment.name,
                      " session=", std::string_view(id, 2 * shown.size())}) +
                  origin(r, record));
}

}  // namespace scalekit
