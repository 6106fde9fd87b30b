// Unit tests of an examination over a connection in memory.

#include "proxy/examine/examination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "policy/model/config.h"
#include "tests/support/memory_scheduler.h"
#include "tests/support/memory_transport.h"

namespace portcullis::examine {
namespace {

using namespace std::chrono_literals;
using policy::Reason;
using testing::ElementsAre;
using Did = test::MemoryConnection::Did;

constexpr char kHeader[] =
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    "version='1.0'>";
constexpr char kStartTls[] =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";
constexpr char kProceed[] = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

// One connection, to whomever.
class OneConnection final : public relay::Network {
 public:
  std::unique_ptr<Call> call(const relay::DialTarget& to,
                             std::function<void(Called)> done) override {
    connection.peer = to.address();
    return connection.call(std::move(done));
  }
  Lookup find_server(const DomainName& /*remote*/, std::chrono::milliseconds /*at_most*/,
                     std::function<void(net::Candidates)> /*done*/) override {
    return nullptr;
  }
  Lookup resolve_endpoint(const Endpoint& /*endpoint*/,
                          std::function<void(net::EndpointAddresses)> /*done*/) override {
    return nullptr;
  }

  test::MemoryConnection connection;
};

class ExaminationTest : public testing::Test {
 protected:
  ExaminationTest() {
    network_.connection.on_did = [this](Did did, std::string_view bytes) {
      if (did == Did::kSend) said_ += bytes;
      if (did == Did::kBeginTls) said_ += "[TLS]";
      if (did == Did::kClose) said_ += "[close]";
      if (did == Did::kAbort) said_ += "[abort]";
    };
  }

  void begin(Depth depth = Depth::kOffer, const std::string& preface = {}) {
    Question question{StreamKind::kS2sOutbound, TlsEntry::kStartTls,
                      *DomainName::parse("peer.example"),
                      DomainName::parse("legacy.example").value()};
    question.depth = depth;
    question.preface = preface;
    const auto rules =
        *relay::DialRules::of(policy::Config(), [](const auto&) { return net::Whose::kOthers; });
    const auto target =
        relay::DialTarget::peer(*net::SocketAddress::from(Endpoint{"8.8.8.8", 5269}), rules, {});
    examination_ = std::make_unique<Examination>(
        scheduler_, network_, target.value(), std::move(question),
        [this] {
          ++engines_;
          return std::make_unique<tls::Engine>(nullptr);
        },
        [this](Findings found) {
          found_ = std::move(found);
          examination_.reset();  // this is allowed
        });
  }
  test::MemoryConnection& peer() { return network_.connection; }
  // Up to the handshake.
  void start_tls() {
    begin();
    peer().open();
    peer().say(kHeader);
    peer().say(kStartTls);
    peer().say(kProceed);
  }
  Reason failure() {
    scheduler_.settle();
    EXPECT_TRUE(found_ && found_->failure);
    return found_ && found_->failure ? found_->failure->refusal.reason : Reason::kInternalError;
  }

  test::MemoryScheduler scheduler_;
  OneConnection network_;
  std::optional<Findings> found_;
  std::string said_;
  int engines_ = 0;
  std::unique_ptr<Examination> examination_;  // what it does at its end is noted, too
};

TEST_F(ExaminationTest, AnswersWhenTheConnectionIsGone) {
  start_tls();
  peer().secure();
  peer().say(kHeader);
  peer().say("<stream:features/>");
  scheduler_.settle();
  EXPECT_FALSE(found_) << "the other end has not closed yet";
  peer().leave();
  scheduler_.settle();
  ASSERT_TRUE(found_);
  EXPECT_EQ(found_->stage, Stage::kDone);
  EXPECT_TRUE(found_->tls && found_->secured);
  EXPECT_EQ(engines_, 1);
  EXPECT_TRUE(said_.ends_with("</stream:stream>[close]")) << said_;
  EXPECT_TRUE(peer().destroyed());
}

TEST_F(ExaminationTest, SaysThePrefaceFirst) {
  begin(Depth::kOffer, "PROXY UNKNOWN\r\n");
  peer().open();
  EXPECT_TRUE(said_.starts_with("PROXY UNKNOWN\r\n<?xml")) << said_;
}

TEST_F(ExaminationTest, TellsThatTheCallHasFailed) {
  begin();
  peer().refuse({.detail = "connection refused"});
  EXPECT_EQ(failure(), Reason::kPeerUnreachable);
  EXPECT_EQ(found_->stage, Stage::kConnecting);
}

TEST_F(ExaminationTest, HangsUpWhenTheTimeIsOver) {
  begin();
  scheduler_.advance(10s);
  EXPECT_EQ(failure(), Reason::kNegotiationTimeout);
  EXPECT_EQ(said_, "[abort]");
}

TEST_F(ExaminationTest, BoundsTheTimeOfASlowServer) {
  begin();
  peer().open();
  for (int i = 0; i < 20; ++i) {
    peer().say(" ");
    scheduler_.advance(1s);
  }
  peer().leave();
  EXPECT_EQ(failure(), Reason::kNegotiationTimeout);
}

TEST_F(ExaminationTest, BoundsTheOctetsOfATalkativeServer) {
  begin();
  peer().open();
  peer().say(kHeader);
  for (int i = 0; i < 200; ++i) peer().say(std::string(1024, ' '));
  peer().leave();
  EXPECT_EQ(failure(), Reason::kNegotiationTooLong);
}

TEST_F(ExaminationTest, StartsNoTlsBehindInjectedOctets) {
  begin();
  peer().open();
  peer().say(kHeader);
  std::string all = kStartTls;
  all += kProceed;
  all += "<message/>";
  peer().say(all);
  peer().leave();
  EXPECT_EQ(failure(), Reason::kStarttlsInjection);
  EXPECT_EQ(engines_, 0);
}

TEST_F(ExaminationTest, RefusesWhatIsNoHandshakeBehindProceed) {
  start_tls();
  peer().say("<message/>");
  peer().leave();
  EXPECT_EQ(failure(), Reason::kStarttlsInjection);
}

TEST_F(ExaminationTest, ForgetsWhatWasReadBeforeTls) {
  start_tls();
  peer().secure();
  peer().say("<stream:features/>");  // without a header of its own
  peer().leave();
  EXPECT_EQ(failure(), Reason::kXmlInvalid);
}

TEST_F(ExaminationTest, TellsThatTheServerLeft) {
  begin();
  peer().open();
  peer().leave();
  EXPECT_EQ(failure(), Reason::kPeerUnreachable);
}

TEST_F(ExaminationTest, TellsNothingMoreWhenItIsDestroyed) {
  begin();
  peer().open();
  examination_.reset();
  scheduler_.advance(1h);
  EXPECT_FALSE(found_);
  EXPECT_TRUE(peer().destroyed());
}

}  // namespace
}  // namespace portcullis::examine
