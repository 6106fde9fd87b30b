#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>

#include "proxy/app/commands.h"
#include "proxy/app/config_source.h"
#include "proxy/app/doctor/diagnosis.h"
#include "proxy/app/egress_plan.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/load.h"
#include "proxy/app/memory_share.h"

namespace portcullis::app {
namespace {

// "" where the asker is the user that the files were read as.
std::string reader_text(uid_t asker) {
  if (asker == ::geteuid()) return {};
  return ", with the files read as user " + std::to_string(::geteuid()) + " (process.user)";
}

}  // namespace

int check(const CheckOptions& options) {
  const auto asker = ::geteuid();
  const auto diagnosis = options.online ? diagnose(options.config_file, all_checks()) : nullptr;
  const auto result = diagnosis
                          ? std::move(diagnosis->loaded)
                          : load_as_the_gate(options.config_file,
                                             read_config(options.config_file, Occasion::kRunning));
  std::size_t errors = 0;
  for (const auto& diagnostic : result.diagnostics) {
    std::printf("%s\n", diagnostic.text().c_str());
    if (diagnostic.severity == policy::Diagnostic::Severity::kError) ++errors;
  }
  if (diagnosis) std::fputs(lines_of(diagnosis->report).c_str(), stdout);
  if (!result.snapshot) {
    std::printf("%zu error(s)%s; a running portcullis is untouched\n", errors,
                reader_text(asker).c_str());
    return kProblemFound;
  }
  const auto& config = result.snapshot->config();
  // This command may run in another cgroup than the service does.
  const auto bound = memory_bound();
  // A user that is missing here may be there where the gate will run.
  std::string capture;
  if (config.outbound.capture == policy::Capture::kNftables) {
    const auto table = egress_table_of(config);
    if (table)
      capture = egress_sentence(config, *table) + "\n";
    else
      std::printf("%s: warning: %s\n", config.file.c_str(), table.error().message.c_str());
  }
  if (const auto found = diagnosis ? diagnosis->report.count(doctor::Severity::kError) : 0) {
    std::printf("%zu error(s); the configuration can be used, but not everything around it\n",
                found);
    return kProblemFound;
  }
  if (!options.quiet)
    std::printf("%s: fine, %zu host(s)\n%s\n%s", source_text(config).c_str(), config.hosts.size(),
                ("memory: " + memory_sentence(config.limits, bound)).c_str(), capture.c_str());
  return kFine;
}

}  // namespace portcullis::app
