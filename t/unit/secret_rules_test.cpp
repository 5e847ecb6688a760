#include "crypto/secret_rules.hpp"

#include "base/base64url.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"

#include <openssl/evp.h>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

std::string keyProblem(const std::string& key)
{
    return readSessionSecrets(key, SecretSource::file).problem;
}

std::string base64(std::string_view bytes)
{
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string hex(std::string_view bytes)
{
    std::string text;
    for (const char c : bytes) {
        text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        text += "0123456789abcdef"[c & 15];
    }
    return text;
}

std::string digits(std::string_view bytes)
{
    std::string text;
    for (const char c : bytes) {
        text += static_cast<char>('0' + static_cast<unsigned char>(c) % 10);
    }
    return text;
}

TEST("random keys are taken, however they are written")
{
    for (int i = 0; i < 20'000; ++i) {
        // the same ones in each run
        const std::string seed = std::to_string(i);
        const std::string bytes = hkdfSha256(seed, "secret rules", "test", 48);
        for (const std::string& key :
             {base64(bytes), base64urlEncode(bytes), hex(bytes), digits(bytes),
              base64(bytes.substr(0, 24)), hex(bytes.substr(0, 16)), '/' + base64(bytes),
              "//" + base64(bytes), "--" + base64urlEncode(bytes)}) {
            assertCase(keyProblem(key).empty(), key + ": " + keyProblem(key));
            assertCase(secretProblem(key, SecretSource::file).empty(), key);
        }
        assertCase(secretProblem("test_" + base64urlEncode(bytes), SecretSource::word).empty(),
                   seed);
    }
}

TEST("long keys are taken, and long repetitions are not")
{
    const std::string bytes = assertValue(randomBytes(4'000));
    assertView("", keyProblem(hex(bytes)));
    assertView("", keyProblem(base64(bytes)));
    std::string repeated;
    while (repeated.size() < 4'000) {
        repeated += "correct-horse";
    }
    assert_false(keyProblem(repeated).empty());
}

TEST("problems never show the text")
{
    const std::string_view texts[] = {
        "/etc/nginx/uncommon_word/of_thirty-two_bytes",
        "${UNCOMMON_WORD_OF_THIRTY_TWO_BYTES_AND}",
        "uncommon_word:uncommon_word:uncommon_word:12",
        "CHANGE_ME_uncommon_word_CHANGE_ME_123456",
        "\"uncommon_word_of_thirty-two_bytes_and_more\"",
        "# uncommon_word uncommon_word uncommon_word",
        "uncommon_word",
        "uncommon_worduncommon_worduncommon_word",
        "vault:uncommon_word/uncommon_word",
    };
    for (const std::string_view text : texts) {
        for (const SecretSource source : {SecretSource::word, SecretSource::literal,
                                          SecretSource::file, SecretSource::variable}) {
            const std::string problem =
                readSessionSecrets(text, source).problem + secretProblem(text, source);
            assertCase(problem.find("uncommon") == problem.npos, text);
            assertCase(source == SecretSource::variable || !problem.empty() ||
                           source == SecretSource::literal,
                       text);
        }
    }
}

TEST("what is good stays in its order")
{
    const std::string first = "wq3uXnBv1mZs8KfPd0RaLtYc5hGeJ7oI";
    const std::string second = "5f1d7c0a94e2b86837d9ce215ab04f6e";
    const SessionSecrets secrets =
        readSessionSecrets("\r\n" + first + "\r\n\n" + second, SecretSource::variable);
    assertView("", secrets.problem);
    assert_int_equal(2, secrets.keys.size());
    assertView(first, secrets.keys[0]);
    assertView(second, secrets.keys[1]);
}

}  // namespace

TEST_MAIN()
