#include "nginx/worker/worker.hpp"

#include "nginx/ngx/interop.hpp"

namespace scalekit {

namespace {

std::unique_ptr<Worker> current;

}  // namespace

Worker* worker() noexcept
{
    return current.get();
}

ngx_int_t startWorker(ngx_cycle_t* cycle) noexcept
try {
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE) {
        return NGX_OK;  // cache manager and loader
    }
    const auto* main = static_cast<MainConf*>(
        ngx_http_cycle_get_module_main_conf(cycle, ngx_http_scalekit_module));
    if (main != nullptr && !main->environments.empty()) {
        current = std::make_unique<Worker>(cycle, *main);
    }
    return NGX_OK;
} catch (...) {
    logLine(NGX_LOG_EMERG, cycle->log, "the worker could not be prepared: out of memory");
    return NGX_ERROR;
}

void stopWorker(ngx_cycle_t*) noexcept
{
    current.reset();
}

}  // namespace scalekit
