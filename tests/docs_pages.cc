// Compares the reference pages with the tables they are written from, or writes them:
// docs_pages [--write]

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "policy/decide/reasons_page.h"
#include "policy/load/configuration_page.h"

namespace {

bool write(const std::string& path, const std::string& text) {
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
  const auto handle = writes ? write : is_current;
  const std::string docs = PORTCULLIS_SOURCE_DIR "/docs/";
  const bool configuration =
      handle(docs + "configuration.md", portcullis::policy::configuration_page());
  const bool reasons = handle(docs + "reasons.md", portcullis::policy::reasons_page());
  return configuration && reasons ? 0 : 1;
}
