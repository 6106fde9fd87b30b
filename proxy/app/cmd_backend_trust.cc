#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "certs/names/presented_names.h"
#include "certs/own/backend_pair.h"
#include "certs/own/credentials.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/pem_file.h"
#include "certs/x509/spki_pin.h"
#include "policy/reasons/reason.h"
#include "proxy/app/commands.h"
#include "proxy/app/config_source.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/file_change.h"
#include "proxy/app/setup/folder_lock.h"
#include "proxy/app/setup/shown_certificates.h"
#include "proxy/app/setup/this_machine.h"
#include "proxy/base/clock.h"

namespace portcullis::app {
namespace {

using policy::printable;
using HostList = std::vector<const policy::Host*>;

int complain(const std::string& what, int code = kProblemFound) {
  std::fprintf(stderr, "portcullis: %s\n", what.c_str());
  return code;
}

// The hosts by the file that pins their server; with `wanted`, only the file of that host.
Result<std::map<std::string, HostList>> files_of(const policy::Config& config,
                                                 const std::string& wanted) {
  std::string only;
  if (!wanted.empty()) {
    const auto name = DomainName::parse(wanted);
    const auto* const host = name ? config.host_for(*name) : nullptr;
    if (host == nullptr) return fail("no [[host]] serves " + printable(wanted));
    only = host->backend.certificate;
  }
  std::map<std::string, HostList> files;
  for (const auto& host : config.hosts)
    if (host.backend.shows_certificate() && (only.empty() || host.backend.certificate == only))
      files[host.backend.certificate].push_back(&host);
  if (files.empty())
    return fail("nothing between the gate and its servers has TLS, so there is nothing to pin");
  return files;
}

std::string names_in(const X509* leaf) {
  const auto names = certs::read_presented_names(leaf);
  return names ? printable(certs::list_text(certs::name_texts(*names)))
               : "names that cannot be read";
}

void show(const char* which, const X509* leaf) {
  std::printf("  %s %s\n      %s; until %s\n", which, certs::spki_pin_text(leaf).c_str(),
              names_in(leaf).c_str(), certs::minute_text(certs::not_after(leaf)).c_str());
}

struct Shown {
  std::vector<ShownCertificate> all;  // each key once

  bool holds(const X509* leaf) const {
    for (const auto& one : all)
      if (certs::spki_pin(one.leaf.get()) == certs::spki_pin(leaf)) return true;
    return false;
  }
};

Result<Shown> ask_all(const policy::Config& config, const HostList& hosts) {
  Shown shown;
  for (const auto* host : hosts) {
    auto certificates = ask_for_certificates(config, *host);
    if (!certificates) return tl::unexpected(certificates.error());
    for (auto& one : *certificates) {
      if (!certs::names_domain(one.leaf.get(), host->domain))
        std::printf("note: the certificate that your server shows for %s does not name %s\n",
                    printable(one.name).c_str(), host->domain.a_label().c_str());
      if (!shown.holds(one.leaf.get())) shown.all.push_back(std::move(one));
    }
  }
  return shown;
}

// 0: the file is right, or was written; else an exit code.
int trust(const policy::Config& config, const std::string& path, const HostList& hosts, bool yes) {
  const auto shown = ask_all(config, hosts);
  if (!shown) return complain(shown.error().message, kUnreachable);
  auto file = file_to_change(path);
  if (!file) return complain(file.error().message);
  auto old = certs::parse_certificates(file->before.value_or(""), path);
  if (!old) old = std::vector<certs::X509Ptr>();
  Shown pinned;
  for (auto& leaf : *old) pinned.all.push_back({"", std::move(leaf)});
  std::printf("%s\n", printable(path).c_str());
  bool is_right = true;
  for (const auto& one : pinned.all)
    show(shown->holds(one.leaf.get()) ? "pinned and shown:" : "pinned, not shown:", one.leaf.get());
  for (const auto& one : shown->all) {
    if (pinned.holds(one.leaf.get())) continue;
    is_right = false;
    show("shown, not pinned:", one.leaf.get());
  }
  if (is_right) {
    std::printf("Every key that your server shows is pinned: nothing is changed\n");
    return kFine;
  }
  if (!yes) {
    std::printf(
        "Nothing is changed. If these are your server's own keys, pin them in place of the "
        "others:\n"
        "  portcullis backend trust --yes\n");
    return kProblemFound;
  }
  file->after.clear();
  for (const auto& one : shown->all) file->after += certs::pem_of(one.leaf.get());
  if (file->before) {
    const auto copy = keep_copy(*file, stamp_text(wall_clock_now()));
    if (!copy) return complain(copy.error().message);
    std::printf("copy of the old one: %s\n", printable(*copy).c_str());
  }
  if (const auto written = write_file(*file); !written) return complain(written.error().message);
  std::printf("written. Next:\n  portcullis reload\n");
  return kFine;
}

}  // namespace

int backend_trust(const BackendTrustOptions& options) {
  const auto loaded = load_config(options.config_file);
  if (!loaded.config) {
    for (const auto& finding : loaded.diagnostics)
      std::fprintf(stderr, "%s\n", finding.text().c_str());
    return kInvalidConfig;
  }
  const auto files = files_of(*loaded.config, options.host);
  if (!files) return complain(files.error().message, kUsage);
  // "setup --apply" changes the same files.
  std::optional<FolderLock> lock;
  if (options.yes) {
    auto taken =
        FolderLock::take(std::filesystem::absolute(options.config_file).parent_path().string());
    if (!taken) return complain(taken.error().message);
    lock = std::move(*taken);
  }
  int worst = kFine;
  for (const auto& [path, hosts] : *files)
    if (const int code = trust(*loaded.config, path, hosts, options.yes); code != kFine)
      worst = code;
  return worst;
}

}  // namespace portcullis::app
