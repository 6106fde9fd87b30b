#include "certs/own/local_ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "certs/own/credentials.h"
#include "certs/own/leaf_cache.h"
#include "certs/verify/verify.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using test::kNow;

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class LocalCaTest : public ::testing::Test {
 protected:
  LocalCaTest() {
    const auto made = LocalCa::create(directory_, kNow);
    EXPECT_TRUE(made) << made.error().message;
  }
  LocalCa load(std::vector<ServedDomain> served = {}) const {
    return LocalCa::load(directory_, std::move(served), kNow).value();
  }

  test::TempDir files_;
  std::string directory_ = files_.path() + "/a/local-ca";
  std::string key_file_ = directory_ + "/ca.key";
  std::string certificate_file_ = directory_ + "/ca.pem";
};

TEST_F(LocalCaTest, KeepsTheKeyToItsOwner) {
  EXPECT_EQ(mode_of(key_file_), 0600U);
  EXPECT_EQ(mode_of(certificate_file_), 0644U);
  EXPECT_EQ(mode_of(directory_), 0755U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 2);
}

TEST_F(LocalCaTest, NeverOverwrites) {
  const std::string key = read(key_file_);
  const std::string certificate = read(certificate_file_);
  const auto again = LocalCa::create(directory_, kNow);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("is there already, and is kept"), std::string::npos);
  EXPECT_EQ(read(key_file_), key);
  EXPECT_EQ(read(certificate_file_), certificate);
}

TEST_F(LocalCaTest, LeavesNoKeyBehindWhenOnlyTheCertificateIsThere) {
  std::filesystem::remove(key_file_);
  const std::string certificate = read(certificate_file_);
  EXPECT_FALSE(LocalCa::create(directory_, kNow));
  EXPECT_FALSE(std::filesystem::exists(key_file_));
  EXPECT_EQ(read(certificate_file_), certificate);
}

TEST_F(LocalCaTest, DoesNotFollowALinkToAnotherPlace) {
  const std::string target = files_.path() + "/elsewhere";
  std::filesystem::remove(key_file_);
  std::filesystem::remove(certificate_file_);
  std::filesystem::create_symlink(target, key_file_);
  EXPECT_FALSE(LocalCa::create(directory_, kNow));
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(LocalCaTest, RefusesAKeyThatOthersCanRead) {
  for (const unsigned mode : {0604U, 0644U, 0660U, 0606U}) {
    std::filesystem::permissions(key_file_, std::filesystem::perms(mode));
    const auto loaded = LocalCa::load(directory_, {}, kNow);
    ASSERT_FALSE(loaded) << mode;
    EXPECT_NE(loaded.error().message.find("run chmod 6"), std::string::npos);
  }
}

// As Kubernetes mounts a Secret; the rule is that of every key, see key_file_test.cc.
TEST_F(LocalCaTest, TakesAKeyOfRootThatAGroupMayRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  const auto loads = [this](mode_t mode) {
    EXPECT_EQ(::chmod(key_file_.c_str(), mode), 0);
    return LocalCa::load(directory_, {}, kNow).has_value();
  };
  ASSERT_EQ(::chown(key_file_.c_str(), 0, 4242), 0);
  for (const mode_t mode : {0640U, 0440U}) EXPECT_TRUE(loads(mode)) << mode;
  for (const mode_t mode : {0660U, 0644U}) EXPECT_FALSE(loads(mode)) << mode;
  ASSERT_EQ(::chown(key_file_.c_str(), 4242, 4242), 0);
  for (const mode_t mode : {0640U, 0440U}) EXPECT_FALSE(loads(mode)) << mode;
}

TEST_F(LocalCaTest, RefusesAForeignKeyAnExpiredCaAndALeaf) {
  EXPECT_FALSE(LocalCa::load(directory_, {}, kNow + std::chrono::days(4000)));
  EXPECT_FALSE(LocalCa::load(files_.path(), {}, kNow));

  const test::Issued leaf = test::issue_self_signed(test::leaf_spec("leaf.example"));
  std::ofstream(key_file_) << test::pem(leaf.key.get());
  const auto foreign = LocalCa::load(directory_, {}, kNow);
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().message.find("is not the key of"), std::string::npos);
  std::ofstream(certificate_file_) << test::pem(leaf.certificate.get());
  const auto no_ca = LocalCa::load(directory_, {}, kNow);
  ASSERT_FALSE(no_ca);
  EXPECT_NE(no_ca.error().message.find("not a CA"), std::string::npos);
}

