#pragma once

#include "base/ascii.hpp"
#include "nginx/ngx/interop.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/**
 * What directives share: tables of them, their setters, and their values at run time.
 *
 *     // "" or what is wrong
 *     std::string setRealm(ngx_conf_t* cf, const Words& words, LocationConf& conf);
 *
 *     inline constexpr Directive realmDirectives[] = {
 *         {"scalekit_realm", NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
 *          once<&LocationConf::realm, setRealm>},
 *     };
 */
namespace scalekit {

/** A constant that an ngx_command_t is made of. */
struct Directive {
    std::string_view name;
    ngx_uint_t type;  // where it may stand and how many values it takes
    char* (*set)(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;
    ngx_uint_t conf = NGX_HTTP_LOC_CONF_OFFSET;
};

/** The tables one after the other, with the empty command that nginx expects at the end. */
template <std::size_t... Sizes>
std::array<ngx_command_t, (Sizes + ...) + 1>
commandsOf(const Directive (&... tables)[Sizes]) noexcept
{
    std::array<ngx_command_t, (Sizes + ...) + 1> commands{};
    std::size_t count = 0;
    const auto append = [&](const Directive& directive) {
        commands[count++] = {
            borrow(directive.name), directive.type, directive.set, directive.conf, 0, nullptr};
    };
    (std::for_each(std::begin(tables), std::end(tables), append), ...);
    return commands;
}

/** The words of a directive, its name first. */
using Words = std::vector<std::string_view>;

inline Words wordsOf(ngx_conf_t* cf)
{
    const auto* word = static_cast<ngx_str_t*>(cf->args->elts);
    Words words(cf->args->nelts);
    std::transform(word, word + words.size(), words.begin(), view);
    return words;
}

/** What a word stands for; nothing for one that is not listed. */
template <class Value>
std::optional<Value> choose(std::string_view word,
                            std::initializer_list<std::pair<std::string_view, Value>> values)
{
    for (const auto& [name, value] : values) {
        if (name == word) {
            return value;
        }
    }
    return std::nullopt;
}

/** A word in quotes, for messages. */
inline std::string inQuotes(std::string_view text)
{
    return "\"" + std::string(text) + "\"";
}

/** Thrown by a setter when nginx has logged what is wrong. */
struct Logged {};

/**
 * nginx's setter made of one that answers "" or what is wrong: a sentence that goes on after the
 * directive's name, or begins with a quoted value, and says the remedy.
 */
template <class Target>
char* applySetter(ngx_conf_t* cf, std::string (*set)(ngx_conf_t*, const Words&, Target&),
                  Target& target) noexcept
try {
    const Words words = wordsOf(cf);  // a block's own lines take their place
    const std::string problem = set(cf, words, target);
    if (!problem.empty()) {
        const bool ofDirective = problem[0] >= 'a' && problem[0] <= 'z';
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%*s%s %s", words[0].size(), words[0].data(),
                           ofDirective ? "" : ":", problem.c_str());
        return confError;
    }
    return confOk;
} catch (const Logged&) {
    return confError;
} catch (...) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "scalekit: out of memory");
    return confError;
}

inline bool isUnset(const void* pointer) noexcept
{
    return pointer == NGX_CONF_UNSET_PTR;
}

inline bool isUnset(ngx_uint_t value) noexcept
{
    return value == NGX_CONF_UNSET_UINT;
}

inline bool isUnset(ngx_flag_t value) noexcept
{
    return value == NGX_CONF_UNSET;
}

inline bool isUnset(const ngx_str_t& text) noexcept
{
    return text.data == nullptr;
}

template <class Member>
struct MemberOf;

template <class Conf, class Member>
struct MemberOf<Member Conf::*> {
    using Owner = Conf;
};

/** A setter of a configuration that may be called as often as the directive is written. */
template <class Conf, std::string (*Set)(ngx_conf_t*, const Words&, Conf&)>
char* repeated(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return applySetter(cf, Set, *static_cast<Conf*>(conf));
}

/** One that is called once at each level: the member is still unset then. */
template <auto Member, auto Set>
char* once(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    using Conf = typename MemberOf<decltype(Member)>::Owner;
    auto& owner = *static_cast<Conf*>(conf);
    return isUnset(owner.*Member) ? applySetter(cf, Set, owner) : const_cast<char*>("is duplicate");
}

/** Likewise, and the setter is for members of this type: it is given the member alone. */
template <auto Member, auto Set>
char* slot(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    using Conf = typename MemberOf<decltype(Member)>::Owner;
    auto& member = static_cast<Conf*>(conf)->*Member;
    return isUnset(member) ? applySetter(cf, Set, member) : const_cast<char*>("is duplicate");
}

/** A T that the configuration's pool owns; for setters. */
template <class T>
T* obtain(ngx_conf_t* cf, T value = {})
{
    T* made = make<T>(cf->pool, std::move(value));
    if (made == nullptr) {
        throw std::bad_alloc();
    }
    return made;
}

/** Text with variables; for setters. */
inline ngx_http_complex_value_t compiled(ngx_conf_t* cf, std::string_view text)
{
    ngx_str_t source = borrow(text);
    ngx_http_complex_value_t value = {};
    ngx_http_compile_complex_value_t compile = {};
    compile.cf = cf;
    compile.value = &source;
    compile.complex_value = &value;
    if (ngx_http_compile_complex_value(&compile) != NGX_OK) {
        throw Logged();
    }
    return value;
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
    return !text.empty() && std::ranges::all_of(text, isPrintable) &&
           text.find_first_of("\"\\") == std::string_view::npos;
}

}  // namespace scalekit
