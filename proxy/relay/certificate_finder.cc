#include "proxy/relay/certificate_finder.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>

#include "policy/model/certificate_folder.h"

namespace portcullis::relay {
namespace {

enum class Presence : std::uint8_t { kThere, kMissing, kHidden };

// A link that leads nowhere is there: that it does is then reported.
Presence presence_of(const std::string& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) == 0) return Presence::kThere;
  return errno == EACCES ? Presence::kHidden : Presence::kMissing;
}

std::string none_found(const std::string& folder, const DomainName& domain,
                       const std::vector<std::vector<policy::CertificateFiles>>& candidates) {
  std::string list;
  for (const auto& layout : candidates)
    list += (list.empty() ? "" : ", ") +
            std::filesystem::path(layout.front().chain).lexically_relative(folder).string();
  return folder + ": holds no certificate of " + domain.a_label() + "; looked for " + list +
         ". Put one there, or name it with certificates or acme_dir in [[host]]";
}

}  // namespace

Result<std::vector<policy::CertificateFiles>> find_certificates(const std::string& folder,
                                                                const DomainName& domain,
                                                                policy::CertificateUse use) {
  const auto candidates = policy::certificate_candidates(folder, domain, use);
  const std::string* hidden = nullptr;
  for (const auto& layout : candidates) {
    std::vector<policy::CertificateFiles> found;
    for (const auto& pair : layout) {
      const auto presence = presence_of(pair.chain);
      if (presence == Presence::kThere) found.push_back(pair);
      if (presence == Presence::kHidden && hidden == nullptr) hidden = &pair.chain;
    }
    if (!found.empty()) return found;
  }
  // What is needed is looked for first, and finds whether the folder can be looked into.
  if (use == policy::CertificateUse::kOutgoing) return std::vector<policy::CertificateFiles>();
  if (hidden != nullptr)
    return fail(*hidden +
                ": this user may not look there; give its group the right to enter the folders on "
                "the way (chgrp and chmod g+x), or have a renewal hook copy the certificate");
  return fail(none_found(folder, domain, candidates));
}

}  // namespace portcullis::relay
