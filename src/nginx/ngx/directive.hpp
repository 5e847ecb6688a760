#pragma once

#include "nginx/ngx/ngx.hpp"

#include <algorithm>
#include <string_view>

/** What the setters of directives share. */
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

/** True for text that can stand in a quoted-string (RFC 9110 5.6.4) as it is. */
inline bool quotable(std::string_view text) noexcept
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    });
}

}  // namespace scalekit
