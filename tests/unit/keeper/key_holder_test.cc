#include "proxy/keeper/key_holder.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <filesystem>

#include "certs/own/der.h"
#include "certs/own/local_ca.h"
#include "certs/own/x509_builder.h"
#include "proxy/base/clock.h"
#include "tests/support/test_pki.h"

namespace portcullis::keeper {
namespace {

using std::chrono_literals::operator""s;
using Step = KeyHolder::Step;

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

class KeyHolderTest : public ::testing::Test {
 protected:
  KeyHolderTest() { EXPECT_TRUE(certs::LocalCa::create(directory_, test::kNow)); }

  KeyHolder::Outcome say(const Request& request, std::chrono::seconds later = 0s) {
    return holder_.handle(request, {test::kNow, start_ + later});
  }
  void load() {
    const auto outcome = say(Load{directory_});
    ASSERT_EQ(outcome.step, Step::kGoOn);
    ASSERT_TRUE(outcome.answer && std::holds_alternative<Loaded>(*outcome.answer));
  }
  // "": a certificate was answered.
  std::string refusal_of(const Request& request, std::chrono::seconds later = 0s) {
    const auto outcome = say(request, later);
    EXPECT_EQ(outcome.step, Step::kGoOn);
    if (!outcome.answer) return "no answer";
    const auto* const refused = std::get_if<Refused>(&*outcome.answer);
    return refused ? refused->why : "";
  }

  test::TempDir files_;
  const std::string directory_ = files_.path() + "/ca";
  const certs::EvpPkeyPtr leaf_key_ = certs::generate_p256_key().value();
  const std::string public_key_ = certs::public_key_to_der(leaf_key_.get()).value();
  const std::chrono::microseconds start_ = monotonic_now();
  KeyHolder holder_;
};

TEST_F(KeyHolderTest, MintsForTheKeyThatItIsGiven) {
  load();
  const auto outcome = say(Mint{public_key_, domain("peer.example")});
  ASSERT_TRUE(outcome.answer && std::holds_alternative<Certificate>(*outcome.answer));
  const auto leaf = certs::certificate_from_der(std::get<Certificate>(*outcome.answer).der);
  ASSERT_TRUE(leaf);
  EXPECT_EQ(X509_check_private_key(leaf->get(), leaf_key_.get()), 1);
  EXPECT_EQ(X509_check_host(leaf->get(), "peer.example", 0, 0, nullptr), 1);
}

TEST_F(KeyHolderTest, MintsForEachKeyAndNeverForTheOneBefore) {
  load();
  const auto other = certs::generate_p256_key().value();
  const auto others_der = certs::public_key_to_der(other.get()).value();
  for (const bool is_other : {false, true, true, false, false}) {
    const auto outcome = say(Mint{is_other ? others_der : public_key_, domain("peer.example")});
    ASSERT_TRUE(outcome.answer && std::holds_alternative<Certificate>(*outcome.answer));
    const auto leaf = certs::certificate_from_der(std::get<Certificate>(*outcome.answer).der);
    ASSERT_TRUE(leaf);
    EXPECT_EQ(X509_check_private_key(leaf->get(), leaf_key_.get()) == 1, !is_other);
    EXPECT_EQ(X509_check_private_key(leaf->get(), other.get()) == 1, is_other);
    EXPECT_EQ(say(Mint{public_key_ + "x", domain("peer.example")}).step, Step::kEnd);
  }
}

TEST_F(KeyHolderTest, NeverMintsForADomainThatIsServed) {
  EXPECT_EQ(say(Served{domain("legacy.example")}).step, Step::kGoOn);
  EXPECT_EQ(say(Served{domain("rooms.legacy.example")}).step, Step::kGoOn);
  load();
  EXPECT_NE(refusal_of(Mint{public_key_, domain("legacy.example")}), "");
  EXPECT_NE(refusal_of(Mint{public_key_, domain("rooms.legacy.example")}), "");
  EXPECT_EQ(refusal_of(Mint{public_key_, domain("other.legacy.example")}), "");
}

TEST_F(KeyHolderTest, TheListOfServedDomainsEndsWithTheLoading) {
  load();
  EXPECT_EQ(say(Served{domain("late.example")}).step, Step::kEnd);
}

TEST_F(KeyHolderTest, LoadsOnce) {
  load();
  EXPECT_EQ(say(Load{directory_}).step, Step::kEnd);
}

TEST_F(KeyHolderTest, SaysWhyItCannotLoad) {
  const auto outcome = say(Load{files_.path() + "/nothing"});
  ASSERT_TRUE(outcome.answer);
  EXPECT_NE(std::get<Refused>(*outcome.answer).why.find("/nothing/ca.pem"), std::string::npos);
  EXPECT_EQ(say(Mint{public_key_, domain("peer.example")}).step, Step::kEnd);
}

TEST_F(KeyHolderTest, MintsNothingBeforeItHasLoaded) {
  EXPECT_EQ(say(Mint{public_key_, domain("peer.example")}).step, Step::kEnd);
}

TEST_F(KeyHolderTest, TakesNoOtherKindOfKey) {
  load();
  EXPECT_EQ(say(Mint{"nonsense", domain("peer.example")}).step, Step::kEnd);
  EXPECT_EQ(say(Mint{public_key_ + "x", domain("peer.example")}).step, Step::kEnd);
  // A key on another curve, secp384r1.
  const certs::EvpPkeyPtr other(EVP_EC_gen("P-384"));
  const auto der = certs::public_key_to_der(other.get()).value();
  EXPECT_EQ(say(Mint{der, domain("peer.example")}).step, Step::kEnd);
}

TEST_F(KeyHolderTest, MintsOnlySoManyInATime) {
  load();
  // A request with a key that is none counts, too, and costs no signature.
  const auto ask_in_vain = [this](double times, std::chrono::seconds later) {
    for (double i = 0; i < times; ++i)
      ASSERT_EQ(say(Mint{"nonsense", domain("more.example")}, later).step, Step::kEnd);
  };
  const Mint mint{public_key_, domain("more.example")};
  ask_in_vain(KeyHolder::kMintBurst - 1, 0s);
  EXPECT_EQ(refusal_of(mint), "");
  EXPECT_NE(refusal_of(mint), "");
  ask_in_vain(KeyHolder::kMintsPerSecond - 1, 1s);
  EXPECT_EQ(refusal_of(mint, 1s), "");
  EXPECT_NE(refusal_of(mint, 1s), "");
}

}  // namespace
}  // namespace portcullis::keeper
