#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/**
 * Byte strings are std::string / std::string_view throughout the core. This is the flat layout in
 * which records are written and read: big-endian integers and length-prefixed strings, read in
 * place as views.
 */
namespace scalekit {

class ByteWriter {
  public:
    void reserve(std::size_t size) { bytes_.reserve(size); }
    void u8(std::uint8_t value) { bigEndian(value); }
    void u16(std::uint16_t value) { bigEndian(value); }
    void u32(std::uint32_t value) { bigEndian(value); }
    void i64(std::int64_t value) { bigEndian(static_cast<std::uint64_t>(value)); }
    void raw(std::string_view bytes) { bytes_ += bytes; }

    /** u16 length, then the bytes; false (nothing written) above 65,535 bytes. */
    bool string(std::string_view bytes)
    {
        const bool fits = bytes.size() <= UINT16_MAX;
        if (fits) {
            u16(static_cast<std::uint16_t>(bytes.size()));
            raw(bytes);
        }
        return fits;
    }

    const std::string& bytes() const noexcept { return bytes_; }
    std::string take() noexcept { return std::move(bytes_); }

  private:
    template <class T>
    void bigEndian(T value)
    {
        for (std::size_t shift = 8 * sizeof(T); shift > 0; shift -= 8) {
            bytes_ += static_cast<char>(value >> (shift - 8) & 0xff);
        }
    }

    std::string bytes_;
};

/**
 * Reads what ByteWriter wrote. After a read beyond the end, failed() is true for good and values
 * are zero or empty. Inline: every request with a session reads a record.
 */
class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) noexcept : rest_(bytes) {}

    std::uint8_t u8() noexcept { return bigEndian<std::uint8_t>(); }
    std::uint16_t u16() noexcept { return bigEndian<std::uint16_t>(); }
    std::uint32_t u32() noexcept { return bigEndian<std::uint32_t>(); }
    std::int64_t i64() noexcept { return static_cast<std::int64_t>(bigEndian<std::uint64_t>()); }
    std::string_view string() noexcept { return raw(u16()); }

    std::string_view raw(std::size_t size) noexcept
    {
        if (failed_ || size > rest_.size()) {
            failed_ = true;
            rest_ = {};
            return {};
        }
        const std::string_view bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return bytes;
    }

    bool failed() const noexcept { return failed_; }
    bool atEnd() const noexcept { return rest_.empty() && !failed_; }
    std::string_view rest() const noexcept { return rest_; }

  private:
    template <class T>
    T bigEndian() noexcept
    {
        const std::string_view bytes = raw(sizeof(T));
        T value = 0;
        if (!bytes.empty()) {
            for (std::size_t i = 0; i < sizeof(T); ++i) {
                value = static_cast<T>(value << 8 | static_cast<unsigned char>(bytes[i]));
            }
        }
        return value;
    }

    std::string_view rest_;
    bool failed_ = false;
};

}  // namespace scalekit
