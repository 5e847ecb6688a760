#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/** What others wrote, as a log line may quote it: on one line, clean and short. */
namespace scalekit {

/**
 * The text in quotes. Quotes, backslashes and bytes outside printable ASCII become \xHH; what is
 * beyond `most` bytes is left out, and "..." stands for it.
 */
std::string quotedForLog(std::string_view text, std::size_t most = 128);

/**
 * The path of a request target, quoted. It ends before a query, also one whose question mark was
 * encoded on the way: a code may stand there.
 */
std::string quotedPath(std::string_view target);

/** `what`: expected "...", found "..."; an expectation that is empty is left out. */
std::string expectedAndFound(std::string_view what, std::string_view expected,
                             std::string_view found);

}  // namespace scalekit
