// The commands of docs/operating.md about explain and report do what the page says.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <map>
#include <sstream>

#include "proxy/app/exit_code.h"
#include "tests/support/source_tree.h"
#include "tests/support/test_pki.h"
#include "tests/unit/app/command_line.h"

namespace portcullis::app {
namespace {

using std::chrono::days;

// Each line of the page's "sh" blocks, from "portcullis" on.
std::vector<std::string> commands() {
  std::ifstream page(test::in_source_tree("docs/operating.md"));
  std::vector<std::string> found;
  bool in_block = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) in_block = line == "```sh";
    const auto at = line.find("portcullis ", line.find('|') + 1);
    if (in_block && at != std::string::npos) found.push_back(line.substr(at));
  }
  return found;
}

std::vector<std::string> words(const std::string& command) {
  std::istringstream text(command);
  std::vector<std::string> out;
  for (std::string word; text >> std::quoted(word);) out.push_back(word);
  out.erase(out.begin());
  return out;
}

class OperatingPage : public ::testing::Test {
 protected:
  OperatingPage() {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto leaf = [&](const std::string& domain) {
      auto spec = test::leaf_spec(domain);
      spec.from = now - days(30);
      spec.until = now + days(60);
      return pki_.leaf(spec);
    };
    const auto own = leaf("legacy.example");
    const std::string chain = test::pem(pki_.intermediate().certificate.get());
    directory_.write("own.pem", test::pem(own.certificate.get()) + chain);
    directory_.write("own.key", test::pem(own.key.get()));
    directory_.write("roots.pem", test::pem(pki_.root().certificate.get()));
    files_["/etc/portcullis/portcullis.toml"] = directory_.write(
        "portcullis.toml",
        "version = 1\n[listen]\nc2s = [\"127.0.0.1:15999\"]\n[[host]]\n"
        "domain = \"legacy.example\"\n"
        "certificates = [ { chain = \"own.pem\", key = \"own.key\" } ]\n"
        "[host.backend]\nc2s = \"127.0.0.1:15998\"\n[s2s]\nroots = \"roots.pem\"\n");
    files_["peer.pem"] =
        directory_.write("peer.pem", test::pem(leaf("peer.example").certificate.get()) + chain);
    files_["gate.log"] = directory_.write(
        "gate.log",
        "event=decision kind=s2s_in from=seen.example to=legacy.example verdict=would_reject "
        "reason=expired\n"
        "event=decision kind=s2s_out from=legacy.example to=seen.example found=srv "
        "verdict=would_reject reason=expired\n");
  }

  test::CommandResult run(const std::string& command) {
    auto arguments = words(command);
    for (auto& argument : arguments)
      if (const auto file = files_.find(argument); file != files_.end()) argument = file->second;
    EXPECT_NE(std::freopen(files_["gate.log"].c_str(), "r", stdin), nullptr);
    return test::command(arguments);
  }

  test::TestPki pki_;
  test::TempDir directory_;
  std::map<std::string, std::string> files_;
};

TEST_F(OperatingPage, EveryReportShowsWhatTheLogHolds) {
  std::size_t reports = 0;
  for (const auto& command : commands()) {
    if (!command.starts_with("portcullis report")) continue;
    ++reports;
    const auto done = run(command);
    EXPECT_EQ(done.status, kFine) << command << "\n" << done.err;
    EXPECT_NE(done.out.find("seen.example"), std::string::npos) << command << "\n" << done.out;
  }
  EXPECT_GE(reports, 4U);
}

TEST_F(OperatingPage, EveryExplanationIsGiven) {
  std::size_t explanations = 0;
  for (const auto& command : commands()) {
    if (!command.starts_with("portcullis explain")) continue;
    ++explanations;
    const auto done = run(command);
    EXPECT_EQ(done.status, kFine) << command << "\n" << done.err << done.out;
    EXPECT_FALSE(done.out.empty()) << command;
  }
  EXPECT_GE(explanations, 4U);
}

}  // namespace
}  // namespace portcullis::app
