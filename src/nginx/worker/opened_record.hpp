#pragma once

#include "session/identity_text.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace scalekit {

/**
 * A session's or bearer token's record: opened, checked and read once. It stays as it is and where
 * it is while somebody holds a RecordPtr to it.
 */
class OpenedRecord {
  public:
    explicit OpenedRecord(std::string record)
        : record_(std::move(record)), session_(readSession(record_))
    {}
    OpenedRecord(const OpenedRecord&) = delete;
    OpenedRecord& operator=(const OpenedRecord&) = delete;

    /** False for bytes that are no record: then there is no session to ask for. */
    bool good() const noexcept { return static_cast<bool>(session_); }

    std::chrono::sys_seconds tokenExpires{};  // of a bearer token

    std::string_view record() const noexcept { return record_; }
    const SessionView& session() const noexcept { return *session_; }

    /** Made when it is first asked for. */
    const IdentityText& text() const
    {
        if (!text_) {
            text_.emplace(session());
        }
        return *text_;
    }

  private:
    friend class RecordPtr;

    std::string record_;
    Result<SessionView> session_;
    mutable std::optional<IdentityText> text_;
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
