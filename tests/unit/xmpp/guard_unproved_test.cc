#include <gtest/gtest.h>

#include "guard_support.h"

// An observed stream is a stranger's until one of its keys is good: it may make us hold little.
namespace portcullis::xmpp {
namespace {

using test::pass;
using test::rules_of;
using Traffic = GuardRules::Traffic;

constexpr std::size_t kUnproved = 300;
constexpr const char* kTooBig = "fault stanza_too_big";

// Both directions of one stream: a.example asks, b.example answers.
struct Stream {
  Stream()
      : requests(rules_of(Traffic::kS2sObserved)), answers(rules_of(Traffic::kS2sObservedAnswers)) {
    requests.unproved_bytes = kUnproved;
    std::swap(answers.from, answers.to);
    for (auto* const rules : {&requests, &answers}) {
      rules->declared = {{"db", "jabber:server:dialback"}};
      rules->questions = questions;
    }
  }
  std::string ask(std::string_view bytes) const {
    Guard guard(requests);
    return pass(guard, {bytes}).stop;
  }
  std::string answer(std::string_view bytes) const {
    Guard guard(answers);
    return pass(guard, {bytes}).stop;
  }

  std::shared_ptr<DialbackQuestions> questions = std::make_shared<DialbackQuestions>();
  GuardRules requests;
  GuardRules answers;
};

constexpr const char* kResult = "<db:result from='a.example' to='b.example'>k</db:result>";
constexpr const char* kVerify = "<db:verify id='1' from='a.example' to='b.example'>k</db:verify>";
constexpr const char* kGood = "<db:result from='b.example' to='a.example' type='valid'/>";

std::string message_of(std::size_t size) {
  const std::string open = "<message from='u@a.example' to='v@b.example'><body>";
  const std::string close = "</body></message>";
  return open + std::string(size - open.size() - close.size(), 'x') + close;
}

TEST(UnprovedStream, TakesWhatIsShortEnough) {
  const Stream stream;
  EXPECT_EQ(stream.ask(kResult), "");
  EXPECT_EQ(stream.ask(message_of(kUnproved)), "") << "who may send it is for the backend";
}

TEST(UnprovedStream, HoldsNoMoreHoweverItComes) {
  const auto big = message_of(kUnproved + 1);
  for (std::size_t cut = 1; cut < big.size(); ++cut) {
    const Stream stream;
    Guard guard(stream.requests);
    const auto passed =
        pass(guard, {std::string_view(big).substr(0, cut), std::string_view(big).substr(cut)});
    EXPECT_EQ(passed.stop, kTooBig) << cut;
    EXPECT_EQ(passed.bytes, "") << cut;
  }
}

TEST(UnprovedStream, HoldsAsMuchAsOthersOnceAKeyIsGood) {
  const Stream stream;
  Guard guard(stream.requests);
  EXPECT_EQ(pass(guard, {kResult}).stop, "");
  EXPECT_EQ(stream.answer(kGood), "");
  const auto big = message_of(10 * kUnproved);
  EXPECT_EQ(pass(guard, {big}).bytes, big);
  EXPECT_EQ(pass(guard, {message_of(stream.requests.stanza_bytes + 1)}).stop, kTooBig);
}

TEST(UnprovedStream, IsProvedWhileAnElementIsOnItsWay) {
  const Stream stream;
  Guard guard(stream.requests);
  EXPECT_EQ(pass(guard, {kResult}).stop, "");
  const auto big = message_of(2 * kUnproved);
  EXPECT_EQ(pass(guard, {std::string_view(big).substr(0, kUnproved)}).stop, "");
  EXPECT_EQ(stream.answer(kGood), "");
  EXPECT_EQ(pass(guard, {std::string_view(big).substr(kUnproved)}).bytes, big);
}

TEST(UnprovedStream, IsNotProvedByAnythingElse) {
  for (const auto& [question, reply] : {
           std::pair{kResult, "<db:result from='b.example' to='a.example' type='invalid'/>"},
           std::pair{kResult, "<db:result from='b.example' to='a.example' type='error'/>"},
           std::pair{kVerify, "<db:verify id='1' from='b.example' to='a.example' type='valid'/>"},
       }) {
    const Stream stream;
    EXPECT_EQ(stream.ask(question), "");
    EXPECT_EQ(stream.answer(reply), "") << reply;
    EXPECT_EQ(stream.ask(message_of(kUnproved + 1)), kTooBig) << reply;
  }
}

TEST(UnprovedStream, IsNotProvedByAnAnswerThatNobodyHasAskedFor) {
  const Stream stream;
  EXPECT_EQ(stream.answer(kGood), "fault unasked_answer");
  EXPECT_EQ(stream.ask(message_of(kUnproved + 1)), kTooBig);
}

}  // namespace
}  // namespace portcullis::xmpp
