#include "base/bytes.hpp"

namespace scalekit {

namespace {

template <class T>
void appendBigEndian(std::string& bytes, T value)
{
    for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(value >> shift & 0xff);
    }
}

template <class T>
T bigEndian(std::string_view bytes) noexcept
{
    T value = 0;
    for (const unsigned char byte : bytes) {
        value = static_cast<T>(value << 8 | byte);
    }
    return value;
}

}  // namespace

void ByteWriter::u8(std::uint8_t value)
{
    bytes_ += static_cast<char>(value);
}

void ByteWriter::u16(std::uint16_t value)
{
    appendBigEndian(bytes_, value);
}

void ByteWriter::u32(std::uint32_t value)
{
    appendBigEndian(bytes_, value);
}

void ByteWriter::i64(std::int64_t value)
{
    appendBigEndian(bytes_, static_cast<std::uint64_t>(value));
}

void ByteWriter::raw(std::string_view bytes)
{
    bytes_ += bytes;
}

bool ByteWriter::string(std::string_view bytes)
{
    if (bytes.size() > UINT16_MAX) {
        return false;
    }
    u16(static_cast<std::uint16_t>(bytes.size()));
    raw(bytes);
    return true;
}

std::uint8_t ByteReader::u8() noexcept
{
    return bigEndian<std::uint8_t>(raw(1));
}

std::uint16_t ByteReader::u16() noexcept
{
    return bigEndian<std::uint16_t>(raw(2));
}

std::uint32_t ByteReader::u32() noexcept
{
    return bigEndian<std::uint32_t>(raw(4));
}

std::int64_t ByteReader::i64() noexcept
{
    return static_cast<std::int64_t>(bigEndian<std::uint64_t>(raw(8)));
}

std::string_view ByteReader::raw(std::size_t size) noexcept
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

std::string_view ByteReader::string() noexcept
{
    return raw(u16());
}

}  // namespace scalekit
