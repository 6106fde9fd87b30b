#include "proxy/app/reach.h"

#include <link.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "certs/own/path_walk.h"
#include "certs/verify/roots_file.h"
#include "proxy/app/config_source.h"
#include "proxy/app/named_files.h"
#include "proxy/net/asked_resolvers.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;
using confine::Access;
using Severity = policy::Diagnostic::Severity;

// A path of the configuration, and the key that names it.
struct Wanted {
  fs::path path;
  std::string key;
  bool is_folder = false;
};

// Folders that belong to no service: / itself, those right below it, and some others.
bool is_everybodys(const fs::path& folder) {
  constexpr std::array<std::string_view, 6> kOthers{"/var/lib",   "/var/www", "/usr/local",
                                                    "/usr/share", "/usr/lib", "/run/user"};
  const auto relative = folder.relative_path();
  return std::distance(relative.begin(), relative.end()) < 2 ||
         std::find(kOthers.begin(), kOthers.end(), folder.native()) != kOthers.end();
}

bool is_beneath(const fs::path& path, const fs::path& folder) {
  const auto [rest, ignored] =
      std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return rest == folder.end();
}

// The folders (of a file right below the root: the file) in which the kernel looks for a file, so
// that what is there now, or comes later, is found: that of each symbolic link on the way, and the
// last one. Empty where there is nothing on the way yet but a folder of everybody.
std::set<fs::path> folders_on_the_way(const Wanted& wanted) {
  std::set<fs::path> folders;
  const auto steps = certs::steps_to(wanted.path);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].is_link && i + 1 != steps.size()) continue;
    auto folder = steps[i].folder;
    if (wanted.is_folder && i + 1 == steps.size() && !steps[i].is_link) folder = steps[i].entry;
    std::error_code error;
    bool exists = true;
    while (!fs::is_directory(folder, error) && folder.has_relative_path()) {
      folder = folder.parent_path();
      exists = false;
    }
    if (folder.has_relative_path() && (exists || !is_everybodys(folder))) folders.insert(folder);
    // Right below the root, as a container may have it, only the file itself is meant. One that is
    // put into its place is not found.
    if (!folder.has_relative_path() && exists && fs::is_regular_file(steps[i].entry, error))
      folders.insert(steps[i].entry);
  }
  return folders;
}

// A renewal may make a new folder and put it into the place of the old one.
fs::path with_its_neighbours(const fs::path& folder) {
  return is_everybodys(folder.parent_path()) ? folder : folder.parent_path();
}

std::vector<Wanted> wanted_by(const policy::Config& config) {
  std::vector<Wanted> all;
  if (!is_from_environment(config)) {
    all.push_back({config.file, ""});
    all.push_back({fs::path(config.file).parent_path() / "conf.d", "", true});
    for (const auto& file : config.more_files) all.push_back({file, ""});
  }
  for (const auto& file : named_files(config)) all.push_back({file.path, file.key});
  for (std::size_t i = 0; i < config.hosts.size(); ++i)
    if (!config.hosts[i].acme_dir.empty())
      all.push_back({config.hosts[i].acme_dir, "host[" + std::to_string(i) + "].acme_dir", true});
  if (!config.local_ca.directory.empty())
    all.push_back({config.local_ca.directory, "local_ca.directory", true});
  return all;
}

policy::SourceLine line_of(const policy::Config& config, std::string_view key) {
  while (!key.empty()) {
    if (const auto found = config.lines.find(key); found != config.lines.end())
      return found->second;
    const auto parent = key.find_last_of(".[");
    key = key.substr(0, parent == std::string_view::npos ? 0 : parent);
  }
  return {config.file, 0};
}

// The program that loads shared libraries stands in a folder of libraries. Empty: a static program.
fs::path folder_of_loader() {
  std::string interpreter;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* found) {
        for (int i = 0; i < info->dlpi_phnum; ++i)
          if (info->dlpi_phdr[i].p_type == PT_INTERP)
            *static_cast<std::string*>(found) =
                // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader gives a number
                reinterpret_cast<const char*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        return 1;  // only the program itself, which is the first
      },
      &interpreter);
  std::error_code error;
  return interpreter.empty() ? fs::path() : fs::canonical(interpreter, error).parent_path();
}

}  // namespace

void Reach::add(const fs::path& folder, Access access) {
  if (!folder.empty()) rules_.push_back({folder, access});
}

void Reach::add_configured(const policy::Config& config) {
  std::set<fs::path> folders;
  for (const auto& wanted : wanted_by(config))
    for (const auto& folder : folders_on_the_way(wanted))
      folders.insert(with_its_neighbours(folder));
  for (const auto& folder : folders) {
    if (holds(folder)) continue;  // in order: what is around comes before what is in it
    configured_.push_back(folder);
    add(folder, Access::kRead);
  }
}

Reach Reach::of(const policy::Config& config) {
  Reach reach;
  reach.add_configured(config);
  if (!config.listen.control.empty())
    reach.add(fs::path(config.listen.control).parent_path(), Access::kSockets);
  // What the C library reads stands here, and is replaced by renaming: resolv.conf, hosts, passwd,
  // nsswitch.conf, ld.so.cache, localtime. So are the public authorities.
  reach.add("/etc", Access::kReadFiles);
  for (const auto& file : certs::system_roots_files())
    for (const auto& folder : folders_on_the_way({file, ""})) reach.add(folder, Access::kReadFiles);
  for (const auto& folder : folders_on_the_way({net::kResolvConf, ""}))
    reach.add(folder, Access::kReadFiles);
  for (const char* const libraries : {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"})
    reach.add(libraries, Access::kReadFiles);
  reach.add("/usr/share/zoneinfo", Access::kReadFiles);
  for (const char* const facts : {"/proc", "/sys/fs/cgroup", "/sys/devices/system/cpu"})
    reach.add(facts, Access::kRead);
  reach.add("/dev/null", Access::kWrite);
  for (const char* const random : {"/dev/urandom", "/dev/random"})
    reach.add(random, Access::kReadFiles);
  // This very program, for the process with the local CA's key; and what loads it.
  reach.add("/proc/self/exe", Access::kExecute);
  reach.add(folder_of_loader(), Access::kExecute);
  return reach;
}

bool Reach::holds(const fs::path& folder) const {
  return std::any_of(configured_.begin(), configured_.end(),
                     [&](const auto& known) { return is_beneath(folder, known); });
}

std::string Reach::folders_text() const {
  std::string text;
  for (const auto& folder : configured_) text += (text.empty() ? "" : ", ") + folder.string();
  return text;
}

policy::Diagnostics Reach::outside(const policy::Config& next) const {
  policy::Diagnostics findings;
  std::set<std::string> told;
  for (const auto& wanted : wanted_by(next)) {
    const auto folders = folders_on_the_way(wanted);
    if (std::all_of(folders.begin(), folders.end(),
                    [this](const auto& folder) { return holds(folder); }))
      continue;
    const auto place = line_of(next, wanted.key);
    auto message = wanted.path.string() +
                   " is outside of the folders that this process can read since it started (" +
                   folders_text() + "; see process.confinement); restart portcullis to use it";
    if (told.insert(place.file + ":" + std::to_string(place.line)).second)
      findings.push_back({Severity::kError, place.file, place.line, 0, std::move(message)});
  }
  return findings;
}

}  // namespace portcullis::app
