#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/ngx/directive.hpp"

/** The scalekit_environment block as a whole. */
namespace scalekit {

std::string setEnvironment(ngx_conf_t* cf, const Words& words, MainConf& main);

inline constexpr Directive environmentDirectives[] = {
    {"scalekit_environment", NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1,
     repeated<MainConf, setEnvironment>, NGX_HTTP_MAIN_CONF_OFFSET},
};

/** An environment that signs people in needs secrets for it, which an API alone does not. */
ngx_int_t checkSecrets(ngx_conf_t* cf) noexcept;

}  // namespace scalekit
