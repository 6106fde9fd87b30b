#include "certs/own/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include "certs/own/file_descriptor.h"

namespace portcullis::certs {
namespace {

// A key of RSA-16384 has 13 KiB.
constexpr std::size_t kMaxKeyFile = std::size_t{64} * 1024;

// Empty: nothing is wrong.
std::string_view fault_of_file(const struct stat& status, const ServiceUser& us) {
  if ((status.st_mode & S_IRWXO) != 0)
    return "others can use the key, so run chmod 600, or chmod 640 if it is root's";
  if ((status.st_mode & (S_IWGRP | S_IXGRP)) != 0)
    return "its group may do more than read the key, so run chmod 640";
  if ((status.st_mode & S_IRGRP) != 0 && status.st_uid != 0)
    return "a group may read a key of root only, so run chown root, or chmod 600";
  if (foreign_writer(status, us) == Writer::kOwner)
    return "its owner, who can change the key, is neither root nor the user of this program, so "
           "run chown root";
  return {};
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

Result<std::string> read_key_file(const std::string& path, const ServiceUser& us) {
  // A pipe must not hold us up.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid()) return fail(path + ": " + last_error());
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail(path + ": " + last_error());
  if (!S_ISREG(status.st_mode)) return fail(path + ": is not a file");
  if (const auto fault = fault_of_file(status, us); !fault.empty())
    return fail(fmt::format("{}: mode is {:04o}; {}", path, status.st_mode & 07777U, fault));
  // After the file was opened: who cannot change the way to it now could not do it before.
  if (auto faults = faults_on_the_way(path, us); !faults.empty())
    return fail(std::move(faults.front().text));
  return read_all(file, path);
}

}  // namespace portcullis::certs
