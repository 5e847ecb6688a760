#include "nginx/conf/guard_lines.hpp"

#include "nginx/ngx/directive.hpp"

#include <algorithm>

namespace scalekit {

namespace {

std::size_t place(Guarded directive)
{
    return static_cast<std::size_t>(directive);
}

bool decidesWhoMayEnter(Guarded directive)
{
    return directive <= Guarded::connectionId;
}

bool isAboutTokens(Guarded directive)
{
    return directive >= Guarded::audience;
}

/** Whether a location says which organization's people it is for, be it "any". */
bool namesTenant(const LocationConf& conf)
{
    const auto demandsTenant = [](const ClaimRule& rule) { return rule.claim == "oid"; };
    return conf.guardLines[place(Guarded::organizationId)] != nullptr ||
           conf.guardLines[place(Guarded::connectionId)] != nullptr ||
           (conf.claimRules != nullptr && std::ranges::any_of(*conf.claimRules, demandsTenant));
}

}  // namespace

char* noteGuardLine(ngx_conf_t* cf, LocationConf& conf, Guarded directive) noexcept
try {
    GuardLine*& line = conf.guardLines[place(directive)];
    if (line == nullptr) {
        const Words words = wordsOf(cf);
        const bool takesBack = words[1].empty() || words[1] == "off";
        auto& lines = mainConf(cf)->guardLines;
        lines.push_back(std::make_unique<GuardLine>(GuardLine{borrow(words[0]), directive,
                                                              cf->conf_file->file.name,
                                                              cf->conf_file->line, takesBack}));
        line = lines.back().get();
    }
    return confOk;
} catch (...) {
    return confError;
}

void mergeGuardLines(ngx_conf_t* cf, const LocationConf& prev, LocationConf& conf)
{
    for (std::size_t i = 0; i < guardedCount; ++i) {
        if (conf.guardLines[i] == nullptr) {
            conf.guardLines[i] = prev.guardLines[i];
        }
    }
    if (conf.environment == nullptr) {
        return;
    }
    for (GuardLine* line : conf.guardLines) {
        if (line != nullptr && (conf.takesTokens() || !isAboutTokens(line->which))) {
            line->works = true;
        }
    }
    if (namesTenant(conf)) {
        serverConf(cf)->namesTenant = true;
    }
}

ngx_int_t checkGuardLines(ngx_conf_t* cf) noexcept
{
    for (const auto& line : mainConf(cf)->guardLines) {
        if (line->works) {
            continue;
        }
        const bool refused = decidesWhoMayEnter(line->which);
        const bool tokens = isAboutTokens(line->which);
        const ngx_uint_t level = refused ? NGX_LOG_EMERG : NGX_LOG_WARN;
        ngx_log_error(level, cf->log, 0,
                      "\"%V\" has no effect: no location that a %s inherits it; add \"%s\" there, "
                      "or remove it in %V:%ui",
                      &line->directive,
                      tokens ? "scalekit_auth guards and whose scalekit_bearer is on"
                             : "scalekit_auth guards",
                      tokens ? "scalekit_bearer on" : "scalekit_auth NAME", &line->file,
                      line->line);
        if (refused) {
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

}  // namespace scalekit
