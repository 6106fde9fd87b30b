#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "proxy/app/exit_code.h"
#include "proxy/app/load.h"
#include "proxy/report/probe_result.h"
#include "tests/support/test_pki.h"
#include "tests/unit/app/command_line.h"
#include "tests/unit/report/probe_sample.h"

namespace portcullis::app {
namespace {

using nlohmann::json;
using test::command;

class ReportCommand : public ::testing::Test {
 protected:
  test::TempDir directory_;
  std::string first_ = directory_.write(
      "first.log",
      "2001-01-01T00:00:00Z event=decision kind=s2s_in from=a.example to=l.example "
      "verdict=would_reject reason=expired\n");
  std::string second_ = directory_.write(
      "second.log",
      "event=decision kind=s2s_out from=l.example to=b.example verdict=rejected reason=expired");
};

TEST_F(ReportCommand, ReadsAllFiles) {
  const auto done = command({"report", first_, second_});
  EXPECT_EQ(done.status, kFine) << done.err;
  EXPECT_NE(done.out.find("a.example"), std::string::npos);
  EXPECT_NE(done.out.find("b.example"), std::string::npos);
}

TEST_F(ReportCommand, LeavesOutWhatIsOlder) {
  const auto done = command({"report", "--since", "7d", "--format", "json", first_, second_});
  ASSERT_EQ(done.status, kFine) << done.err;
  const auto sums = json::parse(done.out)["portcullis"];
  EXPECT_EQ(sums["older_than_since"], 1);
  EXPECT_EQ(sums["decisions"]["would_reject"], 0);
  EXPECT_EQ(sums["decisions"]["rejected"], 1);
}

TEST_F(ReportCommand, NamesTheReporter) {
  const auto done = command({"report", "--format", "json", "--organization", "Example Org",
                             "--contact", "xmpp:me@l.example", first_});
  const auto report = json::parse(done.out);
  EXPECT_EQ(report["organization-name"], "Example Org");
  EXPECT_EQ(report["contact-info"], "xmpp:me@l.example");
}

TEST_F(ReportCommand, RefusesWordsItDoesNotKnow) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"--since", "7"},
                                             {"--since", "d"},
                                             {"--since", "-1d"},
                                             {"--since", "0h"},
                                             {"--since", "1.5h"},
                                             {"--since", "99999999999999999999d"},
                                             {"--since", "7d "},
                                             {"--by", "server"},
                                             {"--format", "xhtml"},
                                             {"--days", "0"},
                                             {"--days", "367"}}) {
    auto arguments = words;
    arguments.insert(arguments.begin(), "report");
    arguments.push_back(first_);
    const auto done = command(arguments);
    EXPECT_EQ(done.status, kUsage) << words[1];
    EXPECT_TRUE(done.out.empty()) << words[1];
  }
}

// A configuration of the gate at l.example.
constexpr std::string_view kConfig = R"(version = 1
[local_ca]
directory = "ca"
[policy]
max_exception_days = 5
[[host]]
domain = "l.example"
certificates = [ { chain = "c.pem", key = "k.pem" } ]
[host.backend]
s2s = "127.0.0.1:15269"
certificate = "b.pem"
)";

TEST_F(ReportCommand, WritesExceptionsThatTheConfigurationTakes) {
  const auto config = directory_.write("portcullis.toml", std::string(kConfig));
  const auto done = command({"report", "--as-config", "-c", config, first_, second_});
  ASSERT_EQ(done.status, kFine) << done.err;
  EXPECT_NE(done.err.find("policy.max_exception_days allows 5 days"), std::string::npos);
  // Only the file's own check knows the date of today.
  const auto whole = directory_.write("whole.toml", std::string(kConfig) + done.out);
  const auto loaded = read_config(whole, Occasion::kRunning);
  ASSERT_TRUE(loaded.config) << done.out;
  EXPECT_TRUE(loaded.diagnostics.empty()) << done.out;
  EXPECT_EQ(loaded.config->s2s.exceptions.size(), 2U);
}

