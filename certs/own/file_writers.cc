#include "certs/own/file_writers.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <set>
#include <string_view>

#include "certs/own/file_descriptor.h"
#include "certs/own/path_walk.h"
#include "certs/own/user_namespace.h"

namespace portcullis::certs {
namespace {

// Where files of root look like those of any other unknown user, as in a container without root,
// nothing can be said about their owner.
bool is_root(uid_t user) {
  return user == 0 || can_be_unknown_root(user);
}

bool owns(const struct stat& status, const ServiceUser& us) {
  return status.st_uid == us.user || is_root(status.st_uid);
}

std::optional<Writer> writer_by_mode(const struct stat& status, const ServiceUser& us) {
  if ((status.st_mode & S_IWOTH) != 0) return Writer::kEverybody;
  const bool is_shared = status.st_gid != 0 && status.st_gid != us.group;
  if ((status.st_mode & S_IWGRP) != 0 && is_shared) return Writer::kGroup;
  return std::nullopt;
}

std::optional<Writer> folder_writer(const std::string& path, const struct stat& status,
                                    const ServiceUser& us) {
  if (!owns(status, us)) return Writer::kOwner;
  if ((status.st_mode & S_ISVTX) != 0) return std::nullopt;
  const auto writer = writer_by_mode(status, us);
  if (writer && is_volume_of_kubernetes(path)) return std::nullopt;
  return writer;
}

std::string text_of(const std::string& path, const struct stat& status, Writer writer) {
  const auto say = [&](const std::string& who, std::string_view command) {
    return fmt::format(
        "{0}: mode is {1:04o}; {2} can put other files in the place of those that are trusted "
        "here, so run {3} {0}",
        path, status.st_mode & 07777U, who, command);
  };
  switch (writer) {
    case Writer::kOwner:
      return say(fmt::format("its owner (user {}), who is neither root nor the user of this "
                             "program,",
                             status.st_uid),
                 "chown -h root");
    case Writer::kGroup:
      return say(fmt::format("the group {}", status.st_gid), "chmod g-w");
    case Writer::kEverybody:
      // Some volumes of containers have this mode for ever.
      return say("every user of this machine", "chmod o-w") +
             " (if it is a volume whose mode cannot be changed, see \"Volumes that everybody can "
             "write to\" in containers.md)";
  }
  return {};
}

PathFault fault_of(const std::string& path, const struct stat& status, Writer writer) {
  return {PathFault::Kind::kWriter, writer, status.st_uid, text_of(path, status, writer)};
}

PathFault unseen(const std::string& path) {
  return {PathFault::Kind::kUnseen, Writer::kOwner, 0, path + ": " + last_error()};
}

}  // namespace

ServiceUser ServiceUser::of_this_process() {
  return {::geteuid(), ::getegid()};
}

std::optional<Writer> foreign_writer(const struct stat& file, const ServiceUser& us) {
  const auto writer = writer_by_mode(file, us);
  if (writer == Writer::kEverybody) return writer;
  return owns(file, us) ? writer : Writer::kOwner;
}

std::vector<PathFault> faults_on_the_way(const std::string& file, const ServiceUser& us) {
  std::vector<PathFault> faults;
  std::set<std::string> seen;
  for (const auto& step : steps_to(file)) {
    struct stat folder {};
    const bool is_new = seen.insert(step.folder).second;
    if (::lstat(step.folder.c_str(), &folder) != 0) {
      if (is_new) faults.push_back(unseen(step.folder));
      continue;
    }
    if (is_new)
      if (const auto writer = folder_writer(step.folder, folder, us))
        faults.push_back(fault_of(step.folder, folder, *writer));
    // In a folder where others may write, the owner of a link can lead it elsewhere.
    if (!step.is_link || !writer_by_mode(folder, us) || !seen.insert(step.entry).second) continue;
    struct stat link {};
    if (::lstat(step.entry.c_str(), &link) != 0)
      faults.push_back(unseen(step.entry));
    else if (!owns(link, us))
      faults.push_back(fault_of(step.entry, link, Writer::kOwner));
  }
  return faults;
}

// Only the kubelet writes to the volume of a ConfigMap or a Secret, outside of every container, and
// each container has it read-only; its mode is 0777 all the same. The kubelet swaps its files by a
// link, which it makes as root; another user cannot make a file of root's.
bool is_volume_of_kubernetes(const std::string& folder) {
  struct statvfs mount {};
  if (::statvfs(folder.c_str(), &mount) != 0 || (mount.f_flag & ST_RDONLY) == 0) return false;
  struct stat status {};
  if (::lstat(folder.c_str(), &status) != 0 || status.st_uid != 0) return false;
  return ::lstat((folder + "/..data").c_str(), &status) == 0 && S_ISLNK(status.st_mode) &&
         status.st_uid == 0;
}

}  // namespace portcullis::certs
