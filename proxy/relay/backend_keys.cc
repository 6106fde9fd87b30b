#include "proxy/relay/backend_keys.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "certs/x509/pem_file.h"
#include "certs/x509/spki_pin.h"

namespace portcullis::relay {
namespace {

// Of all that were renewed lately; the oldest is forgotten first. Nobody renews that often.
constexpr std::size_t kMostShared = 8;

void add_shared(const ServedKey& key, std::vector<ServedKey>& all) {
  const auto same = std::find_if(all.begin(), all.end(),
                                 [&](const ServedKey& one) { return one.pin == key.pin; });
  if (same == all.end()) {
    if (all.size() < kMostShared) all.push_back(key);
  } else {
    same->until = std::max(same->until, key.until);
  }
}

// Those of now first, so that they are never the ones that are left out.
std::vector<ServedKey> shared_keys(const tls::HostCredentials& served, const BackendKeys* before,
                                   std::chrono::sys_seconds now) {
  std::vector<ServedKey> all;
  for (const auto& pair : served.pairs)
    if (const auto pin = certs::spki_pin(pair.leaf.get()))
      add_shared({*pin, certs::not_after(pair.leaf.get())}, all);
  if (before != nullptr)
    for (const auto& key : before->shared)
      if (key.until >= now) add_shared(key, all);
  return all;
}

}  // namespace

std::optional<BackendKeys> BackendKeysLoader::load(const policy::Host& host,
                                                   const std::string& path,
                                                   const tls::HostCredentials& served,
                                                   const BackendKeys* before) {
  BackendKeys keys;
  if (!read_file(host, path + ".certificate", served, keys.pinned)) return std::nullopt;
  if (!host.backend.shares_certificate()) return keys;
  keys.shared = shared_keys(served, before, now_);
  for (const auto& key : keys.shared) keys.pinned.add(key.pin);
  return keys;
}

bool BackendKeysLoader::read_file(const policy::Host& host, const std::string& path,
                                  const tls::HostCredentials& served, certs::PinnedKeys& pinned) {
  const auto& file = host.backend.certificate;
  const bool shares = host.backend.shares_certificate();
  std::error_code error;
  // The served certificates are enough then, unless the operator has named others.
  if (shares && !config_.lines.contains(path) && !std::filesystem::exists(file, error)) return true;
  auto certificates = certs::read_certificates(file);
  if (!certificates) {
    const auto& kind = policy::info(host.backend.kind);
    findings_.error(path, certificates.error().message +
                              "; this file must hold the certificate that your server itself "
                              "shows, which tells it from any other program: " +
                              std::string(kind.hints.certificate) +
                              ", or name another file with certificate in [host.backend]");
    return false;
  }
  auto read = certs::PinnedKeys::of(*certificates, file);
  if (!read) {
    findings_.error(path, read.error().message);
    return false;
  }
  pinned = std::move(*read);
  if (shares) compare(host, path, served, *certificates);
  return true;
}

void BackendKeysLoader::compare(const policy::Host& host, const std::string& path,
                                const tls::HostCredentials& served,
                                const std::vector<certs::X509Ptr>& in_file) {
  const bool shared = std::any_of(in_file.begin(), in_file.end(), [&](const auto& one) {
    return std::any_of(served.pairs.begin(), served.pairs.end(), [&](const auto& pair) {
      return certs::same_certificate(one.get(), pair.leaf.get());
    });
  });
  if (shared) return;
  findings_.warning(path, host.backend.certificate +
                              " holds none of the certificates that are "
                              "served for " +
                              host.domain.a_label() +
                              ", but clients can bind their logins only if the server shows them "
                              "the very certificate that is served (channel_binding). Give it that "
                              "one with its key, and leave \"certificate\" out: the keys of the "
                              "served certificates are pinned by themselves");
}

}  // namespace portcullis::relay
