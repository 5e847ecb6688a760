#include "base/bytes.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

TEST("integers are big-endian and strings carry a length of two bytes")
{
    ByteWriter writer;
    writer.u8(0x01);
    writer.u16(0x0203);
    writer.u32(0x04050607);
    writer.i64(0x08090a0b0c0d0e0f);
    assert_true(writer.string("ab"));
    writer.raw("c");

    assertView("0102030405060708090a0b0c0d0e0f00026162"
               "63",
               hex(writer.bytes()));
}

TEST("what was written is read back, extremes included")
{
    const std::string nul("a\0b", 3);
    ByteWriter writer;
    writer.u8(0xff);
    writer.u16(0xffff);
    writer.u32(0xffffffff);
    writer.i64(INT64_MIN);
    writer.i64(INT64_MAX);
    writer.i64(-1);
    assert_true(writer.string(nul));
    assert_true(writer.string(""));
    const std::string bytes = writer.take();

    ByteReader reader(bytes);
    assert_int_equal(0xff, reader.u8());
    assert_int_equal(0xffff, reader.u16());
    assert_true(reader.u32() == 0xffffffff);
    assert_true(reader.i64() == INT64_MIN);
    assert_true(reader.i64() == INT64_MAX);
    assert_true(reader.i64() == -1);
    assertView(nul, reader.string());
    assert_false(reader.atEnd());
    assertView("", reader.string());
    assert_true(reader.atEnd());
    assert_false(reader.failed());
}

TEST("a string of 65,535 bytes fits and one more writes nothing")
{
    ByteWriter writer;
    assert_false(writer.string(std::string(65536, 'x')));
    assert_true(writer.bytes().empty());
    assert_true(writer.string(std::string(65535, 'x')));

    ByteReader reader(writer.bytes());
    assert_int_equal(65535, reader.string().size());
    assert_true(reader.atEnd());
}

TEST("every truncation of a record fails, for good, with zero values")
{
    ByteWriter writer;
    writer.u8(7);
    writer.u16(7);
    writer.u32(7);
    writer.i64(7);
    assert_true(writer.string("seven"));

    forEachTruncation(writer.bytes(), [](const std::string& cut) {
        ByteReader reader(cut);
        reader.u8();
        reader.u16();
        reader.u32();
        reader.i64();
        assertView("", reader.string());
        assert_true(reader.failed());
        assert_false(reader.atEnd());

        assert_int_equal(0, reader.u8());
        assert_true(reader.i64() == 0);
        assertView("", reader.raw(0));
        assertView("", reader.rest());
        assert_true(reader.failed());
    });
}

TEST("a length beyond the end fails and does not wrap around")
{
    ByteReader reader("\xff\xff"
                      "abc");
    assertView("", reader.string());
    assert_true(reader.failed());

    ByteReader huge("abc");
    assertView("", huge.raw(SIZE_MAX));
    assert_true(huge.failed());
}

}  // namespace

TEST_MAIN()
