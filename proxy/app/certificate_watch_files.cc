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

#include "certs/x509/pem_file.h"
#include "policy/model/certificate_folder.h"
#include "proxy/net/descriptor.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as the kernel's own limit for one path (path_resolution(7))

bool is_pattern(const fs::path& path) {
  return path.filename().native().starts_with('*');
}

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

std::vector<std::string> expand(const std::string& file) {
  if (!is_pattern(file)) return {file};
  const std::string suffix = fs::path(file).filename().native().substr(1);
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(file).parent_path(), error))
    if (entry.path().native().ends_with(suffix)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
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

// Walks to `file` as the kernel does, noting the directory of every link and the last one.
void note_directories(const fs::path& file, std::set<std::string>& directories) {
  std::error_code error;
  fs::path rest = fs::absolute(file, error).lexically_normal();
  int links = 0;
  fs::path here = rest.root_path();
  rest = rest.relative_path();
  while (!rest.empty()) {
    const fs::path name = *rest.begin();
    const fs::path behind = rest.lexically_relative(name);
    const fs::path entry = (here / name).lexically_normal();
    rest = behind == "." ? fs::path() : behind;
    const auto target = fs::read_symlink(entry, error);
    if (error) {
      if (rest.empty()) note_directory(here, directories);
      here = entry;
      continue;
    }
    note_directory(here, directories);
    if (++links > kMaxLinks) return;
    if (target.is_absolute()) here = target.root_path();
    rest = (target.relative_path() / rest).lexically_normal();
  }
}

}  // namespace

std::vector<std::string> files_of(const policy::Config& config) {
  std::vector<std::string> files;
  const auto add = [&files](const std::string& path) {
    if (!path.empty()) files.push_back(path);
  };
  const auto add_trust = [&](const policy::S2sSettings& settings) {
    if (settings.roots != "system") add(settings.roots);
    for (const auto& crl : settings.crls) add(crl);
  };
  for (const auto& host : config.hosts) {
    for (const auto& pair : host.certificates) {
      add(pair.chain);
      add(pair.key);
    }
    if (!host.acme_dir.empty()) {
      for (const auto& layout : policy::certificate_candidates(host.acme_dir, host.domain))
        for (const auto& pair : layout) {
          add(pair.chain);
          add(pair.key);
        }
    }
    if (host.backend.shows_certificate()) add(host.backend.certificate);
  }
  add_trust(config.s2s.settings);
  for (const auto& rule : config.s2s.rules) add_trust(rule.settings);
  add(config.c2s.client_roots);
  if (!config.local_ca.directory.empty()) {
    add(config.local_ca.directory + "/ca.pem");
    add(config.local_ca.directory + "/ca.key");
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

FilesDigest digest_of(const std::vector<std::string>& files) {
  Sha256 hash;
  for (const auto& named : files)
    for (const auto& file : expand(named)) {
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
    for (const auto& one : expand(file)) note_directories(one, directories);
  }
  return directories;
}

}  // namespace portcullis::app
