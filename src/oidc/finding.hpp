#pragma once

#include "jose/jwt.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

/**
 * Why a refusal came about, for the log: what was expected, and what was found instead. Texts of
 * others are quoted and cut; no token, code or secret is among them. "" where the reason's word
 * says all.
 */
namespace scalekit {

/** What a token was held against. */
struct TokenExpectation {
    const std::vector<std::string>& issuers;
    std::string audience;  // the accepted ones, joined
    std::string_view client{};
    std::chrono::sys_seconds now;
};

/** Of a token whose signature is good and whose claims are refused. */
std::string claimFinding(Reason reason, const Jwt& token, const TokenExpectation& expected);

/** Of a token that was not verified: the algorithm and the key that its header names. */
std::string headerFinding(Reason reason, std::string_view compact);

/** Of a refused token request: the status, and the error code of RFC 6749 section 5.2. */
std::string tokenErrorFinding(long status, std::string_view body, std::string_view code);

}  // namespace scalekit
