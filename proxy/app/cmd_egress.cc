#include <cstdio>
#include <string>

#include "proxy/app/commands.h"
#include "proxy/app/egress_plan.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/load.h"
#include "proxy/app/run_nft.h"
#include "proxy/app/say.h"

namespace portcullis::app {
namespace {

int perform(NftMode mode, const std::string& ruleset, const std::string& done) {
  if (const auto given = run_nft(mode, ruleset); !given)
    return say(given.error().message, kProblemFound);
  std::printf("%s\n", done.c_str());
  return kFine;
}

}  // namespace

int egress(const EgressOptions& options) {
  if (options.check + options.install + options.remove > 1)
    return say("one of --check, --install and --remove", kUsage);
  if (options.remove)
    return perform(NftMode::kApply, net::egress_removal(),
                   std::string("table inet ") + net::kEgressTableName + " is removed");
  const auto read = read_config(options.config_file, Occasion::kRunning);
  for (const auto& diagnostic : read.diagnostics)
    std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  if (!read.config) return say("the configuration cannot be used", kInvalidConfig);
  if (read.config->outbound.capture != policy::Capture::kNftables)
    return say("outbound.capture is not \"nftables\"; set it, and outbound.backend_users",
               kProblemFound);
  const auto table = egress_table_of(*read.config);
  if (!table) return say(table.error().message, kProblemFound);
  const auto ruleset = net::egress_ruleset(*table);
  if (options.check)
    return perform(NftMode::kCheck, ruleset, "nft accepts the ruleset; nothing was changed");
  if (options.install)
    return perform(NftMode::kApply, ruleset,
                   std::string("table inet ") + net::kEgressTableName + " is installed");
  std::fwrite(ruleset.data(), 1, ruleset.size(), stdout);
  return kFine;
}

}  // namespace portcullis::app
