#include "proxy/app/setup/backend_files.h"

#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "certs/own/backend_pair.h"
#include "certs/own/credentials.h"
#include "certs/x509/pem_file.h"
#include "policy/reasons/reason.h"
#include "proxy/app/bounded_child.h"
#include "proxy/base/domain_name.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;
using policy::BackendKind;

constexpr std::size_t kMostCertificateFiles = 64;

struct Places {
  std::string certificate;
  std::string key;
  std::string user;  // of the server, which reads both
};

Places places_for(const FoundServer& server, BackendKind kind, const std::string& folder) {
  const auto beside = fs::path(server.main_file).parent_path();
  if (kind == BackendKind::kProsody)
    return {(beside / "portcullis.crt").string(), (beside / "portcullis.key").string(), "prosody"};
  if (kind == BackendKind::kEjabberd) {
    const auto both = (beside / "portcullis.pem").string();
    return {both, both, "ejabberd"};
  }
  return {folder + "/backend.pem", folder + "/backend.key", ""};
}

std::vector<std::string> files_like(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc && files.size() < kMostCertificateFiles; ++i)
      files.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  return files;
}

// The certificates that ejabberd has for some of the names; those names are taken out of `names`.
std::string shown_already(const FoundServer& server, const std::string& ours,
                          std::vector<DomainName>& names, std::vector<std::string>& notes) {
  std::string pins;
  // Of several for one name ejabberd shows which one it likes, so all of them are pinned.
  const auto all = names;
  for (const auto& pattern : server.certificate_files) {
    for (const auto& file : files_like(pattern)) {
      if (file == ours) continue;
      const auto certificates = certs::read_certificates(file);
      if (!certificates) continue;  // a key alone, or a file of certificates that it cannot read
      X509* const leaf = certificates->front().get();
      const auto is_named = [&](const DomainName& name) { return certs::names_domain(leaf, name); };
      const auto named = std::find_if(all.begin(), all.end(), is_named);
      if (named == all.end()) continue;
      const auto pin = certs::pem_of(leaf);
      if (pins.find(pin) != std::string::npos) continue;
      notes.push_back(fmt::format(
          "ejabberd shows {} for {}: that is pinned. When it is renewed with another key, run: "
          "portcullis backend trust --yes",
          policy::printable(file), named->a_label()));
      std::erase_if(names, is_named);
      pins += pin;
    }
  }
  return pins;
}

// The part of a file that holds both.
std::string key_in(const std::string& text) {
  const auto end_of_label = text.find("PRIVATE KEY-----");
  if (end_of_label == std::string::npos) return {};
  const auto begin = text.rfind("-----BEGIN", end_of_label);
  return begin == std::string::npos ? "" : text.substr(begin);
}

Result<std::vector<DomainName>> names_of(const setup::Plan& plan) {
  std::vector<DomainName> names;
  for (const auto& text : setup::all_names(plan)) {
    auto name = DomainName::parse_as_spelled(text);
    if (!name) return fail(policy::printable(text) + ": " + name.error().message);
    names.push_back(std::move(*name));
  }
  return names;
}

// Who reads a private key: root and the server, or root alone. What was there may be open to more.
void close_to_others(FileChange& change, const std::optional<certs::ServiceUser>& reader) {
  auto owner = change.owner;
  auto group = change.group;
  const mode_t mode = change.before ? change.mode & (reader ? 0640U : 0600U) : reader ? 0640 : 0600;
  if (::geteuid() == 0) {
    if (!reader || owner != reader->user) owner = 0;
    group = reader ? reader->group : 0;
  }
  change.is_open = change.before && (owner != change.owner || mode != change.mode ||
                                     (reader && group != change.group));
  change.owner = owner;
  change.group = group;
  change.mode = mode;
}

FileChange for_server(FileChange change, const std::string& text, const std::string& user,
                      bool is_secret) {
  const auto reader = user_to_become(user);
  if (is_secret) {
    close_to_others(change, reader);
  } else if (!change.before) {
    if (reader) change.group = reader->group;
    change.mode = 0644;
  }
  change.is_secret = is_secret;
  change.after = text;
  return change;
}

