#include "jose/jwt.hpp"

#include "base/base64url.hpp"

#include <optional>

namespace scalekit {

namespace {

struct Segments {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signingInput;  // the first two and their dot
};

/** Looks for the third dot, never for the fourth: a text of dots costs nothing. */
std::optional<Segments> split(std::string_view compact) noexcept
{
    const std::size_t first = compact.find('.');
    if (first == std::string_view::npos) {
        return std::nullopt;
    }
    const std::size_t second = compact.find('.', first + 1);
    if (second == std::string_view::npos ||
        compact.find('.', second + 1) != std::string_view::npos) {
        return std::nullopt;
    }

    return Segments{compact.substr(0, first), compact.substr(first + 1, second - first - 1),
                    compact.substr(second + 1), compact.substr(0, second)};
}

/** Decodes to where `out` stands, and moves that on. */
std::optional<std::string_view> decode(std::string_view segment, char*& out) noexcept
{
    const std::ptrdiff_t size = base64urlDecode(segment, reinterpret_cast<unsigned char*>(out));
    if (size < 0) {
        return std::nullopt;
    }
    const std::string_view bytes(out, static_cast<std::size_t>(size));
    out += size;
    return bytes;
}

using SharedHeader = std::shared_ptr<const JoseHeader>;

/** Steps 2 to 5 of RFC 7515 section 5.2, and what RFC 7519 section 7.2 asks of the header. */
Result<SharedHeader> parseHeader(std::string_view encoded)
{
    // 2. the encoded header
    const auto text = base64urlDecode(encoded);
    if (!text) {
        return Reason::token_malformed;
    }

    // 3, 4. a JSON object without duplicate members
    const auto document = JsonDocument::parse(*text, Reason::header_invalid);
    if (!document) {
        return document.error();
    }
    const JsonValue members = document->root();

    // 5. no extension is understood, so none may be critical; "b64" would change the signing input
    // (RFC 7797), "enc" makes it no JWS (RFC 7516 section 9)
    if (hasMember(members, "crit") || hasMember(members, "b64")) {
        return Reason::critical_header;
    }
    if (hasMember(members, "enc")) {
        return Reason::header_invalid;
    }

    const auto algorithm = stringMember(members, "alg");
    if (!algorithm) {
        return Reason::header_invalid;
    }
    JoseHeader header;
    header.algorithm = findAlgorithm(*algorithm);
    if (header.algorithm == nullptr) {
        return Reason::algorithm_not_allowed;
    }

    if (hasMember(members, "kid")) {
        const auto kid = stringMember(members, "kid");
        if (!kid || kid->empty() || kid->size() > maxKidSize) {
            return Reason::header_invalid;
        }
        header.kid = *kid;
    }

    if (hasMember(members, "typ")) {
        const auto type = stringMember(members, "typ");
        if (!type) {
            return Reason::header_invalid;
        }
        header.type = *type;
    }

    return SharedHeader(std::make_shared<const JoseHeader>(std::move(header)));
}

Result<SharedHeader> headerOf(std::string_view encoded, LastHeader* last)
{
    if (last != nullptr && last->header != nullptr && last->encoded == encoded) {
        return last->header;
    }
    auto header = parseHeader(encoded);
    if (header && last != nullptr) {
        *last = {std::string(encoded), *header};
    }
    return header;
}

}  // namespace

/** RFC 7515 section 5.2, steps 1 to 7. */
Result<UnverifiedJwt> UnverifiedJwt::parse(std::string_view compact, LastHeader* last)
{
    UnverifiedJwt token;

    // 1. the serialization
    if (compact.size() > maxTokenSize) {
        return Reason::token_too_large;
    }
    const auto segments = split(compact);
    if (!segments) {
        return Reason::token_malformed;
    }
    token.signingInput_ = segments->signingInput;

    // 2 to 5. the header
    auto header = headerOf(segments->header, last);
    if (!header) {
        return header.error();
    }
    token.header_ = *std::move(header);

    // 6. the encoded payload
    token.decoded_ = std::make_unique_for_overwrite<char[]>(compact.size());
    char* out = token.decoded_.get();
    const auto payload = decode(segments->payload, out);
    if (!payload) {
        return Reason::token_malformed;
    }
    token.payload_ = *payload;

    // 7. the encoded signature
    const auto signature = decode(segments->signature, out);
    if (!signature) {
        return Reason::token_malformed;
    }
    token.signature_ = *signature;

    return token;
}

}  // namespace scalekit
