#include <fmt/format.h>

#include "policy/reasons/reason.h"
#include "proxy/doctor/writers.h"

namespace portcullis::doctor {
namespace {

constexpr std::size_t kWidth = 92;
constexpr std::size_t kLongestText = 2'000;

std::string place_of(const Found& one) {
  return one.where.line == 0 ? one.where.file
                             : fmt::format("{}:{}", one.where.file, one.where.line);
}

std::string_view todo_of(const Found& one) {
  return one.todo.empty() ? info(one.finding).todo : std::string_view(one.todo);
}

// In lines of kWidth columns, all but the first moved in as far as `begin` is long.
std::string folded(std::string_view begin, std::string_view text) {
  std::string out(begin);
  std::size_t column = begin.size();
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (column + 1 + end > kWidth && column > begin.size()) {
      out += "\n" + std::string(begin.size(), ' ');
      column = begin.size();
    } else if (column > begin.size()) {
      out += ' ';
      ++column;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + "\n";
}

std::string printed(std::string_view text) {
  return policy::printable(text, kLongestText);
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string sums(const Report& report) {
  return counted(report.count(Severity::kError), "error", "errors") + ", " +
         counted(report.count(Severity::kWarning), "warning", "warnings") + ", " +
         counted(report.count(Severity::kNote), "note", "notes");
}

std::string gate_text(const std::optional<RunningGate>& gate) {
  if (!gate) return "no gate is seen to run with it";
  if (gate->process == 0) return "a gate runs with it";
  return fmt::format("a gate runs with it, as process {}", gate->process);
}

}  // namespace

std::string text_of(const Report& report, const Heading& heading) {
  std::string out = heading.config_file + ": " + gate_text(heading.gate) + "\n";
  for (const auto& one : report.found()) {
    const auto& row = info(one.finding);
    out += fmt::format("\n{}: {}: {}\n", printed(place_of(one)), word_of(row.severity), row.id);
    out += folded("  ", printed(one.what) + ".");
    out += folded("  Why: ", row.why);
    out += folded("  Do:  ", printed(todo_of(one)));
  }
  std::string made;
  for (const auto check : heading.checks)
    made += (made.empty() ? "" : ", ") + std::string(word_of(check));
  return out + fmt::format("\n{}; looked at: {}\n", sums(report), made);
}

std::string lines_of(const Report& report) {
  std::string out;
  for (const auto& one : report.found()) {
    const auto& row = info(one.finding);
    if (row.check == Check::kConfiguration) continue;
    out += fmt::format("{}: {}: {}; {} [{}]\n", printed(place_of(one)), word_of(row.severity),
                       printed(one.what), printed(todo_of(one)), row.id);
  }
  return out;
}

}  // namespace portcullis::doctor
