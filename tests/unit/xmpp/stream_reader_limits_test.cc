#include <gmock/gmock.h>

#include <ctime>

#include "reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::in_stream;
using test::kHeader;
using test::read;
using test::read_every_way;
using testing::ElementsAre;
using testing::StartsWith;

constexpr const char* kTooBig = "fault stanza_too_big";

TEST(ReaderLimits, HeaderAtAndOverTheLimit) {
  const std::string declared = "<?xml version='1.0'?> \n " + std::string(kHeader);
  // White space between the two is free.
  const std::size_t spent = declared.size() - 3;
  EXPECT_THAT(read_every_way(declared, {.header_bytes = spent}), ElementsAre(StartsWith("<?xml")));
  EXPECT_THAT(read_every_way(declared, {.header_bytes = spent - 1}), ElementsAre(kTooBig));
  EXPECT_THAT(read_every_way(declared, {.header_bytes = 5}), ElementsAre(kTooBig));
}

TEST(ReaderLimits, ElementAtAndOverTheLimit) {
  const std::string element = "<a b='c'>text<d/></a>";
  const std::string stream = in_stream("<x/>" + element + "<y/>");
  EXPECT_THAT(
      read_every_way(stream, {.element_bytes = element.size()}),
      ElementsAre(StartsWith("<?xml"), "element <x/>", "element " + element, "element <y/>"));
  EXPECT_THAT(read_every_way(stream, {.element_bytes = element.size() - 1}),
              ElementsAre(StartsWith("<?xml"), "element <x/>", kTooBig));
}

TEST(ReaderLimits, ElementThatNeverEnds) {
  for (const char* begin : {"<a", "<a b='", "<a>", "<a><![CDATA[", "<a>&amp;", "<a><b/>"}) {
    StreamReader reader({.element_bytes = 1000});
    reader.push(kHeader);
    ASSERT_TRUE(reader.next());
    reader.push(begin);
    std::size_t held = std::string_view(begin).size();
    std::optional<ReaderEvent> event;
    for (; !(event = reader.next()); ++held) reader.push("x");
    EXPECT_EQ(held, 1001U) << begin;
    EXPECT_EQ(std::visit(test::Describe{}, *event), kTooBig);
  }
}

TEST(ReaderLimits, FaultsBeforeTheLimitComeFirst) {
  EXPECT_THAT(read_every_way(in_stream("<a><!-- -->"), {.element_bytes = 6}),
              ElementsAre(StartsWith("<?xml"), "fault xml_restricted"));
  EXPECT_THAT(read_every_way(in_stream("<a><!-- -->"), {.element_bytes = 5}),
              ElementsAre(StartsWith("<?xml"), kTooBig));
  EXPECT_THAT(read_every_way(in_stream("<a><b <c>"), {.element_bytes = 7}),
              ElementsAre(StartsWith("<?xml"), "fault xml_invalid"));
  EXPECT_THAT(read_every_way(in_stream("<a><b <c>"), {.element_bytes = 6}),
              ElementsAre(StartsWith("<?xml"), kTooBig));
}

std::string nested(std::size_t depth) {
  std::string open;
  std::string close;
  for (std::size_t i = 0; i < depth; ++i) {
    open += "<a>";
    close += "</a>";
  }
  return open + close;
}

TEST(ReaderLimits, DepthAtAndOverTheLimit) {
  EXPECT_EQ(read({in_stream(nested(64))}).back(), "element " + nested(63).insert(63 * 3, "<a/>"));
  EXPECT_EQ(read({in_stream(nested(65))}).back(), "fault xml_invalid");
  EXPECT_EQ(read({in_stream(nested(1200))}).back(), "fault xml_invalid");
  EXPECT_EQ(read({in_stream("<a/>")}, {.depth = 0}).back(), "fault xml_invalid");
}

