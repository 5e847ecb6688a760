#pragma once

#include <string>
#include <string_view>
#include <vector>

/**
 * What cannot be a secret: a path whose `file:` was forgotten, a variable that nothing replaced, a
 * placeholder, a comment. Taken as it stands, such a text works and is known to everybody who has
 * read the same documentation.
 *
 * Problems are "" or a sentence that goes on after the directive's name and says the remedy. They
 * never hold the text itself.
 */
namespace scalekit {

enum class SecretSource {
    word,      // stands in the configuration as it is
    literal,   // likewise, but was said to be the secret: literal:TEXT
    file,      // file:PATH
    variable,  // env:NAME
};

/** What is wrong with a client's id or secret (RFC 6749, appendix A: printable ASCII). */
std::string secretProblem(std::string_view secret, SecretSource source);

struct SessionSecrets {
    std::vector<std::string> keys;  // in their order, at least one without a problem
    std::string problem;
};

/** The keys of session_keys, one a line. Empty lines and line ends of Windows do not count. */
SessionSecrets readSessionSecrets(std::string_view text, SecretSource source);

}  // namespace scalekit
