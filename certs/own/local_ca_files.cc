#include "certs/own/local_ca_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "certs/own/file_descriptor.h"

namespace portcullis::certs {
namespace {

constexpr mode_t kDirectoryMode = 0755;  // the certificate is for others to read
constexpr mode_t kCertificateMode = 0644;
constexpr mode_t kKeyMode = 0600;

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// fchmod, because the umask of the process may have taken away more rights than intended.
Result<void> write_new_file(const std::string& path, std::string_view text, mode_t mode) {
  const FileDescriptor file(
      open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file.valid() && errno == EEXIST) {
    return fail(path +
                ": is there already, and is kept: your server may trust it. If this is the "
                "local CA that you want, go on with it; for another one, name another "
                "directory");
  }
  if (!file.valid()) return fail(path + ": cannot be created: " + last_error());
  if (fchmod(file.get(), mode) == 0 && write_all(file.get(), text) && fsync(file.get()) == 0) {
    return {};
  }
  const std::string error = last_error();
  unlink(path.c_str());
  return fail(path + ": cannot be written: " + error);
}

Result<void> sync_directory(const std::string& path) {
  const FileDescriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.valid() && fsync(directory.get()) == 0) return {};
  return fail(path + ": cannot be written to disk: " + last_error());
}

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) return fail(path + ": cannot be made: " + error.message());
  if (made && chmod(path.c_str(), kDirectoryMode) != 0) {
    return fail(path + ": permissions cannot be set: " + last_error());
  }
  return {};
}

}  // namespace

CaPaths ca_paths(const std::string& directory) {
  const std::filesystem::path base(directory);
  return {(base / "ca.pem").string(), (base / "ca.key").string()};
}

Result<void> write_ca_files(const std::string& directory, std::string_view certificate_pem,
                            std::string_view key_pem) {
  const CaPaths paths = ca_paths(directory);
  if (auto made = make_directory(directory); !made) return made;
  // The key first: when two processes do this at once, one fails here and has written nothing.
  if (auto key = write_new_file(paths.key, key_pem, kKeyMode); !key) return key;
  if (auto cert = write_new_file(paths.certificate, certificate_pem, kCertificateMode); !cert) {
    unlink(paths.key.c_str());
    return cert;
  }
  return sync_directory(directory);
}

}  // namespace portcullis::certs
