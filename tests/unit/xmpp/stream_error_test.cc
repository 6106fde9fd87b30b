#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>

#include "proxy/xmpp/stream_reader.h"
#include "proxy/xmpp/writer.h"

// What a stream error says beside its condition and text: where others are to go, and what an
// application adds (RFC 6120 sections 4.9.3.19 and 4.9.4).
namespace portcullis::xmpp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

StreamErrorInfo read(const std::string& inside) {
  StreamReader reader({.element_bytes = 100'000});
  reader.push(std::string(kHeader) + "<stream:error>" + inside + "</stream:error>");
  EXPECT_TRUE(reader.next());
  auto event = reader.next();
  const auto* const error = event ? std::get_if<Element>(&*event) : nullptr;
  EXPECT_NE(error, nullptr) << inside;
  return error != nullptr ? read_stream_error(*error) : StreamErrorInfo{};
}

const std::string kViolation = "<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";

TEST(StreamError, KeepsTheNameOfAnApplicationsConditionAndNothingElse) {
  const auto info =
      read(kViolation + "<too-big xmlns='urn:x' secret='1'><inner>words</inner>more</too-big>");
  EXPECT_EQ(info.condition, "policy-violation");
  EXPECT_EQ(info.detail.application_ns, "urn:x");
  EXPECT_EQ(info.detail.application_name, "too-big");
  EXPECT_EQ(write_stream_error(info.condition, info.text, "", info.detail),
            "<stream:error>" + kViolation +
                "<too-big xmlns='urn:x'/></stream:error>"
                "</stream:stream>");
}

TEST(StreamError, WritesAnApplicationsConditionAnew) {
  const auto info = read(kViolation + "<x:a xmlns:x='urn:&lt;&apos;&amp;'/>");
  const auto written = write_stream_error(info.condition, "", "", info.detail);
  EXPECT_THAT(written, HasSubstr("<a xmlns='urn:&lt;&apos;&amp;'/>"));
}

TEST(StreamError, LeavesOutConditionsThatWouldMeanSomethingForTheStream) {
  for (const auto* child :
       {"<message xmlns='jabber:client'/>", "<message xmlns='jabber:server'/>",
        "<result xmlns='jabber:server:dialback'/>",
        "<reason xmlns='urn:xmpp:portcullis:0'>x</reason>",
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "<success xmlns='urn:xmpp:sasl:2'/>",
        "<stream:features/>", "<xml:a/>", "<a xmlns=''/>"}) {
    const auto info = read(kViolation + child);
    EXPECT_EQ(info.detail, ErrorDetail{}) << child;
  }
}

TEST(StreamError, BoundsAnApplicationsCondition) {
  const auto made = [](std::size_t name, std::size_t in_ns) {
    return read(kViolation + "<" + std::string(name, 'n') + " xmlns='" + std::string(in_ns, 'u') +
                "'/>")
        .detail;
  };
  EXPECT_EQ(made(64, 256).application_name.size(), 64U);
  EXPECT_EQ(made(65, 1), ErrorDetail{});
  EXPECT_EQ(made(1, 257), ErrorDetail{});
}

TEST(StreamError, ReadsWhereOthersAreToGo) {
  const auto leads = [](const std::string& place) {
    return read("<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" + place +
                "</see-other-host>")
        .detail.other_host;
  };
  EXPECT_EQ(leads(" [2001:db8::7]:5222\n"), "[2001:db8::7]:5222");
  EXPECT_EQ(leads(std::string(260, 'h')).size(), 260U);
  EXPECT_EQ(leads(std::string(261, 'h')), "");
}

TEST(StreamError, SaysSeeOtherHostOnlyWithAHost) {
  EXPECT_THAT(write_stream_error("see-other-host", "", "", {"a<b:5222", "", ""}),
              HasSubstr("<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>a&lt;b:5222"
                        "</see-other-host>"));
  EXPECT_THAT(write_stream_error("see-other-host", "", ""), HasSubstr("<undefined-condition "));
  // A host that stands beside another condition is not said.
  EXPECT_THAT(write_stream_error("conflict", "", "", {"10.0.0.1", "", ""}),
              Not(HasSubstr("10.0.0.1")));
}

TEST(StreamError, KnowsEveryConditionOfTheRfc) {
  EXPECT_EQ(read("<unsupported-feature xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>").condition,
            "unsupported-feature");
  EXPECT_EQ(read("<nonsense xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>").condition,
            "undefined-condition");
}

}  // namespace
}  // namespace portcullis::xmpp
