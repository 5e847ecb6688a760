#pragma once

#include "base/reason.hpp"

#include <string>
#include <string_view>

namespace scalekit {

/** What a refused request is told. All of it comes from the module, nothing from the request. */
struct Refusal {
    Reason reason;
    std::string_view environment;  // its name, for the log
    std::string_view detail{};     // for the log only; safe to write there
    std::string_view sentence{};   // for people, instead of the reason's own; static text
    std::string retryUrl{};        // where "Try again" leads; empty: this very URL
    std::string loginUrl{};        // offered to programs with a 401
    bool json = false;             // an endpoint for programs: JSON whatever Accept says
};

}  // namespace scalekit
