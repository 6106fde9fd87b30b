#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/relay/snapshot_world.h"

// The certificates that a host shows on streams to other servers: those that it serves, or its own.
namespace portcullis::relay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kBoth = "serverAuth,clientAuth";
constexpr std::string_view kLacks = "its extended key usage lacks clientAuth";

class OutgoingCertificates : public testing::Test {
 protected:
  // A pair with that extended key usage, and its place in the configuration.
  std::string pair(const std::string& name, const std::string& purposes,
                   std::chrono::days left = std::chrono::days(60),
                   const std::string& for_domain = "legacy.example") {
    auto spec = test::leaf_spec(for_domain);
    spec.purposes = purposes;
    spec.until = test::kNow + left;
    world_.certify(name, spec);
    return "{ chain = \"" + name + ".pem\", key = \"" + name + ".key\" }";
  }
  Built build(const std::string& serving, const std::string& outgoing = "") const {
    const std::string more = outgoing.empty() ? "" : " ]\noutgoing_certificates = [ " + outgoing;
    return world_.build("[s2s]\nroots = \"roots.pem\"\n", serving + more);
  }
  static bool client_use(const Built& built) {
    return built.snapshot && built.snapshot->calling().at(0).client_use;
  }

  SnapshotWorld world_;
};

TEST_F(OutgoingCertificates, AreThoseThatAreServedIfThereAreNoOthers) {
  for (const auto* const purposes :
       {"serverAuth,clientAuth", "", "serverAuth,anyExtendedKeyUsage"}) {
    const auto built = build(pair("host", purposes));
    EXPECT_EQ(texts(built), "") << purposes;
    EXPECT_TRUE(client_use(built)) << purposes;
  }
}

TEST_F(OutgoingCertificates, AreWarnedOfWhenTheyAreForServersOnly) {
  const auto built = build(pair("host", "serverAuth"));
  EXPECT_THAT(texts(built),
              AllOf(HasSubstr("warning: legacy.example: "), HasSubstr(std::string(kLacks)),
                    HasSubstr("ejabberd before 25.07"), HasSubstr("outgoing_certificates")));
  ASSERT_TRUE(built.snapshot);
  EXPECT_FALSE(client_use(built));
}

TEST_F(OutgoingCertificates, TakeThePlaceOfThoseThatAreServed) {
  const auto built = build(pair("host", "serverAuth"), pair("calling", kBoth));
  EXPECT_EQ(texts(built), "");
  EXPECT_TRUE(client_use(built));
  const auto worse = build(pair("host", "serverAuth,clientAuth"), pair("calling", "serverAuth"));
  EXPECT_THAT(texts(worse), HasSubstr(std::string(kLacks)));
  EXPECT_FALSE(client_use(worse));
}

TEST_F(OutgoingCertificates, ServeNobody) {
  // A host needs something to serve.
  EXPECT_THAT(texts(build(pair("host", "clientAuth"))), HasSubstr("wrong_purpose"));
}

TEST_F(OutgoingCertificates, AreJudgedAsAPeerWouldJudgeThem) {
  const auto good = pair("host", "serverAuth,clientAuth");
  const auto judged = [&](const std::string& outgoing) { return texts(build(good, outgoing)); };
  EXPECT_THAT(judged(pair("calling", kBoth, std::chrono::days(60), "other.example")),
              AllOf(HasSubstr("error"), HasSubstr("does not name legacy.example")));
  EXPECT_THAT(judged(pair("calling", kBoth, std::chrono::days(-1))),
              AllOf(HasSubstr("error"), HasSubstr("expired on")));
  EXPECT_THAT(judged(pair("calling", "codeSigning")),
              AllOf(HasSubstr("error"), HasSubstr("wrong_purpose")));
  EXPECT_THAT(judged(pair("calling", kBoth, std::chrono::days(5))),
              AllOf(HasSubstr("warning"), HasSubstr("expires on"), Not(HasSubstr("error"))));
  EXPECT_THAT(judged(pair("one", kBoth) + ", " + pair("two", kBoth)),
              AllOf(HasSubstr("error"), HasSubstr("two certificates of type ecdsa")));
  EXPECT_THAT(judged(R"({ chain = "missing.pem", key = "missing.key" })"),
              AllOf(HasSubstr("error"), HasSubstr("missing.pem")));
}

TEST_F(OutgoingCertificates, AreWatchedOverUntilTheFirstOfATypeEnds) {
  const auto until_of = [](const Built& built) {
    const auto& served = built.snapshot->served();
    EXPECT_EQ(served.size(), 1U);
    return served.at(0).not_after - test::kNow;
  };
  const auto first = build(pair("host", "serverAuth", std::chrono::days(60)),
                           pair("calling", kBoth, std::chrono::days(40)));
  ASSERT_TRUE(first.snapshot) << texts(first);
  EXPECT_EQ(until_of(first), std::chrono::days(40));
  const auto second = build(pair("host", "serverAuth", std::chrono::days(30)),
                            pair("calling", kBoth, std::chrono::days(40)));
  ASSERT_TRUE(second.snapshot) << texts(second);
  EXPECT_EQ(until_of(second), std::chrono::days(30));
}

TEST_F(OutgoingCertificates, AreFoundInTheFolderOfTheOthers) {
  std::filesystem::create_directory(world_.path("folder"));
  pair("folder/legacy.example", "serverAuth");
  pair("folder/legacy.example-outgoing", kBoth);
  const auto built = world_.build_with_folder("folder");
  EXPECT_EQ(texts(built), "");
  EXPECT_TRUE(client_use(built));
}

}  // namespace
}  // namespace portcullis::relay
