#include "proxy/doctor/report.h"

#include <algorithm>
#include <utility>

#include "policy/model/source_place.h"

namespace portcullis::doctor {

void Report::add(Finding finding, std::string_view path, std::string what, std::string todo) {
  add(Found{finding, policy::place_of(config_, path), std::move(what), std::move(todo)});
}

void Report::add(const policy::Diagnostics& diagnostics) {
  for (const auto& one : diagnostics)
    add(Found{one.severity == policy::Diagnostic::Severity::kError ? Finding::kConfigurationError
                                                                   : Finding::kConfigurationWarning,
              {one.file, one.line},
              one.message,
              {}});
}

void Report::add(Found one) {
  const bool told = std::any_of(found_.begin(), found_.end(), [&one](const Found& other) {
    return other.finding == one.finding && other.what == one.what;
  });
  if (!told) found_.push_back(std::move(one));
}

std::size_t Report::count(Severity severity) const {
  return static_cast<std::size_t>(std::count_if(
      found_.begin(), found_.end(),
      [severity](const Found& one) { return info(one.finding).severity == severity; }));
}

void Report::sort() {
  std::stable_sort(found_.begin(), found_.end(), [](const Found& one, const Found& other) {
    const auto& a = info(one.finding);
    const auto& b = info(other.finding);
    return a.severity != b.severity ? a.severity < b.severity : a.check < b.check;
  });
}

}  // namespace portcullis::doctor
