#pragma once

#include "nginx/identity/context.hpp"

#include <string_view>

/**
 * The lines that the error log has of a request. They are written without nginx's own addition,
 * which quotes the request line: on the callback that holds the code.
 */
namespace scalekit {

/** A refusal: why, where, who as far as it is known, and what was expected and found. */
void logRefusal(ngx_http_request_t* r, const Refusal& refusal, std::string_view reference);

/** A session that began or ended: whose, and which. */
void logSession(ngx_http_request_t* r, std::string_view what, const Environment& environment,
                const RecordPtr& record);

}  // namespace scalekit
