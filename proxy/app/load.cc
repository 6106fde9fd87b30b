#include "proxy/app/load.h"

#include <algorithm>
#include <utility>

#include "certs/x509/pem_file.h"
#include "policy/load/mode_edit.h"
#include "proxy/app/config_source.h"
#include "proxy/app/file_rights.h"
#include "proxy/app/powers.h"
#include "proxy/app/system_resolver.h"
#include "proxy/base/clock.h"
#include "proxy/net/asked_resolvers.h"

namespace portcullis::app {
namespace {

using Severity = policy::Diagnostic::Severity;

// Both looks at the same folder, for a key and for another file in it, find the same fault. It is
// told once, as the graver of the two.
void add(policy::Diagnostics more, policy::Diagnostics& all) {
  for (auto& one : more) {
    const auto same = std::find_if(
        all.begin(), all.end(), [&one](const auto& other) { return other.message == one.message; });
    if (same == all.end())
      all.push_back(std::move(one));
    else if (one.severity == Severity::kError)
      *same = std::move(one);
  }
}

// As whom the files are judged.
certs::ServiceUser file_user(const policy::Config& config, policy::Diagnostics& diagnostics) {
  auto user = user_of_files(config.process);
  if (user) return *user;
  add({{Severity::kWarning, config.file, 0, 0, std::move(user.error().message)}}, diagnostics);
  return certs::ServiceUser::of_this_process();
}

// Empty where there is no such file.
std::string read_text(const char* path) {
  auto text = certs::read_file(path);
  return text ? *std::move(text) : std::string();
}

void build(policy::Config config, const certs::ServiceUser& us, const LoadLocalCa& load_local_ca,
           const relay::Snapshot* before, LoadResult& result,
           const relay::DialbackSecret* secret = nullptr) {
  result.files = digest_of(files_of(config));
  auto built = relay::Snapshot::build(std::move(config), wall_clock_now(), load_local_ca, us,
                                      before, secret);
  result.snapshot = std::move(built.snapshot);
  add(std::move(built.findings), result.diagnostics);
}

}  // namespace

policy::Loaded read_config(const std::string& config_file, Occasion occasion) {
  return load_config(config_file,
                     policy::LoadContext{std::chrono::floor<std::chrono::days>(wall_clock_now()),
                                         occasion == Occasion::kColdStart});
}

LoadResult load_named_files(const std::string& config_file, policy::Loaded read,
                            const LoadLocalCa& load_local_ca, const relay::Snapshot* before,
                            const relay::DialbackSecret* secret) {
  LoadResult result{nullptr, std::move(read.diagnostics), {}, config_file};
  if (!read.config) return result;
  const auto us = file_user(*read.config, result.diagnostics);
  auto rights = check_file_rights(*read.config, config_file, us);
  auto resolver = check_system_resolver(*read.config, read_text(net::kResolvConf));
  const bool failed = policy::has_errors(rights) || policy::has_errors(resolver);
  add(std::move(rights), result.diagnostics);
  add(std::move(resolver), result.diagnostics);
  build(std::move(*read.config), us, load_local_ca, before, result, secret);
  if (failed) result.snapshot.reset();
  return result;
}

LoadResult load(const std::string& config_file, Occasion occasion, const LoadLocalCa& load_local_ca,
                const relay::Snapshot* before) {
  return load_named_files(config_file, read_config(config_file, occasion), load_local_ca, before);
}

LoadResult load_enforced(const relay::Snapshot& running) {
  LoadResult result;
  auto config = policy::enforced(running.config());
  config.local_ca.directory.clear();
  const auto us = file_user(config, result.diagnostics);
  build(std::move(config), us, {}, &running, result);
  return result;
}

LoadResult load_files(const relay::Snapshot& before, const LoadLocalCa& load_local_ca) {
  LoadResult result;
  const auto& config = before.config();
  build(config, file_user(config, result.diagnostics), load_local_ca, &before, result);
  return result;
}

}  // namespace portcullis::app
