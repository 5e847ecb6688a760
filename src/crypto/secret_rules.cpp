#include "crypto/secret_rules.hpp"

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "crypto/seal.hpp"

#include <algorithm>
#include <set>

namespace scalekit {

namespace {

constexpr std::string_view makeOne = "; make a key with: openssl rand -base64 48";

bool hasText(std::string_view text, std::string_view part) noexcept
{
    return text.find(part) != std::string_view::npos;
}

bool startsWithAny(std::string_view text, std::initializer_list<std::string_view> starts) noexcept
{
    return std::ranges::any_of(starts, [&](auto start) { return text.starts_with(start); });
}

/** True when a word of a list in one line is so. */
template <class Is>
bool anyWord(std::string_view words, Is&& is)
{
    std::string_view word;
    do {
        word = takeWord(words);
    } while (!word.empty() && !is(word));
    return !word.empty();
}

/** Its letters alone, in lower case: CHANGE_ME, change-me and <ChangeMe> are one word. */
std::string lettersOf(std::string_view text)
{
    std::string letters;
    for (const char c : text) {
        if (isLetter(c)) {
            letters += lowered(c);
        }
    }
    return letters;
}

// Each test below answers one question about a text, whatever it was meant to be.

/** NAME: of a URI (RFC 3986, section 3.1) or of something like it, "" when there is none. */
std::string_view schemeOf(std::string_view text) noexcept
{
    const std::string_view scheme = text.substr(0, text.find(':'));
    const bool valid = scheme.size() < text.size() && scheme.size() > 1 && isLetter(scheme[0]) &&
                       consistsOf(scheme, "+-._");
    return valid ? scheme : std::string_view();
}

/** What a text begins with where a prefix was meant; of a bare word any scheme is one. */
bool hasScheme(std::string_view text, SecretSource source)
{
    static constexpr std::string_view known =
        "file env literal path ref vault secret secrets secretsmanager ssm kms arn aws gcp azure "
        "sops op k8s docker data base64 hex plain text";
    const std::string_view scheme = schemeOf(text);
    const std::string_view word = text.substr(0, text.find_first_of("= "));
    const auto is = [](std::string_view a) {
        return [a](std::string_view b) { return equalIgnoringCase(a, b); };
    };
    return (source == SecretSource::word && !scheme.empty()) || anyWord(known, is(scheme)) ||
           (source != SecretSource::literal && anyWord("http https", is(scheme))) ||
           (word.size() < text.size() && anyWord("file env literal", is(word)));
}

/** NAME=value or NAME: value, as the lines of an environment file or of YAML. */
bool isAssignment(std::string_view text)
{
    const std::size_t end = std::min(text.find_first_of("=:"), text.size());
    const std::string_view name = text.substr(0, end);
    // nothing follows the padding of base64
    return !name.empty() && text.find_first_not_of('=', end) != text.npos &&
           consistsOf(name, "_-. ");
}

/** Likewise where the value may have such a form itself: the name is one that tells. */
bool assignsSecret(std::string_view text)
{
    static constexpr std::string_view telling =
        "secret key clientid token export password path scalekit";
    const std::string name = lettersOf(text.substr(0, text.find_first_of("=:")));
    return isAssignment(text) &&
           anyWord(telling, [&](std::string_view part) { return hasText(name, part); });
}

/** SCALEKIT_SESSION_KEYS: the name of a variable where its value was meant. */
bool isVariableName(std::string_view text) noexcept
{
    return hasText(text, "_") && !text.empty() && isUpper(text[0]) &&
           std::ranges::all_of(text, [](char c) { return isUpper(c) || c == '_' || isDigit(c); });
}

/** What shells, nginx, templates and deployment tools replace, and did not. */
bool isVariable(std::string_view text) noexcept
{
    const auto enclosed = [&](std::string_view mark) {
        return text.size() > 2 * mark.size() && text.starts_with(mark) && text.ends_with(mark) &&
               consistsOf(text.substr(mark.size(), text.size() - 2 * mark.size()), "_.-");
    };
    return (text.starts_with('$') && consistsOf(text.substr(1), "_")) || hasText(text, "${") ||
           (text.starts_with('!') && hasText(text, " ")) || hasText(text, "$(") ||
           hasText(text, "{{") || hasText(text, "}}") || hasText(text, "<%") ||
           hasText(text, "#{") || hasText(text, "%(") || enclosed("%") || enclosed("@") ||
           enclosed("__") || enclosed("`") ||
           startsWithAny(text, {"ENC[", "$ANSIBLE_VAULT", "{cipher}"});
}

bool isPlaceholder(std::string_view text)
{
    static constexpr std::string_view parts =
        "changeme changethis changeit replaceme replacethis replacewith toreplace placehold "
        "insertyour inserthere insertkey insertsecret yoursecret yourclient yourkey yoursession "
        "putyour pasteyour pastehere pastethe enteryour secrethere keyhere keyshere goeshere "
        "fromthedashboard";
    static constexpr std::string_view wholes =
        "todo fixme tbd none null nil undefined unset notset example password dummy redacted "
        "hidden masked secretkey sessionkey sessionkeys clientid clientsecret scalekitkey "
        "scalekitsessionkey scalekitsessionkeys scalekitclientid scalekitclientsecret "
        "credentials myclientsecret";
    const std::string letters = lettersOf(text);
    const bool onlyLetters = std::ranges::none_of(text, isDigit);
    const bool enclosed = text.size() > 1 && ((text.front() == '<' && text.back() == '>') ||
                                              (text.front() == '[' && text.back() == ']'));
    const bool masked = hasText(text, "***") || hasText(text, "...") || letters.ends_with("xxxx") ||
                        hasText(letters, "xxxxx") ||
                        (letters.size() > 2 && letters.find_first_not_of('x') == letters.npos);
    return enclosed || masked || startsWithAny(letters, {"your", "replace", "insert", "change"}) ||
           anyWord(parts, [&](std::string_view part) { return hasText(letters, part); }) ||
           (onlyLetters &&
            anyWord(wholes, [&](std::string_view whole) { return letters == whole; }));
}

/** Begins at a folder. Base64 may begin with a slash too, but hardly without capital letters. */
bool startsPath(std::string_view text) noexcept
{
    if (startsWithAny(text, {"./", "../", "~/", "@/", "</", "\\\\"}) ||
        (text.size() > 2 && isLetter(text[0]) &&
         (text.substr(1, 2) == ":\\" || text.substr(1, 2) == ":/"))) {
        return true;
    }
    return text.starts_with('/') &&
           (!consistsOf(text, "/+=") || std::ranges::none_of(text, isUpper));
}

/** A bare word is rather a path than a secret, a text that was said to be the secret is rather not.
 */
bool isPath(std::string_view text, SecretSource source)
{
    const bool folders = hasText(text, "/") && consistsOf(text, "/._- ~");
    if (startsPath(text)) {
        return true;
    }
    if (source == SecretSource::literal) {
        return false;
    }
    if (source != SecretSource::word) {
        return folders && text.find_first_of("._- ~") != text.npos;
    }
    static constexpr std::string_view endings =
        ".txt .key .keys .pem .crt .json .yml .yaml .env .conf .secret .asc .gpg .enc .toml .ini .bak "
        ".old .prod .local";
    return folders || text.starts_with('/') || text.starts_with('~') ||
           (hasText(text, "\\") && consistsOf(text, "\\._- ~")) ||
           anyWord(endings, [&](std::string_view end) { return text.ends_with(end); });
}

/** Repeated or counted up: "password" six times, abcdef..., 32 times the same letter. */
bool lacksVariety(std::string_view key)
{
    key = key.substr(0, 128);  // of a long key this much is enough to tell
    std::set<char> letters(key.begin(), key.end());
    std::set<std::string_view> triples;
    std::size_t steps = 0;
    for (std::size_t i = 0; i + 1 < key.size(); ++i) {
        const int step = key[i + 1] - key[i];
        steps += step >= -1 && step <= 1 ? 1 : 0;
        if (i + 2 < key.size()) {
            triples.insert(key.substr(i, 3));
        }
    }
    return letters.size() < 8 || triples.size() * 4 < (key.size() - 2) * 3 ||
           steps * 3 > (key.size() - 1) * 2;
}

/** What the bytes say before any meaning is looked for. */
std::string bytesProblem(std::string_view text)
{
    if (startsWithAny(text, {"\xef\xbb\xbf", "\xfe\xff", "\xff\xfe"})) {
        return "begins with a byte order mark; save the file as plain ASCII without one";
    }
    for (const char c : text) {
        if (c == '\0') {
            return "holds a NUL byte; it has to be plain text";
        }
        if (static_cast<unsigned char>(c) >= 0x80) {
            return "holds a character that is not ASCII; write the secret alone, as it was given";
        }
        if (isControl(c)) {
            return "holds a control character; it has to be plain text in one line";
        }
    }
    return "";
}

std::string formatProblem(std::string_view text)
{
    const bool quoted = text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
                        text.back() == text.front();
    if (quoted) {
        return "stands in quotes; take them out, they would be part of it";
    }
    if (startsWithAny(text, {"{\"", "{ ", "{}", "[{", "[\""})) {
        return "is JSON; write the secret alone";
    }
    if (text.starts_with("-----BEGIN")) {
        return "is a PEM file; write the secret alone";
    }
    if (startsWithAny(text, {"client_secret ", "client_id ", "session_keys "})) {
        return "is a line of configuration; write the secret alone";
    }
    if (hasText(text, " #")) {
        return "has a comment behind it; write the secret alone";
    }
    return "";
}

/** What a text is instead of a secret. */
std::string meaningProblem(std::string_view text, SecretSource source)
{
    if (isVariable(text)) {
        return "is a variable or a template that nothing has replaced; write the secret itself "
               "into a file and name it as file:PATH, or use env:NAME";
    }
    if (hasScheme(text, source)) {
        return "begins with a scheme that is not known here; write file:PATH, env:NAME or "
               "literal:TEXT, in lower case and once";
    }
    if (isPath(text, source)) {
        return source == SecretSource::word
                   ? "is a path, not the secret; did you mean file:PATH? (a secret that looks like "
                     "a path is written as literal:TEXT)"
                   : "is a path, not the secret; name that file itself as file:PATH";
    }
    if (assignsSecret(text)) {
        return "is a name with a value; write the value alone";
    }
    if (isPlaceholder(text)) {
        return "is a placeholder; put the real one in its place";
    }
    if (source != SecretSource::literal && isVariableName(text)) {
        return "is the name of a variable, not its value; write env:NAME";
    }
    return "";
}

/** By how it begins, or by what the tools that write files say there. */
bool isComment(std::string_view line)
{
    const std::string letters = lettersOf(line);
    return startsWithAny(line, {"#", ";", "/*", "<!--"}) || hasText(letters, "donotedit") ||
           hasText(letters, "managedby") ||
           (hasText(line, " ") && startsWithAny(line, {"//", "--", "*", "%", "!", "rem", "REM"}));
}

/** a-phrase-of-words, Of_Words2: nothing but words between the signs, which are at least three. */
bool isPhrase(std::string_view key)
{
    std::size_t words = 0;
    while (!key.empty()) {
        std::string_view word = takeUntil(key, "-_");
        word = word.substr(0, word.find_last_not_of("0123456789") + 1);
        const std::string_view rest = word.substr(word.empty() ? 0 : 1);
        if (!std::ranges::all_of(word, isLetter) ||
            (std::ranges::any_of(rest, isUpper) && !std::ranges::all_of(word, isUpper))) {
            return false;
        }
        words += word.empty() ? 0 : 1;
    }
    return words >= 3;
}

/** Written by another program for another purpose, or public. */
bool isOfOthers(std::string_view key) noexcept
{
    return startsWithAny(key, {"age1", "AGE-SECRET-KEY-", "ssh-", "MII", "U2FsdGVkX1"});
}

/** What a line is although it should be a key; what follows from that is always the same. */
std::string lineProblem(std::string_view key, SecretSource source)
{
    std::string problem = bytesProblem(key);
    if (problem.empty()) {
        problem = formatProblem(key);
    }
    if (!problem.empty()) {
        return problem;
    }
    const bool literal = source == SecretSource::literal;
    if (literal ? key.starts_with('#') : isComment(key)) {
        return "is a comment; write nothing but keys";
    }
    if (problem = meaningProblem(key, source); !problem.empty()) {
        return problem;
    }
    if (isAssignment(key)) {
        return "is a name with a value; write the value alone";
    }
    if (!literal && hasText(key, " ")) {
        return "holds blanks, as a comment does; a key is one word";
    }
    if (!literal && !consistsOf(key, "+/=-_")) {
        return "holds other characters than letters, digits and + / = - _; write one key a line";
    }
    if (!literal && (isPhrase(key) || isOfOthers(key))) {
        return "is not a random key of its own";
    }
    if (key.size() < minSecretSize) {
        return "has " + std::to_string(key.size()) + " bytes, a key needs at least 32";
    }
    return lacksVariety(key) ? "repeats itself and can be guessed" : "";
}

std::string keyProblem(std::string_view key, SecretSource source)
{
    const std::string problem = lineProblem(key, source);
    return problem.empty() ? "" : problem + std::string(makeOne);
}

}  // namespace

std::string secretProblem(std::string_view secret, SecretSource source)
{
    std::string problem = bytesProblem(secret);
    if (problem.empty() && (secret.starts_with(' ') || secret.ends_with(' '))) {
        problem = "begins or ends with a blank; take it out, it would be part of it";
    }
    if (problem.empty()) {
        problem = formatProblem(secret);
    }
    return problem.empty() ? meaningProblem(secret, source) : problem;
}

SessionSecrets readSessionSecrets(std::string_view text, SecretSource source)
{
    SessionSecrets secrets;
    if (source == SecretSource::word && !text.empty()) {
        secrets.problem = meaningProblem(text, source);
        if (secrets.problem.empty()) {
            secrets.problem = "is a key that stands in the configuration itself; keep it in a file "
                              "and write file:PATH, or env:NAME, or literal:TEXT if it has to "
                              "stand here";
        }
        return secrets;
    }
    for (std::size_t line = 1; !text.empty(); ++line) {
        std::string_view key = takeUntil(text, '\n');
        if (key.ends_with('\r')) {
            key.remove_suffix(1);
        }
        if (key.empty()) {
            continue;
        }
        std::string problem = keyProblem(key, source);
        if (problem.empty() && contains(secrets.keys, key)) {
            problem = "is there twice; write each key once";
        }
        if (!problem.empty()) {
            secrets.problem = "is refused: line " + std::to_string(line) + " " + problem;
            return secrets;
        }
        secrets.keys.emplace_back(key);
    }
    if (secrets.keys.empty()) {
        secrets.problem = "holds no key" + std::string(makeOne);
    }
    return secrets;
}

}  // namespace scalekit
