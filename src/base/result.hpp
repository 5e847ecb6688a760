#pragma once

#include "base/reason.hpp"

#include <type_traits>
#include <utility>
#include <variant>

namespace scalekit {

/**
 * A value or the reason why there is none. Named after std::expected, so that it can be swapped for
 * it.
 */
template <class T>
class [[nodiscard]] Result {
  public:
    template <class U = T>
    requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, Reason> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>) Result(U&& value)
        : content_(std::in_place_index<0>, std::forward<U>(value))
    {}

    Result(Reason reason) : content_(std::in_place_index<1>, reason) {}

    explicit operator bool() const noexcept { return content_.index() == 0; }

    T& operator*() & noexcept { return *std::get_if<0>(&content_); }
    const T& operator*() const& noexcept { return *std::get_if<0>(&content_); }
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&content_)); }
    T* operator->() noexcept { return std::get_if<0>(&content_); }
    const T* operator->() const noexcept { return std::get_if<0>(&content_); }

    Reason error() const noexcept
    {
        const Reason* reason = std::get_if<1>(&content_);
        return reason != nullptr ? *reason : Reason::none;
    }

  private:
    std::variant<T, Reason> content_;
};

}  // namespace scalekit