TEST_F(LocalCaTest, MintsWhatABackendVerifies) {
  LocalCa ca = load();
  const auto minted = ca.mint(domain("remote.example"), kNow);
  ASSERT_TRUE(minted) << minted.error().message;
  X509* leaf = (*minted)->leaf.get();
  EXPECT_EQ(X509_check_private_key(leaf, (*minted)->key.get()), 1);

  // Our own verifier is stricter than any backend's.
  const TrustAnchors anchors = test::anchors_of({ca.certificate()});
  const auto verify = [&](std::string_view name) {
    return verify_peer({{share(leaf), {}}, anchors, domain(name), PeerRole::kInitiating, {}, kNow});
  };
  const VerifyResult verdict = verify("remote.example");
  ASSERT_TRUE(verdict) << verdict.error().refusal.text;
  EXPECT_EQ(verdict->expires, kNow + std::chrono::days(7));
  EXPECT_FALSE(verify("other.example"));

  EXPECT_EQ(X509_get_extended_key_usage(leaf),
            static_cast<unsigned>(XKU_SSL_SERVER | XKU_SSL_CLIENT));
  EXPECT_EQ(X509_get_key_usage(leaf), static_cast<unsigned>(KU_DIGITAL_SIGNATURE));
}

TEST_F(LocalCaTest, LeavesTheCommonNameOutWhereItDoesNotFit) {
  LocalCa ca = load();
  const std::string short_name = std::string(56, 'a') + ".example";  // 64 octets
  const std::string long_name = std::string(57, 'a') + ".example";
  const auto fits = ca.mint(domain(short_name), kNow);
  const auto overflows = ca.mint(domain(long_name), kNow);
  ASSERT_TRUE(fits);
  ASSERT_TRUE(overflows) << overflows.error().message;
  EXPECT_EQ(X509_NAME_entry_count(X509_get_subject_name((*fits)->leaf.get())), 1);
  X509* leaf = (*overflows)->leaf.get();
  EXPECT_EQ(X509_NAME_entry_count(X509_get_subject_name(leaf)), 0);
  int critical = -1;
  GENERAL_NAMES_free(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical, nullptr)));
  EXPECT_EQ(critical, 1);
  const TrustAnchors anchors = test::anchors_of({ca.certificate()});
  EXPECT_TRUE(verify_peer(
      {{share(leaf), {}}, anchors, domain(long_name), PeerRole::kInitiating, {}, kNow}));
}

TEST_F(LocalCaTest, RefusesServedDomains) {
  LocalCa ca = load({domain("legacy.example"), domain("conference.legacy.example")});
  EXPECT_FALSE(ca.mint(domain("legacy.example"), kNow));
  EXPECT_FALSE(ca.mint(domain("CONFERENCE.legacy.example"), kNow));
  EXPECT_TRUE(ca.mint(domain("other.legacy.example"), kNow));
}

TEST_F(LocalCaTest, CertifiesAServedDomainTowardAnotherProgramOnly) {
  LocalCa ca = load({{domain("a.example"), 0},
                     {domain("rooms.a.example"), 0},
                     {domain("b.example"), 1},
                     domain("clients.example")});
  const auto toward = [](std::string_view name) {
    return LeafUse{LeafPurpose::kOutbound, "a", domain(name)};
  };
  const auto minted = ca.mint(domain("a.example"), kNow, toward("b.example"));
  ASSERT_TRUE(minted);
  EXPECT_EQ(ca.kept(domain("a.example"), kNow, LeafPurpose::kOutbound, domain("b.example")),
            *minted);
  EXPECT_TRUE(ca.mint(domain("b.example"), kNow, toward("rooms.a.example")));

  // Never toward its own, although it is in the cache now.
  for (const auto* const own : {"a.example", "rooms.a.example"}) {
    EXPECT_FALSE(ca.mint(domain("a.example"), kNow, toward(own))) << own;
    EXPECT_EQ(ca.kept(domain("a.example"), kNow, LeafPurpose::kOutbound, domain(own)), nullptr);
  }
  // Nor toward nobody in particular, nor toward who is not served here or takes no servers.
  EXPECT_FALSE(ca.mint(domain("a.example"), kNow));
  EXPECT_EQ(ca.kept(domain("a.example"), kNow, LeafPurpose::kOutbound), nullptr);
  EXPECT_FALSE(ca.mint(domain("a.example"), kNow, toward("peer.example")));
  EXPECT_FALSE(ca.mint(domain("a.example"), kNow, toward("clients.example")));
  EXPECT_FALSE(ca.mint(domain("clients.example"), kNow, toward("b.example")));
}

