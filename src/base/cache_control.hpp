#pragma once

#include <string_view>

namespace scalekit {

/** What the Cache-Control lines of an answer allow a shared cache (RFC 9111 5.2.2). */
class CacheControl {
  public:
    /** Takes in one line; several count as one list. */
    void add(std::string_view line) noexcept;

    /** False when nothing is said about whether the whole answer may be kept, and how long. */
    bool decides() const noexcept
    {
        return private_ || public_ || noStore_ || noCache_ || maxAge_ != Age::unsaid ||
               sharedMaxAge_ != Age::unsaid;
    }

    /** True when no shared cache may keep the answer. */
    bool keepsOthersOut() const noexcept { return private_ || (noStore_ && !mustUnderstand_); }

    /**
     * True when a shared cache may serve the answer for a while without asking again. `expires`
     * tells whether an Expires header lies in the future; it counts where no line names an age.
     */
    bool servesOthers(bool expires) const noexcept;

  private:
    enum class Age { unsaid, zero, positive };
    static Age ageOf(std::string_view seconds) noexcept;

    bool private_ = false;
    bool public_ = false;
    bool noStore_ = false;
    bool noCache_ = false;
    bool mustUnderstand_ = false;
    Age maxAge_ = Age::unsaid;
    Age sharedMaxAge_ = Age::unsaid;
};

}  // namespace scalekit
