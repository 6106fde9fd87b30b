#include "proxy/xmpp/stream_header.h"

#include <gmock/gmock.h>

#include "reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::header_of;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kStreams = "http://etherx.jabber.org/streams";

TEST(StreamHeader, IsReadFieldByField) {
  const StreamHeader header = header_of(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
      "xmlns:x='urn:x' from='u@a.example' to='b.example' id='&lt;1>' version='1.0' xml:lang='de' "
      "x:to='other' unknown='ignored'>");
  EXPECT_EQ(header, (StreamHeader{.content_ns = "jabber:client",
                                  .from = "u@a.example",
                                  .to = "b.example",
                                  .id = "<1>",
                                  .version = "1.0",
                                  .lang = "de",
                                  .declared = {{"x", "urn:x"}}}));
}

TEST(StreamHeader, AbsentIsNotEmpty) {
  const StreamHeader header = header_of(
      "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
      "to=''>");
  EXPECT_EQ(header.to, "");
  EXPECT_EQ(header.from, std::nullopt);
  EXPECT_EQ(header.version, std::nullopt);
  EXPECT_TRUE(header.declared.empty());
}

// It is written on another stream, to somebody who may trust us more.
TEST(StreamHeader, LeavesOutALanguageThatIsNone) {
  const auto read = [](std::string_view lang) {
    return header_of(
               "<stream:stream xmlns='jabber:server' "
               "xmlns:stream='http://etherx.jabber.org/streams' xml:lang='" +
               std::string(lang) + "'>")
        .lang;
  };
  for (const auto* const tag : {"de", "EN", "zh-Hant-TW", "sl-rozaj-biske-1994", "de-CH-1901",
                                "x-private", "i-klingon", "en-a-bbb-x-a-ccc", "deutschl"})
    EXPECT_EQ(read(tag), tag);
  const std::string endless(65, 'a');
  for (const auto* const text :
       {"", " ", "de_DE", "de ", " de", "-de", "de-", "de--CH", "1de", "d\u00fc", "en&#10;x",
        "&lt;evil/&gt;", "abcdefghi", "en-abcdefghi", "&apos; onload=&apos;", "en;q=0.5", "*"})
    EXPECT_EQ(read(text), std::nullopt) << text;
  EXPECT_EQ(read(endless), std::nullopt);
  std::string longest = "en";
  while (longest.size() + 4 <= 64) longest += "-abc";
  EXPECT_EQ(read(longest), longest);
  EXPECT_EQ(read(longest + "-abc"), std::nullopt);
}

TEST(StreamHeader, ListsAPrefixOfItsOwn) {
  const StreamHeader header = header_of(
      "<s:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
      "xmlns:s='http://etherx.jabber.org/streams'>");
  EXPECT_EQ(header.declared, (std::vector<NamespaceDeclaration>{{"s", std::string(kStreams)},
                                                                {"db", "jabber:server:dialback"}}));
}

TEST(WriteHeader, WritesWhatIsThere) {
  const StreamHeader header{.content_ns = "jabber:server",
                            .from = "a.example",
                            .to = "b.example",
                            .id = std::nullopt,
                            .version = "1.0",
                            .lang = "en",
                            .declared = {}};
  EXPECT_EQ(write_header(header),
            "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
            "xmlns:stream='http://etherx.jabber.org/streams' from='a.example' to='b.example' "
            "version='1.0' xml:lang='en'>");
}

TEST(WriteHeader, DeclaresDialbackOnServerStreamsOnDemandOnly) {
  StreamHeader header{.content_ns = "jabber:server",
                      .from = {},
                      .to = {},
                      .id = {},
                      .version = {},
                      .lang = {},
                      .declared = {{"db", "jabber:server:dialback"}}};
  EXPECT_THAT(write_header(header), Not(HasSubstr("db")));
  EXPECT_THAT(write_header(header, true), HasSubstr(" xmlns:db='jabber:server:dialback'"));
  header.content_ns = "jabber:client";
  EXPECT_THAT(write_header(header, true), Not(HasSubstr("db")));
}

// RFC 3920's predecessors: no version on either header.
TEST(WriteHeader, BeforeXmpp10) {
  const StreamHeader theirs = header_of(
      "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
      "xmlns:db='jabber:server:dialback'>");
  EXPECT_EQ(theirs.version, std::nullopt);
  StreamHeader ours;
  ours.content_ns = "jabber:server";
  ours.id = "1";
  EXPECT_EQ(write_header(ours, true),
            "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
            "xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "
            "id='1'>");
  ours.version = "1.0";
  EXPECT_THAT(write_header(ours), HasSubstr(" version='1.0'>"));
}

TEST(WriteHeader, NeverRepeatsAPrefixOfItsOwn) {
  StreamHeader header;
  header.content_ns = "jabber:server";
  header.declared = {
      {"stream", "urn:evil"}, {"", "urn:evil"}, {"xml", "urn:evil"}, {"xmlns", "urn:evil"}};
  EXPECT_THAT(write_header(header), Not(HasSubstr("evil")));
}

TEST(WriteHeader, EscapesEveryValue) {
  const std::string hostile = "'\"<>&\t\r\n'/><evil xmlns='x";
  StreamHeader header;
  header.content_ns = "jabber:server";
  header.from = header.to = hostile;
  header.id = header.lang = hostile;
  header.version = hostile;
  header.declared = {{"x", hostile}};
  auto expected = header;
  expected.lang.reset();  // it is no language tag
  EXPECT_EQ(header_of(write_header(header)), expected);
  EXPECT_THAT(write_header(header), Not(HasSubstr("<evil")));
}

TEST(WriteHeader, RoundTripKeepsAPrefixOfItsOwn) {
  const StreamHeader header = header_of(
      "<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams' xmlns:x='urn:x' "
      "to='b.example'>");
  EXPECT_THAT(write_header(header), StartsWith("<?xml version='1.0'?><stream:stream "));
  EXPECT_EQ(header_of(write_header(header)), header);
}

}  // namespace
}  // namespace portcullis::xmpp
