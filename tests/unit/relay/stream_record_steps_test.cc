// Unit tests of StreamRecord: the steps of a stream, which a log for debugging has.

#include "tests/unit/relay/recorded_stream.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

xmpp::Element element(std::string ns, std::string name, std::string text = "") {
  return {std::move(ns), std::move(name), {}, {}, {}, std::move(text)};
}

TEST(StreamRecord, WantsStepsOnlyWhereTheLogIsOneForDebugging) {
  Books quiet;
  EXPECT_FALSE(RecordedStream(quiet).record->wants_steps());
  Books debug(true);
  EXPECT_TRUE(RecordedStream(debug).record->wants_steps());
}

TEST(StreamRecord, WritesNoStepWhereTheLogIsNotOneForDebugging) {
  Books books;
  RecordedStream stream(books);
  stream.near_wire->handler->on_open();
  stream.record->on_step(*stream.near, session::StreamClosed{}, "Closed");
  EXPECT_THAT(books.lines_of("step"), IsEmpty());
}

TEST(StreamRecord, WritesAStepWithSideEventAndState) {
  Books books(true);
  RecordedStream stream(books);
  stream.record->on_step(*stream.near, session::TransportLost{"reset by peer"}, "Closed");
  stream.record->on_step(
      *stream.far, session::InputRefused{policy::refuse(Reason::kXmlInvalid), {}}, "Relaying");
  EXPECT_THAT(books.lines,
              ElementsAre(AllOf(HasSubstr("level=debug event=step kind=s2s_in id=6925f1a0-17"),
                                HasSubstr("side=wan"), HasSubstr("happened=TransportLost"),
                                HasSubstr("state=Closed"), HasSubstr("reset by peer")),
                          AllOf(HasSubstr("side=backend"), HasSubstr("happened=InputRefused"),
                                HasSubstr("xml_invalid: "))));
}

// Every event that carries an element, with every place where a password may stand in it.
TEST(StreamRecord, NoPasswordIsInAnyStep) {
  const std::string secret = "c2VjcmV0LXBhc3N3b3Jk";
  const auto auth = element(std::string(xmpp::ns::kSasl), "auth", secret);
  auto iq = element(std::string(xmpp::ns::kClient), "iq");
  iq.children.push_back(element("jabber:iq:auth", "query"));
  iq.children[0].children.push_back(element("jabber:iq:auth", "password", secret));
  auto sasl2 = element(std::string(xmpp::ns::kSasl2), "authenticate");
  sasl2.attributes.push_back({"", "mechanism", "PLAIN"});
  sasl2.children.push_back(element(std::string(xmpp::ns::kSasl2), "initial-response", secret));
  sasl2.children.push_back(element("urn:example:after", "then"));
  sasl2.children[1].preceding_text = secret;
  const auto response = element(std::string(xmpp::ns::kSasl), "response", secret);

  Books books(true);
  RecordedStream stream(books, StreamKind::kC2s);
  std::size_t steps = 0;
  for (const auto& one : {auth, iq, sasl2, response}) {
    for (const session::Event& event :
         {session::Event(session::ElementReceived{one}), session::Event(session::FarElement{one}),
          session::Event(session::FarFeatures{one})}) {
      stream.record->on_step(*stream.near, event, "Login");
      ++steps;
    }
  }
  ASSERT_THAT(books.lines, SizeIs(steps));
  for (const auto& line : books.lines) {
    EXPECT_THAT(line, Not(HasSubstr(secret)));
    EXPECT_THAT(line, HasSubstr("..."));
  }
  EXPECT_THAT(books.lines[6], HasSubstr("mechanism='PLAIN'"));
}

TEST(StreamRecord, AStepIsOneLineOfBoundedLength) {
  Books books(true);
  RecordedStream stream(books);
  auto big = element("urn:x\n", "a");
  for (int i = 0; i < 500; ++i)
    big.attributes.push_back({"", "n" + std::to_string(i), std::string(100, '\n')});
  stream.record->on_step(*stream.near, session::ElementReceived{big}, "Negotiating");
  ASSERT_THAT(books.lines, SizeIs(1));
  EXPECT_EQ(books.lines[0].find('\n'), books.lines[0].size() - 1);
  EXPECT_LT(books.lines[0].size(), 1'500U);
}

}  // namespace
}  // namespace portcullis::relay