TEST_F(ReportCommand, WritesExceptionsWithoutAConfigurationToo) {
  const auto done = command(
      {"report", "--as-config", "--days", "7", "-c", directory_.path() + "/none.toml", second_});
  EXPECT_EQ(done.status, kFine);
  EXPECT_NE(done.err.find("none.toml"), std::string::npos);
  EXPECT_NE(done.out.find("domain = \"b.example\""), std::string::npos) << done.out;
}

TEST_F(ReportCommand, WritesAPage) {
  const auto done = command({"report", "--format", "html", first_});
  EXPECT_EQ(done.status, kFine);
  EXPECT_TRUE(done.out.starts_with("<!DOCTYPE html>")) << done.out;
}

TEST_F(ReportCommand, SaysWhichFileCannotBeRead) {
  for (const std::string& file : {directory_.path() + "/none.log", directory_.path()}) {
    const auto done = command({"report", first_, file});
    EXPECT_EQ(done.status, kProblemFound);
    EXPECT_NE(done.err.find(file), std::string::npos) << done.err;
    EXPECT_TRUE(done.out.empty());
  }
}

// ---- Probes

TEST_F(ReportCommand, ListsWhoWasProbedWithOneKindOfKey) {
  const auto probe = [this](const std::string& domain, const json& address) {
    return directory_.write(domain + ".json", report::test::probe_of(domain, {address}).dump(2));
  };
  const auto rsa = probe("rsa.example", report::test::address("RSA 2048 bits", "ecdsa", nullptr));
  const auto both =
      probe("both.example", report::test::address("ECDSA P-256", "rsa", "RSA 2048 bits"));
  for (const auto* const format : {"markdown", "html"}) {
    const auto done = command({"report", "--format", format, "--probes", rsa, both, "--", first_});
    EXPECT_EQ(done.status, kFine) << done.err;
    EXPECT_NE(done.out.find("Only RSA"), std::string::npos);
    EXPECT_NE(done.out.find("rsa.example"), std::string::npos);
    EXPECT_EQ(done.out.find("both.example"), std::string::npos);
  }
}

TEST_F(ReportCommand, AProbeThatCannotBeReadEndsItAndIsNamed) {
  const auto good =
      directory_.write("good.json", report::test::probe_of("peer.example", {}).dump());
  const auto write = [this](const std::string& text) { return directory_.write("bad.json", text); };
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "no JSON"},
           {"{", "no JSON"},
           {"{\"schema\": 2}", "another version"},
           {std::string(report::kMostProbeText + 100, ' '), "larger than 1 MiB"},
           {first_, "no JSON"}}) {
    const auto bad = write(text);
    const auto done = command({"report", "--format", "html", "--probes", good, bad, "--", first_});
    EXPECT_EQ(done.status, kProblemFound) << why;
    EXPECT_EQ(done.out, "") << why;
    EXPECT_NE(done.err.find(bad), std::string::npos) << done.err;
    EXPECT_NE(done.err.find(why), std::string::npos) << done.err;
  }
  const auto missing =
      command({"report", "--format", "html", "--probes", "/nowhere/probe.json", "--", first_});
  EXPECT_EQ(missing.status, kProblemFound);
  EXPECT_NE(missing.err.find("/nowhere/probe.json"), std::string::npos);
}

TEST_F(ReportCommand, ProbesAreForTheListToPublish) {
  const auto good =
      directory_.write("good.json", report::test::probe_of("peer.example", {}).dump());
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--format", "json"}, {"--format", "text"}, {}, {"--as-config"}}) {
    std::vector<std::string> arguments{"report"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    arguments.insert(arguments.end(), {"--probes", good, "--", first_});
    const auto done = command(arguments);
    EXPECT_EQ(done.status, kUsage);
    EXPECT_NE(done.err.find("--probes is for"), std::string::npos) << done.err;
  }
}

}  // namespace
}  // namespace portcullis::app
