#include <openssl/crypto.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "certs/own/local_ca.h"
#include "certs/own/local_ca_files.h"
#include "proxy/app/commands.h"
#include "proxy/app/config_source.h"
#include "proxy/app/confinement.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/hold_local_ca_key.h"
#include "proxy/app/instance_lock.h"
#include "proxy/app/load.h"
#include "proxy/app/powers.h"
#include "proxy/app/wiring.h"
#include "proxy/base/clock.h"
#include "proxy/base/log_words.h"
#include "proxy/keeper/key_holders.h"

namespace portcullis::app {
namespace {

using telemetry::Severity;

// Before there is a log.
void say(Severity severity, const std::string& text) {
  std::fprintf(stderr, "%s%s\n", telemetry::line_prefix(severity).c_str(), text.c_str());
}

void print(const policy::Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics)
    say(diagnostic.severity == policy::Diagnostic::Severity::kError ? Severity::kError
                                                                    : Severity::kWarning,
        diagnostic.text());
}

policy::LogFormat log_format(const std::string& word) {
  if (word == "json") return policy::LogFormat::kJson;
  return word == "text" ? policy::LogFormat::kText : policy::LogFormat::kAuto;
}

// Before 3.0.15 a peer's certificate could crash its own name check (CVE-2024-6119), and the name
// check is what every stream begins with.
constexpr unsigned long kOldestOpenSsl = 0x300000f0UL;

// In a container without a file nobody has made the local CA. If this fails, loading tells why.
void make_missing_local_ca(const policy::Config& config, std::chrono::sys_seconds now) {
  if (!is_from_environment(config)) return;
  const auto& directory = config.local_ca.directory;
  std::error_code error;
  if (directory.empty() || std::filesystem::exists(certs::ca_paths(directory).certificate, error))
    return;
  if (certs::LocalCa::create(directory, now))
    say(Severity::kNotice, "portcullis: made a local CA; have your server trust " +
                               certs::ca_paths(directory).certificate);
}

// What has to be done between reading the configuration and loading what it names, which then is
// read as the user that will read it again at a reload.
Result<void> prepare(const policy::Config& config) {
  auto warning = leave_root(config);
  if (!warning) return tl::unexpected(warning.error());
  if (!warning->empty()) say(Severity::kWarning, "portcullis: " + *warning);
  make_missing_local_ca(config, wall_clock_now());
  make_private_files();
  return {};
}

// Without a file the domain tells one configuration from another.
std::string lock_name(const std::string& config_file, const policy::Config& config) {
  if (!is_from_environment(config)) return config_file;
  return "/environment:" + (config.hosts.empty() ? "" : config.hosts.front().domain.a_label());
}

}  // namespace

int run(const RunOptions& options) {
  if (OpenSSL_version_num() < kOldestOpenSsl) {
    say(Severity::kError, std::string("portcullis: ") + OpenSSL_version(OPENSSL_VERSION) +
                              " is in use; at least 3.0.15 is needed, update libssl3");
    return kProblemFound;
  }
  give_up_needless_powers();
  // Read once: it says as whom we go on, so what it says must not change after that.
  auto read = read_config(options.config_file, Occasion::kColdStart);
  if (!read.config) {
    print(read.diagnostics);
    return kInvalidConfig;
  }
  if (const auto prepared = prepare(*read.config); !prepared) {
    say(Severity::kError, "portcullis: " + prepared.error().message);
    return kInvalidConfig;
  }
  // Before anything is opened.
  const auto lock = InstanceLock::take(lock_name(options.config_file, *read.config));
  if (!lock) {
    say(Severity::kError, "portcullis: " + lock.error().message);
    return kProblemFound;
  }
  // The key of the local CA is in a process of its own, which is started here, before any thread.
  const bool freely = read.config->process.confinement == policy::Confinement::kOff;
  keeper::KeyHolders holders([freely] {
    return keeper::HolderProcess::start_program(freely ? kHoldLocalCaKeyFreely : kHoldLocalCaKey);
  });
  auto loaded =
      load_named_files(options.config_file, std::move(read),
                       [&](const std::string& directory, std::vector<certs::ServedDomain> served,
                           std::chrono::sys_seconds now) {
                         return holders.load(directory, std::move(served), now);
                       });
  print(loaded.diagnostics);
  if (!loaded.snapshot) return kInvalidConfig;

  auto log = loaded.snapshot->config().log;
  if (options.log_format) log.format = log_format(*options.log_format);
  // What is connected before stays so.
  auto manager = ServiceManager::connect(service_environment());
  if (!manager) say(Severity::kWarning, "portcullis: " + manager.error().message);
  auto confined = confine(loaded.snapshot->config());
  if (!confined) {
    say(Severity::kError, "portcullis: " + confined.error().message);
    return kProblemFound;
  }
  Program program(std::move(loaded), log, manager ? std::move(*manager) : ServiceManager(),
                  holders);
  program.confined(std::move(*confined));
  if (const auto done = program.run(); !done) {
    program.log().write(telemetry::Severity::kError, log_event::kStart,
                        {{log_field::kDetail, done.error().message}});
    return kProblemFound;
  }
  return kFine;
}

}  // namespace portcullis::app
