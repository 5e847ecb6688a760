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

/** What a protected header says. */
struct JoseHeader {
    const Algorithm* algorithm = nullptr;
    std::string kid;   // empty when absent
    std::string type;  // "typ", empty when absent
};

/** The header of the token before: most tokens of a provider have the same, byte for byte. */
struct LastHeader {
    std::string encoded;
    std::shared_ptr<const JoseHeader> header;
};

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
     * token_malformed, header_invalid, critical_header or algorithm_not_allowed. With `last`, a
     * header of the same text as the last good one is not read again.
     */
    static Result<UnverifiedJwt> parse(std::string_view compact, LastHeader* last = nullptr);

    const Algorithm& algorithm() const noexcept { return *header_->algorithm; }
    std::string_view kid() const noexcept { return header_->kid; }    // empty when absent
    std::string_view type() const noexcept { return header_->type; }  // "typ", empty when absent

    std::string_view signingInput() const noexcept { return signingInput_; }  // RFC 7515 section 2
    std::string_view signature() const noexcept { return signature_; }        // decoded

  private:
    friend Result<Jwt> verify(const UnverifiedJwt& token, const KeySet& keys);

    UnverifiedJwt() = default;

    std::shared_ptr<const JoseHeader> header_;
    std::unique_ptr<char[]> decoded_;  // payload and signature
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