class Planner {
 public:
  Planner(const FoundServer& server, setup::Plan& plan, std::string folder)
      : server_(server),
        plan_(plan),
        folder_(std::move(folder)),
        places_(places_for(server, plan.kind, folder_)) {}

  Result<BackendFiles> plan(std::chrono::sys_seconds now) {
    BackendFiles files;
    auto names = names_of(plan_);
    if (!names) return tl::unexpected(names.error());
    std::string pins;
    if (plan_.kind == BackendKind::kEjabberd)
      pins = shown_already(server_, places_.certificate, *names, files.notes);
    if (!names->empty()) {
      const auto pair = own_pair(*names, now);
      if (!pair) return tl::unexpected(pair.error());
      pins = pair->certificate + pins;
      if (auto done = place(*pair, files); !done) return tl::unexpected(done.error());
    }
    auto pinned = file_to_change(plan_.pins);
    if (!pinned) return tl::unexpected(pinned.error());
    pinned->after = pins;
    files.gate.push_back(std::move(*pinned));
    return files;
  }

 private:
  bool has_both_in_one() const { return places_.certificate == places_.key; }
  bool is_beside_gate() const { return places_.user.empty(); }
  std::string spare() const { return folder_ + "/backend.key"; }

  Result<certs::BackendPair> own_pair(const std::vector<DomainName>& names,
                                      std::chrono::sys_seconds now) const {
    for (const auto& path : {places_.key, spare()}) {
      const auto text = read_of_others(path, setup::kMostConfigOctets);
      if (!text) return tl::unexpected(text.error());
      const auto key = *text ? key_in(**text) : std::string();
      if (key.empty()) continue;
      for (const auto& shown : {places_.certificate, plan_.pins}) {
        const auto certificate = read_of_others(shown, setup::kMostConfigOctets);
        if (!certificate || !*certificate) continue;
        const certs::BackendPair pair{first_certificate(**certificate), key};
        if (certs::serves(pair, names, now)) return pair;
      }
      return certs::make_backend_pair(names, key, type(), now);
    }
    return certs::make_backend_pair(names, "", type(), now);
  }

  certs::BackendKeyType type() const {
    return plan_.kind == BackendKind::kOpenfire ? certs::BackendKeyType::kRsa
                                                : certs::BackendKeyType::kEcdsa;
  }

  static std::string first_certificate(const std::string& text) {
    const auto all = certs::parse_certificates(text, "certificate");
    return all ? certs::pem_of(all->front().get()) : std::string();
  }

  Result<void> place(const certs::BackendPair& pair, BackendFiles& files) {
    plan_.certificate = places_.certificate;
    plan_.key = places_.key;
    auto key = file_to_change(places_.key);
    if (!key) return tl::unexpected(key.error());
    if (is_beside_gate()) {
      files.gate.push_back(for_server(std::move(*key), pair.key, "", true));
      return {};
    }
    files.server.push_back(for_server(std::move(*key),
                                      has_both_in_one() ? pair.certificate + pair.key : pair.key,
                                      places_.user, true));
    const bool server_has_it = !files.server.front().is_needed();
    if (!has_both_in_one()) {
      auto certificate = file_to_change(places_.certificate);
      if (!certificate) return tl::unexpected(certificate.error());
      files.server.push_back(
          for_server(std::move(*certificate), pair.certificate, places_.user, false));
    }
    files.spare_key = spare();
    if (server_has_it) return {};
    auto kept = file_to_change(spare());
    if (!kept) return tl::unexpected(kept.error());
    files.gate.push_back(for_server(std::move(*kept), pair.key, "", true));
    return {};
  }

  const FoundServer& server_;
  setup::Plan& plan_;
  std::string folder_;
  Places places_;
};

}  // namespace

Result<BackendFiles> plan_backend_files(const FoundServer& server, setup::Plan& plan,
                                        const std::string& folder, std::chrono::sys_seconds now) {
  if (plan.kind == BackendKind::kJabberd2) return BackendFiles{};  // its leg has no TLS
  return Planner(server, plan, folder).plan(now);
}

}  // namespace portcullis::app
