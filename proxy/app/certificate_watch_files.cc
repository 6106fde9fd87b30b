#include "proxy/app/certificate_watch_files.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <utility>

#include "certs/own/path_walk.h"
#include "certs/x509/pem_file.h"
#include "proxy/app/named_files.h"
#include "proxy/net/descriptor.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
      throw std::runtime_error("SHA-256 is not available in OpenSSL");
  }
  void add(const void* bytes, std::size_t size) { EVP_DigestUpdate(context_.get(), bytes, size); }
  void add_number(std::uint64_t number) { add(&number, sizeof number); }
  FilesDigest finish() {
    FilesDigest digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// Keys are among the files, so nothing of them is left in memory. More than what is ever loaded of
// a file is not looked at.
void add_content(Sha256& hash, const std::string& path) {
  const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return hash.add_number(file ? 0 : static_cast<std::uint64_t>(errno));
  // Rights alone can be what kept a key from being taken.
  hash.add_number(status.st_mode);
  hash.add_number(status.st_uid);
  hash.add_number(status.st_gid);
  std::array<char, 16384> part{};
  std::size_t total = 0;
  while (total <= certs::kPemFileLimit) {
    const auto got = ::read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    hash.add(part.data(), static_cast<std::size_t>(got));
    total += static_cast<std::size_t>(got);
  }
  OPENSSL_cleanse(part.data(), part.size());
  hash.add_number(total);
}

// The directory, or the nearest one above it that exists. One that this user may not read cannot be
// watched: when its rights are mended, the one above it tells.
void note_directory(fs::path directory, std::set<std::string>& directories) {
  std::error_code error;
  while (!fs::is_directory(directory, error) && directory.has_relative_path())
    directory = directory.parent_path();
  directories.insert(directory);
  while (::access(directory.c_str(), R_OK) != 0 && directory.has_relative_path())
    directory = directory.parent_path();
  directories.insert(directory);
}

// The directory of every link on the way to `file`, and the last one.
void note_directories(const std::string& file, std::set<std::string>& directories) {
  const auto steps = certs::steps_to(file);
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].is_link || i + 1 == steps.size()) note_directory(steps[i].folder, directories);
}

}  // namespace

std::vector<std::string> files_of(const policy::Config& config) {
  std::vector<std::string> files;
  for (auto& named : named_files(config)) files.push_back(std::move(named.path));
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

FilesDigest digest_of(const std::vector<std::string>& files) {
  Sha256 hash;
  for (const auto& named : files)
    for (const auto& file : files_meant_by(named)) {
      hash.add_number(file.size());
      hash.add(file.data(), file.size());
      add_content(hash, file);
    }
  return hash.finish();
}

std::set<std::string> directories_of(const std::vector<std::string>& files) {
  std::set<std::string> directories;
  for (const auto& file : files) {
    note_directories(file, directories);
    if (!is_pattern(file)) continue;
    for (const auto& one : files_meant_by(file)) note_directories(one, directories);
  }
  return directories;
}

}  // namespace portcullis::app
