#pragma once

#include "nginx/ngx/ngx.hpp"

#include <string>
#include <vector>

namespace scalekit {

/**
 * Adds the workers' shared memory (scalekit_zone) during configuration, with room for the provider
 * documents of each key; nullptr after an error was logged. A reload keeps the memory while its
 * size is the same, with what is in it.
 */
ngx_shm_zone_t* addSharedZone(ngx_conf_t* cf, std::size_t size,
                              std::vector<std::string> providerKeys) noexcept;

}  // namespace scalekit
