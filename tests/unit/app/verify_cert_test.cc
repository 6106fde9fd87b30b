#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "proxy/app/cli.h"
#include "proxy/app/exit_code.h"
#include "tests/support/test_pki.h"

namespace portcullis::app {
namespace {

constexpr char kAt[] = "2026-06-01T00:00:00Z";  // test::kNow

struct Finished {
  int status;
  std::string out;
  std::string err;
};

Finished portcullis(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "portcullis");
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = main_command(static_cast<int>(arguments.size()), argv.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {status, std::move(out), testing::internal::GetCapturedStderr()};
}

// Good files and words; each test changes what it is about.
class VerifyCertTest : public ::testing::Test {
 protected:
  Finished run(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"verify-cert", "--leaf", leaf_file_, "--roots", roots_file_,
                                       "--name",      name_,    "--at",     at_};
    if (!intermediates_file_.empty()) {
      arguments.insert(arguments.end(), {"--intermediates", intermediates_file_});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return portcullis(arguments);
  }

  test::TestPki pki_;
  test::TempDir directory_;
  test::Issued leaf_ = pki_.leaf([] {
    test::CertificateSpec spec = test::leaf_spec("peer.example");
    spec.addresses = {"192.0.2.1"};
    return spec;
  }());
  std::string leaf_file_ = directory_.write("leaf.pem", test::pem(leaf_.certificate.get()));
  std::string intermediates_file_ =
      directory_.write("inter.pem", test::pem(pki_.intermediate().certificate.get()));
  std::string roots_file_ = directory_.write("roots.pem", test::pem(pki_.root().certificate.get()));
  std::string name_ = "dns:peer.example";
  std::string at_ = kAt;
};

TEST_F(VerifyCertTest, AcceptsAGoodChainInBothRoles) {
  for (const std::string role : {"server", "client"}) {
    const Finished done = run({"--role", role});
    EXPECT_EQ(done.status, kFine) << done.out << done.err;
    EXPECT_EQ(done.out.find("reason="), std::string::npos);
  }
}

TEST_F(VerifyCertTest, PrintsReasonThenDetailOfARefusal) {
  name_ = "dns:other.example";
  const Finished done = run();
  EXPECT_EQ(done.status, kProblemFound);
  EXPECT_EQ(done.out.find("reason=name_mismatch\ndetail="), 0U) << done.out;
  EXPECT_NE(done.out.find("other.example"), std::string::npos);
}

TEST_F(VerifyCertTest, MatchesAddressesWhenAsked) {
  name_ = "ip:192.0.2.1";
  EXPECT_EQ(run().status, kFine);
  name_ = "ip:192.0.2.2";
  EXPECT_EQ(run().out.find("reason=name_mismatch\n"), 0U);
}

TEST_F(VerifyCertTest, TakesAnEmptyFileForNoIntermediates) {
  intermediates_file_ = directory_.write("empty.pem", "");
  EXPECT_EQ(run().out.find("reason=missing_intermediate\n"), 0U);
  intermediates_file_.clear();
  EXPECT_EQ(run().out.find("reason=missing_intermediate\n"), 0U);
}

TEST_F(VerifyCertTest, TakesTheTimeItIsGiven) {
  at_ = "2026-06-01T00:00:00.999Z";
  EXPECT_EQ(run().status, kFine);
  at_ = "2030-01-01T00:00:00Z";
  EXPECT_EQ(run().out.find("reason="), 0U);
  at_ = "2026-07-31T00:00:00Z";  // the leaf's end; OpenSSL counts it out
  EXPECT_EQ(run().out.find("reason=expired\n"), 0U);
  at_ = "2026-07-30T23:59:59.999Z";
  EXPECT_EQ(run().status, kFine);
}

TEST_F(VerifyCertTest, BoundsTheDepth) {
  EXPECT_EQ(run({"--max-depth", "1"}).status, kFine);
  EXPECT_EQ(run({"--max-depth", "0"}).out.find("reason=chain_invalid\n"), 0U);
}

TEST_F(VerifyCertTest, LooksAtRevocationLists) {
  const std::string list = test::crl_pem({{leaf_.certificate.get()}}, pki_.intermediate());
  EXPECT_EQ(run({"--crls", directory_.write("crl.pem", list)}).out.find("reason=revoked\n"), 0U);
  const std::string empty = test::crl_pem({}, pki_.intermediate());
  EXPECT_EQ(run({"--crls", directory_.write("none.pem", empty)}).status, kFine);
}

TEST_F(VerifyCertTest, RefusesAReferenceThatIsNoDomain) {
  for (const std::string bad :
       {"dns:a_b.example", "dns:*.example", "dns:.example", "dns:192.0.2.1", "dns:"}) {
    name_ = bad;
    const Finished done = run();
    EXPECT_EQ(done.status, kProblemFound) << bad;
    EXPECT_EQ(done.out.find("reason=bad_address\n"), 0U) << bad;
  }
}

TEST_F(VerifyCertTest, CallsALeafThatDoesNotParseMalformed) {
  leaf_file_ = directory_.write("broken.pem",
                                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const Finished done = run();
  EXPECT_EQ(done.status, kProblemFound);
  EXPECT_EQ(done.out.find("reason=cert_malformed\n"), 0U);
}

TEST_F(VerifyCertTest, TellsWrongWordsFromARefusal) {
  const std::vector<std::vector<std::string>> wrong{{"--role", "peer"},
                                                    {"--max-depth", "-1"},
                                                    {"--max-depth", "many"},
                                                    {"--nonsense"},
                                                    {"--crls", "/nonexistent/crls.pem"},
                                                    {"--crls", roots_file_}};
  for (const auto& more : wrong) {
    const Finished done = run(more);
    EXPECT_EQ(done.status, kUsage) << more.front() << ' ' << more.back();
    EXPECT_EQ(done.out.find("reason="), std::string::npos);
    EXPECT_FALSE(done.err.empty());
  }
  EXPECT_EQ(portcullis({"verify-cert"}).status, kUsage);
}

TEST_F(VerifyCertTest, TellsUnusableWordsFromARefusal) {
  for (const std::string bad : {"peer.example", "mail:a@peer.example", "ip:peer.example", "ip:"}) {
    name_ = bad;
    EXPECT_EQ(run().status, kUsage) << bad;
  }
  name_ = "dns:peer.example";
  for (const std::string bad :
       {"yesterday", "2026-06-01", "2026-06-01T00:00:00", "2026-06-01T00:00:00+02:00",
        "2026-06-01T00:00:00Zulu", "2026-13-01T00:00:00Z"}) {
    at_ = bad;
    EXPECT_EQ(run().status, kUsage) << bad;
  }
}

TEST_F(VerifyCertTest, NamesTheFileThatCannotBeRead) {
  const std::string missing = directory_.path() + "/missing.pem";
  for (std::string* file : {&leaf_file_, &roots_file_, &intermediates_file_}) {
    const std::string kept = std::exchange(*file, missing);
    const Finished done = run();
    EXPECT_EQ(done.status, kUsage);
    EXPECT_NE(done.err.find(missing), std::string::npos) << done.err;
    *file = kept;
  }
}

}  // namespace
}  // namespace portcullis::app
