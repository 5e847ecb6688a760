#pragma once

#include "nginx/ngx/interop.hpp"

#include <algorithm>
#include <string_view>

/** What directives share: their setters, and their values at run time. */
namespace scalekit {

/** The directive's name and values. */
inline ngx_str_t* arguments(ngx_conf_t* cf) noexcept
{
    return static_cast<ngx_str_t*>(cf->args->elts);
}

/** Compiles text with variables; false after an error was logged. */
inline bool compile(ngx_conf_t* cf, ngx_str_t* text, ngx_http_complex_value_t* value) noexcept
{
    ngx_http_compile_complex_value_t compile = {};
    compile.cf = cf;
    compile.value = text;
    compile.complex_value = value;
    return ngx_http_compile_complex_value(&compile) == NGX_OK;
}

/** The value of an optional directive for this request; false when it cannot be evaluated. */
inline bool evaluate(ngx_http_request_t* r, ngx_http_complex_value_t* value,
                     std::string_view& out) noexcept
{
    ngx_str_t text = {};
    if (value != nullptr && ngx_http_complex_value(r, value, &text) != NGX_OK) {
        return false;
    }
    out = view(text);
    return true;
}

/** True for text that can stand in a quoted-string (RFC 9110 5.6.4) as it is. */
inline bool quotable(std::string_view text) noexcept
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    });
}

}  // namespace scalekit
