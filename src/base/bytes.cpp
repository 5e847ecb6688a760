#include "base/bytes.hpp"

namespace scalekit {

namespace {

template <class T>
void appendBigEndian(std::string& bytes, T value)
{
    char bigEndian[sizeof(T)];
    for (std::size_t i = sizeof(T); i > 0; --i, value = static_cast<T>(value >> 4 >> 4)) {
        bigEndian[i - 1] = static_cast<char>(value & 0xff);
    }
    bytes.append(bigEndian, sizeof(T));
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

}  // namespace scalekit
