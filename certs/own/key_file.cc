#include "certs/own/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "certs/own/file_descriptor.h"

namespace portcullis::certs {
namespace {

// A key of RSA-16384 has 13 KiB.
constexpr std::size_t kMaxKeyFile = std::size_t{64} * 1024;

// The users and groups that can do with a key what we can.
struct Trusted {
  uid_t user = ::geteuid();
  gid_t group = ::getegid();

  // Root looks after the files of the service, which has a user of its own.
  static Trusted now() {
    Trusted us;
    if (us.user != 0) return us;
    std::array<char, 4096> text;  // NOLINT(*-member-init)
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r("portcullis", &entry, text.data(), text.size(), &found) == 0 &&
        found != nullptr)
      us = {found->pw_uid, found->pw_gid};
    return us;
  }
  bool owns(const struct stat& status) const { return status.st_uid == 0 || status.st_uid == user; }
  bool is_group_of(const struct stat& status) const {
    return status.st_gid == 0 || status.st_gid == group;
  }
};

// Empty: nothing is wrong.
std::string_view fault_of_file(const struct stat& status, const Trusted& us) {
  if ((status.st_mode & S_IRWXO) != 0)
    return "others can use the key, so run chmod 600, or chmod 640 if it is root's";
  if ((status.st_mode & (S_IWGRP | S_IXGRP)) != 0)
    return "its group may do more than read the key, so run chmod 640";
  if ((status.st_mode & S_IRGRP) != 0 && status.st_uid != 0)
    return "a group may read a key of root only, so run chown root, or chmod 600";
  if (!us.owns(status))
    return "its owner, who can change the key, is neither root nor the user of this program, so "
           "run chown root";
  return {};
}

std::string_view fault_of_folder(const struct stat& status, const Trusted& us) {
  if (!us.owns(status))
    return "its owner, who can put another key there, is neither root nor the user of this "
           "program, so run chown root";
  if ((status.st_mode & S_ISVTX) != 0) return {};  // only the owner of a file can replace it
  if ((status.st_mode & S_IWOTH) != 0)
    return "everybody can put another key there, so run chmod o-w";
  if ((status.st_mode & S_IWGRP) != 0 && !us.is_group_of(status))
    return "a group can put another key there, so run chmod g-w";
  return {};
}

Result<void> judged(const std::string& what, const struct stat& status, std::string_view fault) {
  if (fault.empty()) return {};
  return fail(fmt::format("{}: mode is {:04o}; {}", what, status.st_mode & 07777U, fault));
}

Result<void> check_folder(const std::filesystem::path& folder, const Trusted& us) {
  const std::string name = folder.empty() ? "." : folder.string();
  struct stat status {};
  if (::stat(name.c_str(), &status) != 0) return fail(name + ": " + last_error());
  return judged(name, status, fault_of_folder(status, us));
}

Result<void> check_folders(const std::string& path, const FileDescriptor& file, const Trusted& us) {
  const auto named = std::filesystem::path(path).parent_path();
  if (auto checked = check_folder(named, us); !checked) return checked;
  // Where a link leads to is asked of what was opened.
  std::error_code error;
  const auto real =
      std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", file.get()), error);
  if (error) return fail(path + ": its folder cannot be found out: " + error.message());
  return check_folder(real.parent_path(), us);
}

Result<std::string> read_all(const FileDescriptor& file, const std::string& path) {
  // One buffer that does not grow, so that no copy of the key is left behind.
  std::string text(kMaxKeyFile, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t size = ::read(file.get(), text.data() + used, text.size() - used);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(path + ": " + last_error());
    if (size == 0) break;
    used += static_cast<std::size_t>(size);
  }
  if (used == text.size()) {
    OPENSSL_cleanse(text.data(), text.size());
    return fail(path + ": too large for a private key");
  }
  text.resize(used);
  return text;
}

}  // namespace

Result<std::string> read_key_file(const std::string& path) {
  // A pipe must not hold us up.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid()) return fail(path + ": " + last_error());
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail(path + ": " + last_error());
  if (!S_ISREG(status.st_mode)) return fail(path + ": is not a file");
  const Trusted us = Trusted::now();
  if (auto checked = judged(path, status, fault_of_file(status, us)); !checked)
    return fail(std::move(checked.error().message));
  if (auto checked = check_folders(path, file, us); !checked)
    return fail(std::move(checked.error().message));
  return read_all(file, path);
}

}  // namespace portcullis::certs
