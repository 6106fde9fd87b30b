#include "proxy/app/replaced_program.h"

#include <fstream>
#include <iterator>

namespace portcullis::app {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

// "55e0-55f0 r-xp 00000000 08:01 123   /usr/bin/portcullis (deleted)". Only what is run counts.
std::string_view replaced_in(std::string_view line) {
  const auto space = line.find(' ');
  const auto path = line.find('/');
  if (space == std::string_view::npos || path == std::string_view::npos) return {};
  if (line.substr(space + 1, 4).find('x') == std::string_view::npos) return {};
  if (!line.ends_with(kDeleted)) return {};
  const auto file = line.substr(path, line.size() - path - kDeleted.size());
  return file.starts_with("/memfd:") || file.starts_with("/dev/") ? std::string_view() : file;
}

}  // namespace

std::string replaced_file(std::string_view maps) {
  while (!maps.empty()) {
    const auto end = maps.find('\n');
    if (const auto found = replaced_in(maps.substr(0, end)); !found.empty())
      return std::string(found);
    if (end == std::string_view::npos) break;
    maps.remove_prefix(end + 1);
  }
  return "";
}

std::string replaced_file() {
  std::ifstream file("/proc/self/maps");
  return replaced_file(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace portcullis::app
