#include <cstdio>

#include "proxy/app/commands.h"
#include "proxy/app/config_source.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/load.h"

namespace portcullis::app {

int check(const CheckOptions& options) {
  const auto result = load(options.config_file);
  std::size_t errors = 0;
  for (const auto& diagnostic : result.diagnostics) {
    std::printf("%s\n", diagnostic.text().c_str());
    if (diagnostic.severity == policy::Diagnostic::Severity::kError) ++errors;
  }
  if (!result.snapshot) {
    std::printf("%zu error(s); a running portcullis is untouched\n", errors);
    return kProblemFound;
  }
  if (!options.quiet)
    std::printf("%s: fine, %zu host(s)\n", source_text(result.snapshot->config()).c_str(),
                result.snapshot->config().hosts.size());
  return kFine;
}

}  // namespace portcullis::app