std::string with_attributes(std::size_t plain, std::size_t declarations) {
  std::string out = "<a";
  for (std::size_t i = 0; i < plain; ++i) out += " b" + std::to_string(i) + "=''";
  for (std::size_t i = 0; i < declarations; ++i) out += " xmlns:p" + std::to_string(i) + "='urn:p'";
  return out + "/>";
}

TEST(ReaderLimits, AttributesAtAndOverTheLimit) {
  EXPECT_THAT(read({in_stream(with_attributes(128, 0))}).back(), StartsWith("element"));
  EXPECT_EQ(read({in_stream(with_attributes(129, 0))}).back(), "fault xml_invalid");
  EXPECT_THAT(read({in_stream(with_attributes(64, 64))}).back(), StartsWith("element"));
  EXPECT_EQ(read({in_stream(with_attributes(64, 65))}).back(), "fault xml_invalid");
  EXPECT_EQ(read({in_stream(with_attributes(0, 129))}).back(), "fault xml_invalid");
  EXPECT_EQ(read({in_stream("<a xmlns='urn:x' b=''/>")}, {.attributes = 1}).back(),
            "fault xml_invalid");
}

TEST(ReaderLimits, DeclarationsOfOneElementDoNotCountForTheNext) {
  EXPECT_THAT(read({in_stream(with_attributes(0, 128) + with_attributes(128, 0))}, {}).back(),
              StartsWith("element"));
}

// 10 kB of these would be 6 MB of expanded names.
TEST(ReaderLimits, InheritedNamespaceNamesAreCharged) {
  const std::string uri(5000, 'u');
  std::string bomb = "<a xmlns='" + uri + "'>";
  while (bomb.size() < 9000) bomb += "<b/>";
  EXPECT_EQ(read({in_stream(bomb + "</a>")}).back(), kTooBig);
  std::string attributes = "<a xmlns:p='" + uri + "'";
  for (int i = 0; i < 100; ++i) attributes += " p:a" + std::to_string(i) + "=''";
  EXPECT_EQ(read({in_stream(attributes + "/>")}).back(), kTooBig);
}

TEST(ReaderLimits, ChargeIsPerElement) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "<a><b/><c/></a>";
  EXPECT_EQ(read({in_stream(many)}).size(), 5001U);
}

// ---- CPU ----------------------------------------------------------------------------------------

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// CPU to read one element of `size` bytes in single bytes, the best of three.
double cost_of(const std::string& element) {
  double best = 1e9;
  for (int run = 0; run < 3; ++run) {
    StreamReader reader({.element_bytes = 1 << 20});
    reader.push(kHeader);
    EXPECT_TRUE(reader.next());
    const double before = cpu_seconds();
    std::optional<ReaderEvent> event;
    for (const char c : element) {
      reader.push({&c, 1});
      event = reader.next();
    }
    best = std::min(best, cpu_seconds() - before);
    EXPECT_TRUE(event && std::holds_alternative<Element>(*event));
  }
  return best;
}

std::string with_value(std::size_t size, char filler) {
  return "<a b='" + std::string(size, filler) + "'/>";
}

// Quadratic work would cost 25 times as much for 5 times the size.
TEST(ReaderCpu, ABigAttributeInSingleBytesCostsLinearly) {
  for (const char filler : {'x', '>', '"'})
    EXPECT_LT(cost_of(with_value(250'000, filler)), 12 * cost_of(with_value(50'000, filler)))
        << filler;
}

TEST(ReaderCpu, BigTextAndCdataInSingleBytesCostLinearly) {
  const auto text = [](std::size_t size) { return "<a>" + std::string(size, '>') + "</a>"; };
  EXPECT_LT(cost_of(text(250'000)), 12 * cost_of(text(50'000)));
  const auto cdata = [](std::size_t size) {
    return "<a><![CDATA[" + std::string(size, ']') + "x]]></a>";
  };
  EXPECT_LT(cost_of(cdata(250'000)), 12 * cost_of(cdata(50'000)));
}

}  // namespace
}  // namespace portcullis::xmpp
