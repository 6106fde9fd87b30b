#include "policy/load/findings.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <tuple>
#include <utility>

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxFindings = 500;

// Findings about the whole file come last: an error with a line is quicker to fix.
auto order(const Diagnostic& diagnostic) {
  const auto line =
      diagnostic.line == 0 ? std::numeric_limits<std::uint32_t>::max() : diagnostic.line;
  return std::tuple(line, diagnostic.column);
}

}  // namespace

void Findings::error(Place place, std::string message) {
  add(Diagnostic::Severity::kError, place, std::move(message));
}

void Findings::error_at(const std::string& path, Place place, std::string message) {
  faulty_.insert(path);
  error(place, std::move(message));
}

void Findings::warning(Place place, std::string message) {
  add(Diagnostic::Severity::kWarning, place, std::move(message));
}

void Findings::add(Diagnostic::Severity severity, Place place, std::string message) {
  if (diagnostics_.size() > kMaxFindings) return;
  if (diagnostics_.size() == kMaxFindings) {
    severity = Diagnostic::Severity::kError;
    place = {};
    message = "there are more findings than are shown; mend these first";
  }
  diagnostics_.push_back({severity, file_, place.line, place.column, std::move(message)});
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

std::map<std::string, std::uint32_t, std::less<>> Findings::lines() const {
  std::map<std::string, std::uint32_t, std::less<>> lines;
  for (const auto& [path, place] : places_) lines.emplace_hint(lines.end(), path, place.line);
  return lines;
}

std::string Findings::resolve(const std::string& path) const {
  return (std::filesystem::path(file_).parent_path() / path).string();
}

Diagnostics Findings::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return order(a) < order(b); });
  return std::exchange(diagnostics_, {});
}

}  // namespace portcullis::policy
