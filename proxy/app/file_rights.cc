#include "proxy/app/file_rights.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "certs/own/user_namespace.h"
#include "proxy/app/config_source.h"
#include "proxy/app/named_files.h"
#include "proxy/relay/load_findings.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

using certs::Writer;
using Kind = NamedFile::Kind;
using Severity = policy::Diagnostic::Severity;

constexpr std::string_view kConfiguration =
    "this configuration, and so decide whom the gate trusts";
constexpr std::string_view kPartsFolder =
    "files of the configuration here, and so decide whom the gate trusts";
constexpr std::string_view kFile = "this file, which decides whom the gate trusts";

// Of a user of whom nothing is known, "nobody" has the account.
bool is_user_of_this_machine(uid_t user) {
  if (certs::is_unknown_user(user)) return false;
  std::array<char, 4096> text;  // NOLINT(*-member-init)
  passwd entry{};
  passwd* found = nullptr;
  return ::getpwuid_r(user, &entry, text.data(), text.size(), &found) != 0 || found != nullptr;
}

Severity severity_of(Writer writer, uid_t owner, Kind kind) {
  switch (writer) {
    case Writer::kEverybody:
      return Severity::kError;
    case Writer::kGroup:
      return Severity::kWarning;
    case Writer::kOwner:
      break;
  }
  return kind == Kind::kBackendCertificate || !is_user_of_this_machine(owner) ? Severity::kWarning
                                                                              : Severity::kError;
}

std::string sentence(const std::string& path, const struct stat& status, Writer writer,
                     std::string_view does) {
  const auto say = [&](const std::string& who, std::string_view command) {
    return fmt::format("{} can {} (mode is {:04o}); run {} {}", who, does, status.st_mode & 07777U,
                       command, path);
  };
  switch (writer) {
    case Writer::kOwner:
      return say(fmt::format("its owner (user {}), who is neither root nor the user of this "
                             "program,",
                             status.st_uid),
                 "chown root");
    case Writer::kGroup:
      return say(fmt::format("the group {}", status.st_gid), "chmod go-w");
    case Writer::kEverybody:
      return say("every user of this machine", "chmod go-w");
  }
  return {};
}

class FileRights {
 public:
  FileRights(const policy::Config& config, const std::string& config_file,
             const certs::ServiceUser& us)
      : config_(config), config_file_(config_file), us_(us), found_(config) {}

  policy::Diagnostics run() {
    if (!is_from_environment(config_)) check_part(config_.file);
    for (const auto& file : config_.more_files) check_part(file);
    check_folder_of_parts((fs::path(config_file_).parent_path() / "conf.d").string());
    for (const auto& named : named_files(config_))
      if (named.kind != Kind::kPrivateKey) check_named(named);
    auto all = std::move(of_parts_);
    for (auto& one : found_.take()) all.push_back(std::move(one));
    return all;
  }

 private:
  // A file of the configuration itself.
  void check_part(const std::string& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return check_not_hidden(file);
    if (!S_ISREG(status.st_mode)) return;
    if (const auto writer = certs::foreign_writer(status, us_))
      tell(file, status, *writer, "change " + std::string(kConfiguration));
    check_readable(file, R_OK);
    check_way("", file, Kind::kCertificates);
  }

  // Whoever can write to conf.d can add a file, although the folder is sticky.
  void check_folder_of_parts(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return check_not_hidden(folder);
    if (!S_ISDIR(status.st_mode)) return;
    check_way("", folder + "/any.toml", Kind::kCertificates);
    check_readable(folder, R_OK | X_OK);
    if ((status.st_mode & S_ISVTX) == 0 || certs::is_volume_of_kubernetes(folder)) return;
    const auto writer = certs::foreign_writer(status, us_);
    if (writer && *writer != Writer::kOwner)
      tell(folder, status, *writer, "add " + std::string(kPartsFolder));
  }

  void check_named(const NamedFile& named) {
    if (is_pattern(named.path)) check_way(named.key, named.path, named.kind);
    for (const auto& file : files_meant_by(named.path)) {
      check_way(named.key, file, named.kind);
      struct stat status {};
      if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      if (const auto writer = certs::foreign_writer(status, us_))
        add(severity_of(*writer, status.st_uid, named.kind), named.key,
            file + ": " + sentence(file, status, *writer, "change " + std::string(kFile)));
    }
  }

  void check_way(const std::string& key, const std::string& file, Kind kind) {
    for (auto& fault : certs::faults_on_the_way(file, us_))
      if (fault.kind == certs::PathFault::Kind::kWriter)
        add(severity_of(fault.writer, fault.owner, kind), key, std::move(fault.text));
  }

  // For a reload, which reads it as the user that this process has become.
  void check_readable(const std::string& path, int wanted) {
    if (::access(path.c_str(), wanted) != 0) tell_unreadable(path, errno);
  }

  // stat() has failed: a folder on the way may be closed to that user.
  void check_not_hidden(const std::string& path) {
    if (errno == EACCES) tell_unreadable(path, EACCES);
  }

  void tell_unreadable(const std::string& path, int error) {
    of_parts_.push_back(
        {Severity::kError, path, 0, 0,
         fmt::format("the user that this program runs as cannot read it ({}), so it could not be "
                     "loaded again; give it, and the folders on the way to it, to a group of that "
                     "user",
                     std::generic_category().message(error))});
  }

  void tell(const std::string& path, const struct stat& status, Writer writer,
            std::string_view does) {
    of_parts_.push_back({severity_of(writer, status.st_uid, Kind::kCertificates), path, 0, 0,
                         sentence(path, status, writer, does)});
  }

  void add(Severity severity, const std::string& key, std::string message) {
    if (severity == Severity::kError)
      found_.error(key, std::move(message));
    else
      found_.warning(key, std::move(message));
  }

  const policy::Config& config_;
  const std::string& config_file_;
  const certs::ServiceUser us_;
  relay::LoadFindings found_;
  policy::Diagnostics of_parts_;
};

}  // namespace

policy::Diagnostics check_file_rights(const policy::Config& config, const std::string& config_file,
                                      const certs::ServiceUser& us) {
  return FileRights(config, config_file, us).run();
}

}  // namespace portcullis::app
