#include "proxy/app/file_rights.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "proxy/app/config_source.h"
#include "proxy/relay/load_findings.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

using Severity = policy::Diagnostic::Severity;

bool is_read_only(const std::string& path) {
  struct statvfs mount {};
  return ::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0;
}

std::string folder_of(const std::string& file) {
  const auto folder = fs::path(file).parent_path();
  return folder.empty() ? "." : folder.string();
}

std::string who(Writers writers, const struct stat& status) {
  if (writers == Writers::kEverybody) return "every user of this machine";
  return fmt::format("the group {}", status.st_gid);
}

class FileRights {
 public:
  explicit FileRights(const policy::Config& config) : config_(config), found_(config) {}

  policy::Diagnostics run() {
    if (!is_from_environment(config_)) {
      check_file(config_.file);
      check_folder("", folder_of(config_.file));
    }
    for (const auto& file : config_.more_files) check_file(file);
    if (!config_.more_files.empty()) check_parts(folder_of(config_.more_files.front()));
    for (std::size_t i = 0; i < config_.hosts.size(); ++i)
      check_host(config_.hosts[i], "host[" + std::to_string(i) + "]");
    if (!config_.local_ca.directory.empty()) {
      check_folder("local_ca.directory", config_.local_ca.directory);
      check_folder("local_ca.directory", folder_of(config_.local_ca.directory));
    }
    auto all = std::move(of_files_);
    for (auto& one : found_.take()) all.push_back(std::move(one));
    return all;
  }

 private:
  void check_host(const policy::Host& host, const std::string& path) {
    for (std::size_t i = 0; i < host.certificates.size(); ++i)
      check_folder(path + ".certificates[" + std::to_string(i) + "].key",
                   folder_of(host.certificates[i].key));
    if (!host.acme_dir.empty()) check_folder(path + ".acme_dir", host.acme_dir);
    if (host.backend.shows_certificate())
      check_folder(path + ".backend.certificate", folder_of(host.backend.certificate));
  }

  // A part of the configuration itself.
  void check_file(const std::string& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    note(file, status, "");
  }

  // Whoever can write conf.d can add a file to it, although the folder is sticky.
  void check_parts(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return;
    note(folder, status, "add files to ");
  }

  void note(const std::string& path, const struct stat& status, std::string_view what) {
    const auto writers = writers_of(status);
    if (writers == Writers::kNobody || is_read_only(path) || !told_.insert(path).second) return;
    of_files_.push_back(
        {writers == Writers::kEverybody ? Severity::kError : Severity::kWarning, path, 0, 0,
         fmt::format("{} can {}this configuration, and so decide whom the gate trusts (mode is "
                     "{:04o}); run chmod go-w {}",
                     who(writers, status), what.empty() ? "change " : what, status.st_mode & 07777U,
                     path)});
  }

  // A file in a sticky folder can be replaced by its owner only.
  void check_folder(const std::string& key, const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return;
    const auto writers = writers_of(status);
    if (writers == Writers::kNobody || (status.st_mode & S_ISVTX) != 0 || is_read_only(folder) ||
        !told_.insert(folder).second)
      return;
    found_.warning(key,
                   fmt::format("{} can replace the files in {}, which the gate trusts (mode is "
                               "{:04o}); run chmod go-w {}",
                               who(writers, status), folder, status.st_mode & 07777U, folder));
  }

  const policy::Config& config_;
  relay::LoadFindings found_;
  policy::Diagnostics of_files_;
  std::set<std::string> told_;
};

}  // namespace

Writers writers_of(const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0) return Writers::kEverybody;
  if ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0) return Writers::kGroup;
  return Writers::kNobody;
}

policy::Diagnostics check_file_rights(const policy::Config& config) {
  return FileRights(config).run();
}

}  // namespace portcullis::app
