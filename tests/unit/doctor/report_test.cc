#include "proxy/doctor/report.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "proxy/doctor/writers.h"
#include "tests/unit/doctor/checks_support.h"

namespace portcullis::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ReportTest : public ::testing::Test {
 protected:
  policy::Config config_ = config_with_host();
  Report report_{config_};
  Heading heading_{"p.toml", RunningGate{77, 900}, {Check::kBackend, Check::kClock}};
};

TEST_F(ReportTest, EachFindingHasAWordOfItsOwnAndSentences) {
  std::set<std::string_view> ids;
  for (const auto& row : findings()) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    EXPECT_EQ(row.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
    for (const auto text : {row.means, row.why, row.todo}) {
      ASSERT_FALSE(text.empty()) << row.id;
      EXPECT_TRUE(text.ends_with('.') || text.ends_with(".)")) << row.id << ": " << text;
    }
  }
  std::set<std::string_view> words;
  for (const auto& check : checks()) EXPECT_TRUE(words.insert(check.word).second);
}

TEST_F(ReportTest, PutsWhatIsGraverFirst) {
  report_.add(Finding::kClientsUnseen, "", "a note");
  report_.add(Finding::kBackendSilent, "", "an error of the backend");
  report_.add(Finding::kOneAddress, "", "a warning");
  report_.add(Finding::kPortTaken, "", "an error of a port");
  report_.sort();
  EXPECT_THAT(ids_of(report_),
              ElementsAre("port_taken", "backend_silent", "one_address", "clients_unseen"));
}

TEST_F(ReportTest, KeepsTheSameSentenceOnce) {
  report_.add(Finding::kBackendSilent, "", "it is silent");
  report_.add(Finding::kBackendSilent, "", "it is silent");
  EXPECT_EQ(report_.found().size(), 1U);
  report_.add(Finding::kBackendSilent, "", "another one is silent");
  EXPECT_EQ(report_.found().size(), 2U);
}

TEST_F(ReportTest, TakesTheFindingsOfTheLoader) {
  report_.add({{policy::Diagnostic::Severity::kError, "p.toml", 3, 1, "wrong"},
               {policy::Diagnostic::Severity::kWarning, "q.toml", 4, 0, "doubtful"}});
  EXPECT_THAT(ids_of(report_), ElementsAre("configuration_error", "configuration_warning"));
  EXPECT_EQ(report_.found()[1].where, (policy::SourceLine{"q.toml", 4}));
  EXPECT_EQ(lines_of(report_), "") << "check has written these itself";
}

TEST_F(ReportTest, SaysWhatWhereWhyAndWhatToDo) {
  report_.add(Finding::kBackendSilent, "host[0].backend.s2s", "it is silent");
  const auto text = text_of(report_, heading_);
  EXPECT_THAT(text, HasSubstr("p.toml: a gate runs with it, as process 77\n"));
  EXPECT_THAT(text, HasSubstr("\np.toml:7: error: backend_silent\n  it is silent.\n  Why: "));
  EXPECT_THAT(text, HasSubstr("\n  Do:  See its log"));
  EXPECT_THAT(text, HasSubstr("\n1 error, 0 warnings, 0 notes; looked at: backend, clock\n"));
  EXPECT_EQ(lines_of(report_),
            "p.toml:7: error: it is silent; See its log, and whether that is the right port. "
            "[backend_silent]\n");
}

TEST_F(ReportTest, SaysWhatToDoHereBeforeWhatIsDoneElsewhere) {
  report_.add(Finding::kBackendSilent, "", "it is silent", "Kick it.");
  EXPECT_THAT(text_of(report_, heading_), HasSubstr("  Do:  Kick it.\n"));
  EXPECT_THAT(text_of(report_, heading_), Not(HasSubstr("See its log")));
}

TEST_F(ReportTest, FoldsLongSentences) {
  report_.add(Finding::kBackendSilent, "", std::string(60, 'a') + " " + std::string(60, 'b'));
  EXPECT_THAT(text_of(report_, heading_),
              HasSubstr("  " + std::string(60, 'a') + "\n  " + std::string(60, 'b') + ".\n"));
}

TEST_F(ReportTest, PrintsNoEscapesOfOthers) {
  report_.add(Finding::kBackendRefused, "", "it says \x1b[2J\nhello");
  for (const auto& text : {text_of(report_, heading_), lines_of(report_)})
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(lines_of(report_).find('\n'), lines_of(report_).size() - 1);
}

TEST_F(ReportTest, IsOneObjectForPrograms) {
  report_.add(Finding::kBackendSilent, "host[0].backend.s2s", "it is \"silent\" \xff");
  report_.add(Finding::kClientsUnseen, "", "nobody");
  const auto read = nlohmann::json::parse(json_of(report_, heading_));
  EXPECT_EQ(read["configuration"], "p.toml");
  EXPECT_EQ(read["gate"]["process"], 77);
  EXPECT_EQ(read["errors"], 1);
  EXPECT_EQ(read["notes"], 1);
  EXPECT_EQ(read["checks"], nlohmann::json::array({"backend", "clock"}));
  const auto& first = read["findings"][0];
  EXPECT_EQ(first["id"], "backend_silent");
  EXPECT_EQ(first["severity"], "error");
  EXPECT_EQ(first["check"], "backend");
  EXPECT_EQ(first["line"], 7);
  EXPECT_EQ(first["why"], info(Finding::kBackendSilent).why);
  EXPECT_TRUE(read["findings"][1]["line"].is_null());
}

TEST_F(ReportTest, TheGateIsNamedAsFarAsItIsKnown) {
  heading_.gate = RunningGate{};
  EXPECT_THAT(text_of(report_, heading_), HasSubstr("p.toml: a gate runs with it\n"));
  EXPECT_TRUE(nlohmann::json::parse(json_of(report_, heading_))["gate"]["process"].is_null());
  heading_.gate.reset();
  EXPECT_THAT(text_of(report_, heading_), HasSubstr("no gate is seen to run with it"));
  EXPECT_EQ(nlohmann::json::parse(json_of(report_, heading_))["gate"]["running"], false);
}

TEST_F(ReportTest, ThePageHasEveryFinding) {
  const auto page = findings_page();
  for (const auto& row : findings())
    EXPECT_THAT(page, HasSubstr("\n### " + std::string(row.id) + "\n"));
}

}  // namespace
}  // namespace portcullis::doctor
