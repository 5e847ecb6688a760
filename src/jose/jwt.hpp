#pragma once

#include "base/json_document.hpp"
#include "base/result.hpp"
#include "jose/algorithm.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace scalekit {

class KeySet;
struct Jwt;

constexpr std::size_t maxTokenSize = 16 * 1024;  // bytes of the compact form
constexpr std::size_t maxKidSize = 256;          // bytes

/**
 * A JWS in compact serialization (RFC 7515 section 7.1), decoded and well-formed but NOT yet
 * verified: its payload is only reached through verify(). Copies nothing but what it decodes; the
 * text must outlive the object. Its own views stay valid when it is moved.
 */
class UnverifiedJwt {
  public:
    /**
     * Exactly three strict base64url segments, a JSON object header with a known "alg" (string,
     * exact case), no "crit", no "b64", no "enc"; kid, where present, a string of 1 to maxKidSize
     * bytes. "jwk", "jku", "x5u", "x5c" are ignored, never followed. Refused as token_too_large,
     * token_malformed, header_invalid, critical_header or algorithm_not_allowed.
     */
    static Result<UnverifiedJwt> parse(std::string_view compact);

    const Algorithm& algorithm() const noexcept { return *algorithm_; }
    std::string_view kid() const noexcept { return kid_; }    // empty when absent
    std::string_view type() const noexcept { return type_; }  // "typ", empty when absent

    std::string_view signingInput() const noexcept { return signingInput_; }  // RFC 7515 section 2
    std::string_view signature() const noexcept { return signature_; }        // decoded

  private:
    friend Result<Jwt> verify(const UnverifiedJwt& token, const KeySet& keys);

    UnverifiedJwt() = default;

    std::unique_ptr<char[]> decoded_;  // header, payload and signature
    JsonDocument header_;
    const Algorithm* algorithm_ = nullptr;
    std::string_view kid_;
    std::string_view type_;
    std::string_view signingInput_;
    std::string_view payload_;
    std::string_view signature_;
};

/** A JWT whose signature was checked. */
struct Jwt {
    const Algorithm* algorithm;
    std::string type;     // "typ", empty when absent
    JsonDocument claims;  // an object
};

}  // namespace scalekit
