#pragma once

#include "crypto/random.hpp"
#include "jose/jwt.hpp"
#include "nginx/fetch/http_client.hpp"
#include "nginx/worker/flight.hpp"
#include "nginx/worker/provider_cache.hpp"
#include "nginx/worker/record_cache.hpp"

namespace scalekit {

/** What a worker process keeps besides its configuration. */
struct Worker {
    Worker(ngx_cycle_t* cycle, const MainConf& main)
        : client(cycle), flights(cycle->log), providers(main, client, flights, cycle->log)
    {}

    HttpClient client;
    Flights flights;
    ProviderCache providers;
    RecordCache sessions;
    RecordCache tokens;
    LastHeader lastHeader;  // of a bearer token
    RandomStore random;
};

/** The one of this process; nullptr in the master and when no environment is configured. */
Worker* worker() noexcept;

/** init_process and exit_process of the module. */
ngx_int_t startWorker(ngx_cycle_t* cycle) noexcept;
void stopWorker(ngx_cycle_t* cycle) noexcept;

}  // namespace scalekit