TEST(ServedDomains, AreNeverCertifiedWhereThereIsOneProgram) {
  using testing::ElementsAre;
  using testing::IsEmpty;
  const ServedDomain a{domain("a.example"), 0};
  const ServedDomain rooms{domain("rooms.a.example"), 0};
  const ServedDomain b{domain("b.example"), 1};
  const ServedDomain clients{domain("clients.example")};
  EXPECT_THAT(never_certified({}), IsEmpty());
  EXPECT_THAT(never_certified({a, rooms}), ElementsAre(a.domain, rooms.domain));
  EXPECT_THAT(never_certified({a, b}), IsEmpty());
  EXPECT_THAT(never_certified({a, b, clients}), ElementsAre(clients.domain));
  EXPECT_THAT(never_certified({a, clients}), ElementsAre(a.domain, clients.domain));
}

TEST_F(LocalCaTest, SharesALeafUntilHalfItsLifeIsOver) {
  LocalCa ca = load();
  const DomainName remote = domain("remote.example");
  const auto first = ca.mint(remote, kNow).value();
  EXPECT_EQ(ca.mint(remote, kNow + std::chrono::hours(83)).value(), first);
  const auto renewed = ca.mint(remote, kNow + std::chrono::hours(84)).value();
  EXPECT_NE(renewed, first);
  EXPECT_NE(ca.mint(domain("other.example"), kNow).value(), first);
}

TEST_F(LocalCaTest, MintsAnewWhenTheClockWasSetBack) {
  LocalCa ca = load();
  const DomainName remote = domain("remote.example");
  const auto first = ca.mint(remote, kNow).value();
  EXPECT_NE(ca.mint(remote, kNow - std::chrono::days(2)).value(), first);
}

TEST_F(LocalCaTest, ALeafDoesNotOutliveTheCa) {
  LocalCa ca = load();
  const auto ca_end = not_after(ca.certificate());
  const auto minted = ca.mint(domain("remote.example"), ca_end - std::chrono::days(1));
  ASSERT_TRUE(minted);
  EXPECT_EQ(not_after((*minted)->leaf.get()), ca_end);
  EXPECT_FALSE(ca.mint(domain("other.example"), ca_end));
}

TEST_F(LocalCaTest, SerialsDoNotRepeat) {
  LocalCa ca = load();
  std::set<std::string> serials;
  for (int i = 0; i < 200; ++i) {
    const auto minted = ca.mint(domain("r" + std::to_string(i) + ".example"), kNow).value();
    const ASN1_INTEGER* serial = X509_get0_serialNumber(minted->leaf.get());
    EXPECT_EQ(ASN1_STRING_length(serial), 16);
    serials.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)), 16);
  }
  EXPECT_EQ(serials.size(), 200U);
}

