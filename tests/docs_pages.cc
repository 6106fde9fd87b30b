// Compares the reference pages, the manual pages, the completions and the example file with the
// tables they are written from, or writes them: docs_pages [--write]

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "policy/load/configuration_page.h"
#include "policy/load/example_file.h"
#include "policy/reasons/reasons_page.h"
#include "proxy/app/cli/commands_page.h"
#include "proxy/app/cli/completion.h"
#include "proxy/doctor/writers.h"
#include "proxy/telemetry/log_page.h"
#include "proxy/telemetry/metrics.h"
#include "proxy/telemetry/metrics_page.h"
#include "proxy/xmpp/hop_features_page.h"
#include "tests/support/manual_pages.h"
#include "tests/support/source_tree.h"

namespace {

bool write_page(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (file) return true;
  std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return false;
}

bool is_current(const std::string& path, const std::string& text) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream found;
  found << file.rdbuf();
  if (found.str() == text) return true;
  std::fprintf(stderr, "%s: differs; docs_pages --write mends it\n", path.c_str());
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const bool writes = argc == 2 && std::string_view(argv[1]) == "--write";
  if (argc > 1 && !writes) {
    std::fprintf(stderr, "usage: docs_pages [--write]\n");
    return 2;
  }
  const auto handle = writes ? write_page : is_current;
  const std::string root = portcullis::test::in_source_tree("");
  namespace app = portcullis::app;
  namespace docs = portcullis::docs;
  const portcullis::telemetry::Metrics metrics;
  const std::array pages{
      std::pair{"docs/commands.md", app::commands_page()},
      std::pair{"docs/configuration.md", portcullis::policy::configuration_page()},
      std::pair{"docs/doctor.md", portcullis::doctor::findings_page()},
      std::pair{"docs/hop-features.md", portcullis::xmpp::hop_features_page()},
      std::pair{"docs/reasons.md", portcullis::policy::reasons_page()},
      std::pair{"docs/log.md", portcullis::telemetry::log_page()},
      std::pair{"docs/metrics.md", portcullis::telemetry::metrics_page(metrics.rows())},
      std::pair{"deploy/portcullis.toml", portcullis::policy::example_file()},
      std::pair{"deploy/man/portcullis.1.scd", docs::program_manual()},
      std::pair{"deploy/man/portcullis.toml.5.scd", docs::configuration_manual()},
      std::pair{"deploy/man/portcullis-reasons.7.scd", docs::reasons_manual()},
      std::pair{"deploy/completion/portcullis.bash", app::bash_completion()},
      std::pair{"deploy/completion/_portcullis", app::zsh_completion()},
      std::pair{"deploy/completion/portcullis.fish", app::fish_completion()},
  };
  bool good = true;
  for (const auto& [file, text] : pages) good = handle(root + file, text) && good;
  return good ? 0 : 1;
}
