#include "proxy/xmpp/boundary_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace portcullis::xmpp {
namespace {

using Found = BoundaryScanner::Found;
using Unit = BoundaryScanner::Unit;

struct Answer {
  Found found;
  std::size_t end;
  bool operator==(const Answer&) const = default;
};

void PrintTo(const Answer& answer, std::ostream* out) {
  *out << static_cast<int>(answer.found) << " at " << answer.end;
}

Answer scan(std::string_view bytes, Unit unit, std::size_t step) {
  BoundaryScanner scanner;
  Found found = Found::kMore;
  for (std::size_t seen = 0; found == Found::kMore && seen < bytes.size();) {
    seen = std::min(seen + step, bytes.size());
    found = scanner.scan(bytes.substr(0, seen), unit);
  }
  return {found, found == Found::kMore ? 0 : scanner.end()};
}

Answer scan_every_way(std::string_view bytes, Unit unit = Unit::kElement) {
  const Answer whole = scan(bytes, unit, bytes.size());
  for (std::size_t step = 1; step < bytes.size(); ++step)
    EXPECT_EQ(scan(bytes, unit, step), whole) << bytes << " in steps of " << step;
  return whole;
}

TEST(BoundaryScanner, FindsTheEndOfAnElement) {
  for (const std::string unit :
       {"<a/>", "<a></a>", "<a><b/><c>t</c></a >", "<a b='/>' c=\">\"/>", "<a b='\"' c=\"'\"></a>",
        "<a>></a>", "<a>'</a>", "<a><![CDATA[</a><!-- ]] ]>]]></a>", "<a><![CDATA[]]></a>",
        "<a><![CDATA[]]]]]></a>", "</stream:stream>", "<a/ ></a>"}) {
    EXPECT_EQ(scan_every_way(unit), (Answer{Found::kUnit, unit.size()})) << unit;
    EXPECT_EQ(scan_every_way(unit + "<next>"), (Answer{Found::kUnit, unit.size()})) << unit;
  }
}

TEST(BoundaryScanner, WaitsForTheRest) {
  for (const char* part : {"<", "<a", "<a>", "<a/", "<a b='/>", "<a></a", "<a><b></a>", "<!",
                           "<a><!", "<a><![CDATA", "<a><![CDATA[</a>]]", "<a><![CDATA[]]></a"})
    EXPECT_EQ(scan_every_way(part).found, Found::kMore) << part;
}

TEST(BoundaryScanner, StopsWhereItGetsTooDeep) {
  BoundaryScanner scanner(2);
  EXPECT_EQ(scanner.scan("<a><b></b><b><c/></b></a>", Unit::kElement), Found::kUnit);
  scanner.reset();
  EXPECT_EQ(scanner.scan("<a><b><c>", Unit::kElement), Found::kTooDeep);
  EXPECT_EQ(scanner.end(), 9U);
  scanner.reset();
  EXPECT_EQ(scanner.scan("<a><b><c", Unit::kElement), Found::kMore);
  EXPECT_EQ(scanner.scan("<a><b><c></c></b></a>", Unit::kElement), Found::kTooDeep);
}

TEST(BoundaryScanner, StopsWhereATagBeginsInsideATag) {
  EXPECT_EQ(scan_every_way("<a <b>"), (Answer{Found::kMalformed, 4}));
  EXPECT_EQ(scan_every_way("<a b='<c'>"), (Answer{Found::kMalformed, 7}));
  EXPECT_EQ(scan_every_way("<a></a<"), (Answer{Found::kMalformed, 7}));
}

TEST(BoundaryScanner, StopsAtWhatXmppForbids) {
  EXPECT_EQ(scan_every_way("<!-- x -->"), (Answer{Found::kRestricted, 3}));
  EXPECT_EQ(scan_every_way("<!DOCTYPE x>"), (Answer{Found::kRestricted, 3}));
  EXPECT_EQ(scan_every_way("<?xml?>"), (Answer{Found::kRestricted, 2}));
  EXPECT_EQ(scan_every_way("<a><?xml?></a>"), (Answer{Found::kRestricted, 5}));
  EXPECT_EQ(scan_every_way("<a><![CDAX[]]></a>"), (Answer{Found::kRestricted, 10}));
  EXPECT_EQ(scan_every_way("<![CDATA[x]]>"), (Answer{Found::kMalformed, 3}));
  EXPECT_EQ(scan_every_way("<![CDAX["), (Answer{Found::kMalformed, 3}));
}

TEST(BoundaryScanner, FindsTheEndOfATag) {
  EXPECT_EQ(scan_every_way("<a b='>'><c>", Unit::kTag), (Answer{Found::kUnit, 9}));
  EXPECT_EQ(scan_every_way("<?xml version='1.0'?><a>", Unit::kTag), (Answer{Found::kUnit, 21}));
  EXPECT_EQ(scan_every_way("<!DOCTYPE a>", Unit::kTag), (Answer{Found::kRestricted, 3}));
}

TEST(BoundaryScanner, TellsTheFirstTag) {
  BoundaryScanner scanner;
  EXPECT_EQ(scanner.scan("<a b='c'", Unit::kElement), Found::kMore);
  EXPECT_EQ(scanner.first_tag(), 0U);
  EXPECT_EQ(scanner.scan("<a b='c'><d>", Unit::kElement), Found::kMore);
  EXPECT_EQ(scanner.first_tag(), 9U);
  scanner.reset();
  EXPECT_EQ(scanner.first_tag(), 0U);
  EXPECT_EQ(scanner.scan("<e/>", Unit::kElement), Found::kUnit);
  EXPECT_EQ(scanner.first_tag(), 4U);
}

}  // namespace
}  // namespace portcullis::xmpp
