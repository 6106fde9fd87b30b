#include "proxy/relay/trust_loader.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "certs/verify/roots_file.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/pem_file.h"

namespace portcullis::relay {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSystem = "system";
constexpr std::string_view kAnyPem = "*.pem";

certs::VerifyPolicy verify_policy(const policy::S2sSettings& settings) {
  certs::VerifyPolicy policy;
  policy.x509_strict = settings.x509_strict;
  policy.min_rsa_bits = settings.min_rsa_bits;
  policy.max_intermediates = settings.max_chain;
  policy.curves = settings.curves;
  policy.signatures = settings.signatures;
  policy.revocation = settings.revocation;
  policy.honour_must_staple = settings.must_staple;
  // Public CAs do not check the domains in certificates that are for clients only.
  policy.client_purpose_fallback = settings.roots != kSystem;
  if (settings.auth.pin) policy.pins = settings.pins;
  policy.pins_only = !settings.auth.pkix;
  return policy;
}

}  // namespace

PeerTrust TrustLoader::load(const policy::S2sSettings& settings, const std::string& path) {
  PeerTrust trust;
  trust.policy = verify_policy(settings);
  trust.anchors = roots(settings.roots, path + ".roots");
  if (settings.revocation != policy::Revocation::kOff && !settings.crls.empty()) {
    trust.crls = revocation(settings.crls, path + ".crls");
    trust.policy.crls = trust.crls.get();
  }
  return trust;
}

PeerTrust TrustLoader::load_users(const policy::C2s& c2s, const PeerTrust& of_s2s) {
  PeerTrust trust = of_s2s;
  trust.anchors = roots(c2s.client_roots, "c2s.client_roots");
  trust.policy.purpose = certs::Purpose::kTlsClient;
  trust.policy.service = certs::Service::kClient;
  trust.policy.client_purpose_fallback = false;
  trust.policy.x509_strict = false;
  trust.policy.honour_must_staple = false;
  trust.policy.pins.clear();
  trust.policy.pins_only = false;
  return trust;
}

TrustLoader::Anchors TrustLoader::roots(const std::string& file, const std::string& path) {
  const auto [entry, is_new] = roots_.try_emplace(file);
  if (!is_new) return entry->second;
  const bool is_system = file == kSystem;
  auto loaded = is_system ? certs::load_system_roots(now_) : certs::load_roots(file, now_);
  if (!loaded) {
    findings_.error(path, std::move(loaded.error().message));
    return nullptr;
  }
  // The operator cannot change the distribution's bundle, so its faults are not reported.
  if (!is_system)
    for (const auto& sentence : loaded->left_out)
      findings_.warning(path, std::string(file).append(": ").append(sentence));
  entry->second = std::make_shared<const certs::TrustAnchors>(std::move(loaded->anchors));
  return entry->second;
}

TrustLoader::Lists TrustLoader::revocation(const std::vector<std::string>& patterns,
                                           const std::string& path) {
  const auto [entry, is_new] = revocation_.try_emplace(patterns);
  if (!is_new) return entry->second;
  auto store = std::make_shared<certs::CrlStore>();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const std::string item = path + "[" + std::to_string(i) + "]";
    for (const auto& file : expand(patterns[i], item)) read_list(*store, file, item);
  }
  note_currency(*store, path);
  entry->second = std::move(store);
  return entry->second;
}

void TrustLoader::read_list(certs::CrlStore& store, const std::string& file,
                            const std::string& path) {
  const auto added = certs::read_file(file).and_then(
      [&](const std::string& pem) { return store.add_pem(pem, file); });
  if (!added) findings_.error(path, added.error().message);
}

std::vector<std::string> TrustLoader::expand(const std::string& pattern, const std::string& path) {
  const fs::path named(pattern);
  if (named.filename() != kAnyPem) return {pattern};
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(named.parent_path(), error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == ".pem") files.push_back(entry->path());
  if (error)
    findings_.error(path, pattern + ": the directory cannot be read (" + error.message() + ")");
  else if (files.empty())
    findings_.warning(path, pattern + ": matches no file, so nothing is known to be revoked");
  std::sort(files.begin(), files.end());
  return files;
}

void TrustLoader::note_currency(const certs::CrlStore& store, const std::string& path) {
  for (const auto& list : store.currency()) {
    const auto [entry, is_new] = next_updates_.try_emplace(list.path, list.next_update);
    if (!is_new) entry->second = std::min(entry->second, list.next_update);
    if (list.next_update >= now_) continue;
    findings_.warning(path, list.path + ": the revocation list of \"" + list.issuer +
                                "\" was good until " + certs::minute_text(list.next_update) +
                                "; fetch a newer one");
  }
}

std::vector<RevocationList> TrustLoader::revocation_lists() const {
  std::vector<RevocationList> lists;
  for (const auto& [file, next_update] : next_updates_) lists.push_back({file, next_update});
  return lists;
}

}  // namespace portcullis::relay
