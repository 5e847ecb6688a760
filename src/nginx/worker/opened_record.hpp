#pragma once

#include "session/identity_text.hpp"
#include "session/session.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace scalekit {

/** A bearer token as it is remembered. */
struct TokenView {
    IdentityView identity;
    std::chrono::sys_seconds expires;
};

/**
 * A session or a bearer token: opened, checked and read once. It stays as it is and where it is
 * while somebody holds a RecordPtr to it.
 */
class OpenedRecord {
  public:
    /** nullptr for bytes that are no session's record. */
    static std::unique_ptr<OpenedRecord> ofSession(std::string record)
    {
        std::unique_ptr<OpenedRecord> opened(new OpenedRecord(std::move(record)));
        const Result<SessionView> session = readSession(opened->bytes_);
        if (session) {
            opened->view_ = *session;
        }
        return session ? std::move(opened) : nullptr;
    }

    /** nullptr for bytes that are no identity. */
    static std::unique_ptr<OpenedRecord> ofToken(std::string bytes,
                                                 std::chrono::sys_seconds expires)
    {
        std::unique_ptr<OpenedRecord> opened(new OpenedRecord(std::move(bytes)));
        const Result<IdentityView> identity = readIdentity(opened->bytes_);
        if (identity) {
            opened->view_ = TokenView{*identity, expires};
        }
        return identity ? std::move(opened) : nullptr;
    }

    OpenedRecord(const OpenedRecord&) = delete;
    OpenedRecord& operator=(const OpenedRecord&) = delete;

    std::string_view bytes() const noexcept { return bytes_; }

    /** One of the two is nullptr. */
    const SessionView* session() const noexcept { return std::get_if<SessionView>(&view_); }
    const TokenView* token() const noexcept { return std::get_if<TokenView>(&view_); }

    const IdentityView& identity() const noexcept
    {
        return session() != nullptr ? session()->identity : token()->identity;
    }

    /** Made when it is first asked for. */
    const IdentityText& text() const
    {
        if (!text_) {
            text_.emplace(identity());
        }
        return *text_;
    }

    /** What the list of ended sessions said last of this one, and at which of its epochs. */
    struct Revocation {
        std::uint64_t epoch = 0;
        bool ended = false;
    };
    Revocation& revocation() const noexcept { return revocation_; }

  private:
    friend class RecordPtr;

    explicit OpenedRecord(std::string bytes) noexcept : bytes_(std::move(bytes)) {}

    std::string bytes_;
    std::variant<SessionView, TokenView> view_;
    mutable std::optional<IdentityText> text_;
    mutable Revocation revocation_;
    mutable std::size_t holders_ = 0;
};

/** Counts who holds a record; a worker is one thread, so it is a plain number. */
class RecordPtr {
  public:
    RecordPtr() = default;
    explicit RecordPtr(std::unique_ptr<OpenedRecord> record) noexcept : record_(record.release())
    {
        hold();
    }
    RecordPtr(const RecordPtr& other) noexcept : record_(other.record_) { hold(); }
    RecordPtr(RecordPtr&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
    RecordPtr& operator=(RecordPtr other) noexcept
    {
        std::swap(record_, other.record_);
        return *this;
    }
    ~RecordPtr()
    {
        if (record_ != nullptr && --record_->holders_ == 0) {
            delete record_;
        }
    }

    /** Lets go of the record without freeing it, ever. */
    void release() noexcept { record_ = nullptr; }

    explicit operator bool() const noexcept { return record_ != nullptr; }
    const OpenedRecord* operator->() const noexcept { return record_; }
    const OpenedRecord& operator*() const noexcept { return *record_; }
    bool operator==(const RecordPtr& other) const noexcept = default;

  private:
    void hold() noexcept
    {
        if (record_ != nullptr) {
            ++record_->holders_;
        }
    }

    const OpenedRecord* record_ = nullptr;
};

}  // namespace scalekit
