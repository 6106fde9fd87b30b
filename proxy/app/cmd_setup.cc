#include <cstdio>
#include <filesystem>

#include "policy/reasons/reason.h"
#include "proxy/app/commands.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/setup/setup_run.h"

namespace portcullis::app {
namespace {

int complain(const std::string& what, int code = kProblemFound) {
  std::fprintf(stderr, "portcullis: %s\n", what.c_str());
  return code;
}

int take_back(const SetupOptions& options) {
  const auto folder = std::filesystem::absolute(options.config_file).parent_path().string();
  const auto done = undo_setup(folder);
  if (!done) return complain(done.error().message);
  if (done->empty()) std::printf("There is nothing of setup to take back\n");
  for (const auto& path : *done) std::printf("as it was: %s\n", policy::printable(path).c_str());
  if (!done->empty())
    std::printf("\nNext:\n  systemctl disable --now portcullis\n  restart your server\n");
  return kFine;
}

}  // namespace

int setup(const SetupOptions& options) {
  if (options.observe && options.enforce)
    return complain("--observe and --enforce contradict each other: give one", kUsage);
  if (options.undo && (options.apply || options.dry_run))
    return complain("--undo goes without --apply and --dry-run", kUsage);
  if (options.undo) return take_back(options);
  if (options.backend.empty())
    return complain("which server is it? --backend prosody, ejabberd, openfire, jabberd2 or other",
                    kUsage);
  SetupRun run(options);
  if (const auto looked = run.look(); !looked) return complain(looked.error().message);
  run.show();
  if (const auto written = run.write(); !written) return complain(written.error().message);
  run.show_next();
  return kFine;
}

}  // namespace portcullis::app