TEST_F(LocalCaTest, MintsForManyThreadsAtOnce) {
  LocalCa ca = load();
  constexpr int kThreads = 4;
  constexpr int kDomains = 100;
  std::vector<std::vector<std::shared_ptr<const MintedLeaf>>> minted(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : minted) {
    threads.emplace_back([&ca, &mine] {
      for (int i = 0; i < kDomains; ++i) {
        mine.push_back(ca.mint(domain("r" + std::to_string(i) + ".example"), kNow).value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : minted) EXPECT_EQ(mine, minted.front());
}

TEST_F(LocalCaTest, NoPurposeTakesTheRoomOfAnother) {
  auto ca = load();
  const auto remote = domain("remote.example");
  const auto inbound = ca.mint(remote, kNow, {LeafPurpose::kInbound, "192.0.2.1"}).value();
  EXPECT_EQ(ca.kept(remote, kNow, LeafPurpose::kInbound), inbound);
  EXPECT_EQ(ca.kept(remote, kNow, LeafPurpose::kOutbound), nullptr);
  EXPECT_EQ(ca.kept(remote, kNow, LeafPurpose::kRefused), nullptr);
  const LeafUse flood{LeafPurpose::kOutbound, "legacy.example"};
  for (std::size_t i = 0; i < LocalCa::cache_limit + 10; ++i)
    ASSERT_TRUE(ca.mint(domain("r" + std::to_string(i) + ".example"), kNow, flood));
  EXPECT_EQ(ca.kept(remote, kNow, LeafPurpose::kInbound), inbound);
}

TEST_F(LocalCaTest, DescribesItself) {
  const std::string text = load().description();
  EXPECT_NE(text.find("CN=Portcullis local CA"), std::string::npos);
  EXPECT_NE(text.find("SHA-256: "), std::string::npos);
  EXPECT_NE(text.find("2036-"), std::string::npos);
}

TEST(LeafCacheTest, ForgetsTheLeastRecentlyUsed) {
  LeafCache cache(2);
  const auto until = kNow + std::chrono::hours(1);
  const auto put = [&](const char* name) {
    return cache.put(domain(name), "one", std::make_shared<const MintedLeaf>(), {kNow, until},
                     kNow);
  };
  const auto a = put("a.example");
  put("b.example");
  EXPECT_EQ(cache.find(domain("a.example"), kNow), a);
  put("c.example");
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find(domain("a.example"), kNow), a);
  EXPECT_EQ(cache.find(domain("b.example"), kNow), nullptr);
}

TEST(LeafCacheTest, StaysBounded) {
  LeafCache cache(LocalCa::cache_limit);
  const auto leaf = std::make_shared<const MintedLeaf>();
  for (std::size_t i = 0; i < LocalCa::cache_limit + 100; ++i) {
    cache.put(domain("r" + std::to_string(i) + ".example"), "one", leaf,
              {kNow, kNow + std::chrono::hours(1)}, kNow);
  }
  EXPECT_EQ(cache.size(), LocalCa::cache_limit);
}

// Whoever makes us mint for ever new names pushes out leaves of his own.
TEST(LeafCacheTest, WhoHasMostMakesRoom) {
  LeafCache cache(100);
  const auto leaf = std::make_shared<const MintedLeaf>();
  const LeafCache::Validity week{kNow, kNow + std::chrono::hours(1)};
  const auto put = [&](const std::string& name, const std::string& source) {
    cache.put(domain(name), source, leaf, week, kNow);
  };
  for (int i = 0; i < 10; ++i) put("good" + std::to_string(i) + ".example", "good");
  put("rare.example", "rare");
  for (int i = 0; i < 500; ++i) put("x" + std::to_string(i) + ".evil.example", "evil");
  for (int i = 0; i < 10; ++i)
    EXPECT_NE(cache.find(domain("good" + std::to_string(i) + ".example"), kNow), nullptr) << i;
  EXPECT_NE(cache.find(domain("rare.example"), kNow), nullptr);
  EXPECT_NE(cache.find(domain("x499.evil.example"), kNow), nullptr);
  EXPECT_EQ(cache.find(domain("x410.evil.example"), kNow), nullptr);
  EXPECT_EQ(cache.size(), 100U);
  // Nobody has a share of which others would have to make use: it is free until they come.
  for (int i = 0; i < 60; ++i) put("late" + std::to_string(i) + ".example", "late");
  EXPECT_NE(cache.find(domain("late59.example"), kNow), nullptr);
  EXPECT_NE(cache.find(domain("rare.example"), kNow), nullptr);
  EXPECT_EQ(cache.size(), 100U);
}

TEST(LeafCacheTest, OfEqualSourcesTheOneThatWasUsedLongestAgoMakesRoom) {
  LeafCache cache(2);
  const auto leaf = std::make_shared<const MintedLeaf>();
  const LeafCache::Validity hour{kNow, kNow + std::chrono::hours(1)};
  cache.put(domain("a.example"), "a", leaf, hour, kNow);
  cache.put(domain("b.example"), "b", leaf, hour, kNow);
  EXPECT_NE(cache.find(domain("a.example"), kNow), nullptr);
  cache.put(domain("c.example"), "c", leaf, hour, kNow);
  EXPECT_NE(cache.find(domain("a.example"), kNow), nullptr);
  EXPECT_EQ(cache.find(domain("b.example"), kNow), nullptr);
}

}  // namespace
}  // namespace portcullis::certs
