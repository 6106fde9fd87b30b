#include <gtest/gtest.h>

#include "tests/unit/xmpp/guard_dialback.h"

// Answers of dialback on an observed stream, and their questions.
namespace portcullis::xmpp {
namespace {

using test::expect_stops;
using test::kAttempted;
using test::kImproper;
using test::kInvalidFrom;
using test::kPair;
using test::pass;
using test::rules_for;
using Traffic = GuardRules::Traffic;

constexpr const char* kUnasked = "fault unasked_answer";

// The rules of both directions of one stream: requests from a.example to b.example.
struct BothWays {
  GuardRules requests = rules_for(Traffic::kS2sObserved);
  GuardRules answers = rules_for(Traffic::kS2sObservedAnswers);
  std::shared_ptr<DialbackQuestions> questions = std::make_shared<DialbackQuestions>();

  BothWays() {
    requests.questions = answers.questions = questions;
    std::swap(answers.from, answers.to);
    requests.admits = [](const DomainName& from, const DomainName& to) {
      return from.a_label() == "a.example" && to.a_label() == "c.example";
    };
  }
  std::string ask(const std::string& bytes) const {
    Guard guard(requests);
    return pass(guard, {bytes}).stop;
  }
  // Octet by octet, so that the start tag is judged twice.
  std::string answer(const std::string& bytes) const {
    Guard guard(answers);
    std::vector<std::string_view> octets;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      octets.push_back(std::string_view(bytes).substr(i, 1));
    const auto passed = pass(guard, octets);
    EXPECT_EQ(passed.stop.empty(), !passed.bytes.empty());
    return passed.stop;
  }
};

std::string result(const std::string& addresses, const std::string& type = "") {
  return "<db:result " + addresses + type + ">k</db:result>";
}
std::string verify(const std::string& addresses, const std::string& id,
                   const std::string& type = "") {
  return "<db:verify id='" + id + "' " + addresses + type + ">k</db:verify>";
}
constexpr const char* kBack = "from='b.example' to='a.example'";
constexpr const char* kValid = " type='valid'";

TEST(Questions, AnAnswerPassesOnceForEachQuestion) {
  const BothWays stream;
  EXPECT_EQ(stream.ask(verify(kPair, "one")), "");
  EXPECT_EQ(stream.answer(verify(kBack, "one", kValid)), "");
  EXPECT_EQ(stream.answer(verify(kBack, "one", kValid)), kUnasked);
  EXPECT_EQ(stream.ask(result(kPair) + result(kPair)), "");
  EXPECT_EQ(stream.answer(result(kBack, kValid) + result(kBack, kValid)), "");
  EXPECT_EQ(stream.answer(result(kBack, kValid)), kUnasked);
}

TEST(Questions, AnAnswerToAnotherQuestionDoesNotPass) {
  const BothWays stream;
  EXPECT_EQ(stream.answer(verify(kBack, "one", kValid)), kUnasked);
  EXPECT_EQ(stream.answer(result(kBack, kValid)), kUnasked);
  EXPECT_EQ(stream.ask(verify(kPair, "one")), "");
  for (const char* id : {"two", "One", "one ", ""})
    EXPECT_EQ(stream.answer(verify(kBack, id, kValid)), kUnasked) << id;
  EXPECT_EQ(stream.answer(result(kBack, kValid)), kUnasked);
  EXPECT_EQ(stream.answer(verify("from='c.example' to='a.example'", "one", kValid)), kInvalidFrom);
  EXPECT_EQ(stream.answer(verify("from='b.example' to='c.example'", "one", kValid)), kImproper);
  EXPECT_EQ(stream.answer(verify(kBack, "one", " type='invalid'")), "") << "it is still open";
}

TEST(Questions, AnotherPairIsAdmittedByItsQuestionAlone) {
  BothWays stream;
  int asked = 0;
  stream.answers.admits = [&](const DomainName&, const DomainName&) {
    ++asked;
    return true;
  };
  const std::string back = "from='c.example' to='a.example'";
  EXPECT_EQ(stream.answer(result(back, kValid)), kInvalidFrom);
  EXPECT_EQ(stream.ask(result("from='a.example' to='d.example'")), kImproper);
  EXPECT_EQ(stream.ask(result("from='a.example' to='C.example'")), "");
  EXPECT_EQ(stream.answer(result(back, kValid)), "");
  EXPECT_EQ(asked, 0);
}

TEST(Questions, AQuestionThatDidNotPassIsNotOpen) {
  const BothWays stream;
  EXPECT_EQ(stream.ask("<db:verify id='one' from='a.example' to='b.example'>&x;</db:verify>"),
            "fault xml_restricted");
  EXPECT_EQ(stream.ask("<db:verify id='one' from='a.example' to='b.example'>"), "") << "not whole";
  EXPECT_EQ(stream.answer(verify(kBack, "one", kValid)), kUnasked);
}

TEST(Questions, AreBounded) {
  const BothWays stream;
  for (std::size_t i = 0; i < DialbackQuestions::kMost; ++i)
    EXPECT_EQ(stream.ask(verify(kPair, std::to_string(i))), "");
  EXPECT_EQ(stream.ask(verify(kPair, "more")), kAttempted);
  EXPECT_EQ(stream.answer(verify(kBack, "7", kValid)), "");
  EXPECT_EQ(stream.ask(verify(kPair, "more")), "");
  const BothWays other;
  EXPECT_EQ(other.ask(verify(kPair, std::string(1024, 'i'))), "");
  EXPECT_EQ(other.ask(verify(kPair, std::string(1025, 'i'))), kAttempted);
}

TEST(Questions, WithoutABookNoDialbackPasses) {
  for (const auto traffic : {Traffic::kS2sObserved, Traffic::kS2sObservedAnswers}) {
    GuardRules rules = rules_for(traffic);
    rules.questions.reset();
    expect_stops(rules, result(kPair, traffic == Traffic::kS2sObserved ? "" : kValid), kAttempted);
  }
}

}  // namespace
}  // namespace portcullis::xmpp
