// docs/metrics.md is what the table gives, and other pages name only metrics that there are.

#include "proxy/telemetry/metrics_page.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "proxy/telemetry/metrics.h"
#include "tests/support/source_tree.h"

namespace portcullis::telemetry {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> names_in_use(const Metrics& metrics) {
  std::set<std::string> names;
  for (const auto& row : metrics.rows()) {
    names.emplace(row.name);
    if (row.type != MetricType::kHistogram) continue;
    for (const char* part : {"_bucket", "_sum", "_count"})
      names.insert(std::string(row.name) + part);
  }
  return names;
}

TEST(MetricsPage, IsTheOneThatIsCommitted) {
  const Metrics metrics;
  EXPECT_TRUE(metrics_page(metrics.rows()) == content(test::in_source_tree("docs/metrics.md")))
      << "run: cmake --build BUILD --target docs";
}

TEST(MetricsPage, HoldsEveryMetricInOrder) {
  const Metrics metrics;
  const auto page = metrics_page(metrics.rows());
  std::size_t at = 0;
  for (const auto& row : metrics.rows()) {
    at = page.find("\n### " + std::string(row.name) + "\n\n" + std::string(row.help) + "\n", at);
    ASSERT_NE(at, std::string::npos) << row.name;
    ++at;
  }
}

TEST(MetricsPage, TellsTheValuesOfALabel) {
  const auto page =
      metrics_page({{"portcullis_test_total",
                     MetricType::kCounter,
                     "Tests.",
                     {{"way", "which way", {"in", "out"}, ""},
                      {"reason", "why", {"expired", "revoked"}, "reasons.md"},
                      {"cause", "why", {"none", "expired"}, "reasons.md"},
                      {"file", "a file", {}, ""}},
                     {}},
                    {"portcullis_test_seconds", MetricType::kHistogram, "Time.", {}, {0.5, 1}}});
  EXPECT_TRUE(
      page.ends_with("\n### portcullis_test_total\n\nTests.\n\n"
                     "- Type: counter\n"
                     "- Label `way`, which way: `in`, `out`\n"
                     "- Label `reason`, why: a word of [reasons.md](reasons.md)\n"
                     "- Label `cause`, why: a word of [reasons.md](reasons.md), or `none`\n"
                     "- Label `file`, a file\n"
                     "\n### portcullis_test_seconds\n\nTime.\n\n"
                     "- Type: histogram, with buckets up to 0.5, 1\n"))
      << page;
}

TEST(MetricsPage, AndTheOthersNameOnlyMetricsThatThereAre) {
  const Metrics metrics;
  const auto names = names_in_use(metrics);
  // Not the names of files and targets: "_" and a unit, or a word of ours, ends a metric's name.
  const std::regex word("\\b(portcullis|process)_[a-z_]*[a-z]\\b");
  std::size_t pages = 0;
  std::vector<std::filesystem::path> files{test::in_source_tree("README.md")};
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test::in_source_tree("docs")))
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  for (const auto& file : files) {
    const auto text = content(file);
    for (std::sregex_iterator at(text.begin(), text.end(), word), end; at != end; ++at) {
      EXPECT_EQ(names.count(at->str()), 1U) << file << ": " << at->str();
      ++pages;
    }
  }
  EXPECT_GT(pages, metrics.rows().size());
}

}  // namespace
}  // namespace portcullis::telemetry
