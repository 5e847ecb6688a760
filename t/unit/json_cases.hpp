#pragma once

/* What the reader of JSON accepts and refuses. */

#include <string>
#include <string_view>

namespace scalekit::test {

/** An object of this depth, all below its top made of one kind of bracket. */
inline std::string nested(std::size_t depth, char open, char close)
{
    return "{\"a\":" + std::string(depth - 1, open) + std::string(depth - 1, close) + "}";
}

constexpr std::string_view acceptedJson[] = {
    "{}",
    " \t\r\n{} \t\r\n",
    "{\"\":0}",
    "{\"a\":[]}",
    "{\"a\":[1,\"2\",null,true,false,{}]}",
    "{\"a\":-0}",
    "{\"a\":-0.0}",
    "{\"a\":1E5}",
    "{\"a\":1e-5}",
    "{\"a\":0.5e+10}",
    "{\"a\":1e-400}",
    "{\"a\":9223372036854775807}",
    "{\"a\":-9223372036854775808}",
    "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
    "{\"a\":\"\\u0001\"}",
    "{\"a\":\"\x7f\"}",
    "{\"a\":\"\\ud834\\udd1e\"}",
    "{\"a\":\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"}",
    "{\"a\":\"]]]]}}}}\"}",
    "{\"a\":1,\"A\":2}",
};

constexpr std::string_view refusedJson[] = {
    // no object
    "", " ", "[]", "[{}]", "1", "-1.5", "\"a\"", "true", "null", "nul", "x",
    // structure
    "{", "}", "{}}", "{]", "{{}}", "{}{}", "{},", "{} x", "{}//c", "/**/{}", "{}#", "{,}",
    "{\"a\"}", "{\"a\":}", "{:1}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\":1 \"b\":2}", "{\"a\" 1}",
    "{\"a\"::1}", "{\"a\":1;}", "{'a':1}", "{a:1}", "{1:1}", "{null:1}", "{\"a\":[1,]}",
    "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[}", "{\"a\":]}", "{\"a\":[1}", "{\"a\":'b'}",
    "{\"a\":\"b}", "{\"a\":b\"}", "\xef\xbb\xbf{}", "{}\xef\xbb\xbf", "\f{}", "{\v}", "{\xc2\xa0}",
    "{\xe2\x80\xa8}",
    // duplicates, also when escaped differently and below the top
    "{\"a\":1,\"a\":1}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
    "{\"b\":{\"a\":1,\"a\":2}}", "{\"b\":[{\"\":1,\"\":2}]}",
    // strings
    "{\"a\":\"\n\"}", "{\"a\":\"\t\"}", "{\"a\":\"\x1f\"}", "{\"a\n\":1}", "{\"a\":\"\\x41\"}",
    "{\"a\":\"\\'\"}", "{\"a\":\"\\\"}", "{\"a\":\"\\u00\"}", "{\"a\":\"\\u00g0\"}",
    "{\"a\":\"\\U0041\"}", "{\"a\":\"\\\xc3\xa9\"}", "{\"a\":\"\\u0000\"}", "{\"a\\u0000\":1}",
    "{\"a\":\"sub\\u0000evil\"}",
    // lone and swapped surrogates
    "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\ud800\"}",
    "{\"a\":\"\\ud800x\"}", "{\"a\":\"\\udc00\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}",
    "{\"\\ud800\":1}",
    // bad UTF-8: continuation, overlong, surrogate, beyond U+10FFFF, cut
    "{\"a\":\"\x80\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xc0\xaf\"}",
    "{\"a\":\"\xc1\xbf\"}", "{\"a\":\"\xe0\x80\xaf\"}", "{\"a\":\"\xf0\x80\x80\xaf\"}",
    "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xf8\x88\x80\x80\x80\"}",
    "{\"a\":\"\xc3\"}", "{\"a\":\"\xe2\x82\"}", "{\"\xff\":1}", "{\"a\":\xff}",
    // numbers
    "{\"a\":01}", "{\"a\":-01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":5.}", "{\"a\":-}",
    "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":0x1}", "{\"a\":1_000}", "{\"a\":1,5}", "{\"a\":NaN}",
    "{\"a\":Infinity}", "{\"a\":-Infinity}", "{\"a\":1e999}", "{\"a\":-1e999}", "{\"a\":1.5e999}",
    "{\"a\":9223372036854775808}", "{\"a\":-9223372036854775809}", "{\"a\":1\xc2\xa0}",
    // literals
    "{\"a\":True}", "{\"a\":tru}", "{\"a\":truee}", "{\"a\":nulls}", "{\"a\":undefined}"};

}  // namespace scalekit::test
