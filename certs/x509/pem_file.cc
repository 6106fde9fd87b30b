#include "certs/x509/pem_file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "certs/x509/openssl_error.h"

namespace portcullis::certs {
namespace {

using FilePtr = std::unique_ptr<std::FILE, Deleter<&std::fclose>>;

constexpr std::size_t kChunk = std::size_t{64} * 1024;

BioPtr bio_over(std::string_view pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// OpenSSL's own callback would ask on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

bool at_end_of_pem() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

// Every block of one kind. `one` and `none` are for the errors.
template <class Ptr, class Read>
Result<std::vector<Ptr>> parse_blocks(std::string_view pem, const std::string& path, Read* read,
                                      std::string_view one, std::string_view none) {
  ERR_clear_error();
  const BioPtr bio = bio_over(pem);
  if (!bio) return fail(path + ": out of memory while reading it");
  std::vector<Ptr> found;
  while (Ptr block{read(bio.get(), nullptr, &no_passphrase, nullptr)}) {
    found.push_back(std::move(block));
  }
  const bool complete = at_end_of_pem();
  const OpensslError error = take_openssl_error();
  if (!complete) {
    return fail(path + ": " + std::string(one) + " " + std::to_string(found.size() + 1) +
                " does not parse (" + error.text + ")");
  }
  if (found.empty()) return fail(path + ": holds no " + std::string(none));
  return found;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const FilePtr file(std::fopen(path.c_str(), "rbe"));
  if (!file) return fail(path + ": " + std::generic_category().message(errno));
  // A folder can be opened, and then not be read.
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored))
    return fail(path + ": is a folder; name a file in it");
  std::string content;
  std::size_t used = 0;
  do {
    content.resize(used + kChunk);
    used += std::fread(content.data() + used, 1, content.size() - used, file.get());
    if (used > kPemFileLimit) return fail(path + ": too large for a PEM file");
  } while (used == content.size());
  if (std::ferror(file.get()) != 0) return fail(path + ": cannot be read");
  content.resize(used);
  return content;
}

Result<std::vector<X509Ptr>> parse_certificates(std::string_view pem, const std::string& path) {
  return parse_blocks<X509Ptr>(pem, path, PEM_read_bio_X509, "certificate",
                               "PEM certificate; give a file with BEGIN CERTIFICATE blocks");
}

Result<std::vector<X509CrlPtr>> parse_revocation_lists(std::string_view pem,
                                                       const std::string& path) {
  return parse_blocks<X509CrlPtr>(pem, path, PEM_read_bio_X509_CRL, "revocation list",
                                  "revocation list; give a file with BEGIN X509 CRL blocks");
}

Result<std::vector<X509Ptr>> read_certificates(const std::string& path) {
  return read_file(path).and_then(
      [&](const std::string& pem) { return parse_certificates(pem, path); });
}

Result<EvpPkeyPtr> parse_private_key(std::string pem, const std::string& path) {
  ERR_clear_error();
  const BioPtr bio = bio_over(pem);
  EvpPkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr));
  const OpensslError error = take_openssl_error();
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!key) {
    return fail(path + ": no usable private key (" + error.text +
                "); it must be an unencrypted PEM key");
  }
  return key;
}

}  // namespace portcullis::certs
