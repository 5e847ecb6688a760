#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/ngx/directive.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace scalekit {

/** A scalekit_environment block while it is read. */
struct EnvironmentDraft {
    Environment& environment;
    ngx_conf_t* cf;
    std::vector<std::string> issuers{};  // besides `url`
    std::vector<std::string> sessionSecrets{};
    std::string callback{};
    std::vector<std::string> seen{};  // directives that may stand here once
};

/**
 * Takes one directive of the block into the draft. Returns "" or what is wrong with it, a sentence
 * that goes on after the directive's name and says the remedy.
 */
std::string applyDirective(EnvironmentDraft& draft, const Words& words);

/** The names of all directives of the block. */
std::vector<std::string_view> settingNames();

}  // namespace scalekit
