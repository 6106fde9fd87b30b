#include "proxy/app/exceptions_text.h"

#include <algorithm>
#include <cstdio>

#include "proxy/app/config_source.h"
#include "proxy/report/exceptions.h"

namespace portcullis::app {
namespace {

std::string first_error(const policy::Diagnostics& diagnostics) {
  const auto found =
      std::find_if(diagnostics.begin(), diagnostics.end(), [](const auto& diagnostic) {
        return diagnostic.severity == policy::Diagnostic::Severity::kError;
      });
  return found != diagnostics.end() ? found->text() : std::string();
}

}  // namespace

std::string exceptions_text(const report::LogReader& log, const ReportOptions& options) {
  const auto loaded = load_config(options.config_file);
  const auto* const config = loaded.config ? &*loaded.config : nullptr;
  if (config == nullptr)
    std::fprintf(stderr,
                 "portcullis: %s\nportcullis: so exceptions that are there already, and "
                 "policy.max_exception_days, are not known; -c names the configuration\n",
                 first_error(loaded.diagnostics).c_str());
  const int most = static_cast<int>(config != nullptr ? config->max_exception_days
                                                      : policy::Config().max_exception_days);
  if (options.days > most)
    std::fprintf(stderr, "portcullis: policy.max_exception_days allows %d days, so they end then\n",
                 most);
  const auto today = std::chrono::floor<std::chrono::days>(log.options().reference.now);
  return report::exceptions_report(log, config,
                                   today + std::chrono::days(std::min(options.days, most)));
}

}  // namespace portcullis::app
