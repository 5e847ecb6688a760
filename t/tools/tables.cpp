/**
 * tables: prints what the module's own tables say, one line for each row, for t/docs.t:
 *
 *     directive NAME CONTEXT... | setting NAME | variable NAME | header SUFFIX | endpoint PATH
 *     reason WORD STATUS [BEARER_ERROR DESCRIPTION]
 *
 * It is linked with the module's objects. What they need of nginx is left open: only tables are
 * read.
 */

#include "nginx/conf/bearer_directives.hpp"
#include "nginx/conf/directives.hpp"
#include "nginx/conf/environment_block.hpp"
#include "nginx/conf/environment_directives.hpp"
#include "nginx/conf/resource_directive.hpp"
#include "nginx/endpoint/metadata.hpp"
#include "nginx/identity/variables.hpp"

#include <cstdio>

using namespace scalekit;

namespace {

void print(const char* kind, std::string_view name)
{
    std::printf("%s %.*s\n", kind, static_cast<int>(name.size()), name.data());
}

template <std::size_t Size>
void printDirectives(const Directive (&table)[Size])
{
    for (const Directive& directive : table) {
        std::string text(directive.name);
        text += (directive.type & NGX_HTTP_MAIN_CONF) != 0 ? " http" : "";
        text += (directive.type & NGX_HTTP_SRV_CONF) != 0 ? " server" : "";
        text += (directive.type & NGX_HTTP_LOC_CONF) != 0 ? " location" : "";
        print("directive", text);
    }
}

void printReason(const ReasonRow& row)
{
    std::string text(row.word);
    text += ' ' + std::to_string(row.status);
    if (!row.bearerError.empty()) {
        text += ' ' + std::string(row.bearerError) + ' ' + std::string(row.bearerDescription);
    }
    print("reason", text);
}

}  // namespace

int main()
{
    printDirectives(environmentDirectives);
    printDirectives(directives);
    printDirectives(bearerDirectives);
    printDirectives(resourceDirectives);
    for (const std::string_view name : settingNames()) {
        print("setting", name);
    }
    for (const std::string_view name : variableNames()) {
        print("variable", name);
    }
    for (const IdentityFieldNames& field : identityFields) {
        if (!field.header.empty()) {
            print("header", field.header);
        }
    }
    for (const EndpointRow& row : endpointRows) {
        print("endpoint", row.path);
    }
    print("endpoint", wellKnownPath);
    for (int i = 1; i <= static_cast<int>(Reason::internal); ++i) {
        printReason(rowOf(static_cast<Reason>(i)));
    }
}
