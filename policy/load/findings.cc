#include "policy/load/findings.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <tuple>
#include <utility>

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxFindings = 500;

// Findings about the configuration as a whole come last: an error with a line is quicker to fix.
auto order(const Diagnostic& diagnostic, const std::string& first_file) {
  const auto line =
      diagnostic.line == 0 ? std::numeric_limits<std::uint32_t>::max() : diagnostic.line;
  const bool is_later_file = diagnostic.file != first_file;
  return std::tuple(diagnostic.line == 0, is_later_file, std::string_view(diagnostic.file), line,
                    diagnostic.column);
}

}  // namespace

Findings::Findings(const std::string& file_name)
    : Findings(file_name, std::filesystem::path(file_name).parent_path().string(), true) {}

void Findings::error(const Place& place, std::string message) {
  add(Diagnostic::Severity::kError, place, std::move(message));
}

void Findings::error_at(const std::string& path, const Place& place, std::string message) {
  faulty_.insert(path);
  error(place, std::move(message));
}

void Findings::warning(const Place& place, std::string message) {
  add(Diagnostic::Severity::kWarning, place, std::move(message));
}

void Findings::add(Diagnostic::Severity severity, const Place& place, std::string message) {
  if (diagnostics_.size() > kMaxFindings) return;
  if (diagnostics_.size() == kMaxFindings) {
    diagnostics_.push_back({Diagnostic::Severity::kError, file_, 0, 0,
                            "there are more findings than are shown; mend these first"});
    return;
  }
  diagnostics_.push_back({severity, file_of(place), place.line, place.column, std::move(message)});
}

const std::string& Findings::file_of(const Place& place) const {
  return place.file ? *place.file : file_;
}

bool Findings::faulty(std::string_view path) const {
  const auto found = faulty_.lower_bound(path);
  if (found == faulty_.end() || !found->starts_with(path)) return false;
  return found->size() == path.size() || (*found)[path.size()] == '[' ||
         (*found)[path.size()] == '.';
}

Place Findings::place_of(std::string_view path) const {
  const auto found = places_.find(path);
  return found == places_.end() ? Place{} : found->second;
}

std::string Findings::reference(const Place& place) const {
  const std::string line = std::to_string(place.line);
  return is_only_file_ ? "line " + line : file_of(place) + ":" + line;
}

std::map<std::string, SourceLine, std::less<>> Findings::lines() const {
  std::map<std::string, SourceLine, std::less<>> lines;
  for (const auto& [path, place] : places_)
    lines.emplace_hint(lines.end(), path, SourceLine{file_of(place), place.line});
  return lines;
}

std::string Findings::resolve(const std::string& path) const {
  return (std::filesystem::path(folder_) / path).string();
}

Diagnostics Findings::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [this](const Diagnostic& a, const Diagnostic& b) {
                     return order(a, file_) < order(b, file_);
                   });
  return std::exchange(diagnostics_, {});
}

}  // namespace portcullis::policy
