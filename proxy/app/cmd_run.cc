#include <fcntl.h>
#include <openssl/crypto.h>
#include <unistd.h>

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
#include "proxy/app/hand_over.h"
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

constexpr std::chrono::seconds kOfferPatience{20};

// A process that the service manager does not take for one of the service would be the service, and
// nobody would look after it.
Result<void> check_service(const handover::Offer& offer) {
  if (offer.notify_socket.empty() || offer.cgroup == own_cgroup()) return {};
  return fail(
      "a service manager has started the running portcullis, and would not know this process as "
      "its successor; use \"systemctl reload portcullis\"");
}

Result<Inherited> inherit(const RunOptions& options, const policy::Config& config,
                          net::HandedSockets sockets) {
  const auto lock = lock_name(options.config_file, config);
  if (!options.take_over) {
    auto taken = InstanceLock::take(lock);
    if (!taken) return tl::unexpected(taken.error());
    return Inherited{std::move(*taken), std::move(sockets), std::nullopt};
  }
  if (config.listen.control.empty())
    return fail("--take-over asks on the control socket, and [listen] has control = \"off\"");
  auto taker = handover::Taker::ask(config.listen.control, kOfferPatience);
  if (!taker) return fail("nothing was taken over: " + taker.error().message);
  if (auto suits = check_service(taker->offer()); !suits) return tl::unexpected(suits.error());
  for (const auto& fault : taker->faults()) say(Severity::kWarning, "portcullis: " + fault);
  auto taken = InstanceLock::take_over(lock, taker->sockets());
  if (!taken) return tl::unexpected(taken.error());
  Inherited inherited{std::move(*taken), std::move(taker->sockets()), std::nullopt};
  inherited.taker = std::move(*taker);
  return inherited;
}

// Where it was told to whom we belong, the service manager of the process before us.
ServiceEnvironment service_of(const std::optional<handover::Taker>& taker) {
  if (!taker || taker->offer().notify_socket.empty()) return service_environment();
  return {taker->offer().notify_socket, taker->offer().watchdog_usec, ""};
}

std::optional<relay::DialbackSecret> secret_of(const std::optional<handover::Taker>& taker) {
  constexpr std::size_t kLeast = 16;
  if (!taker || taker->offer().dialback_secret.size() < kLeast) return std::nullopt;
  return relay::DialbackSecret::of(taker->offer().dialback_secret);
}

}  // namespace

int run(const RunOptions& options) {
  if (OpenSSL_version_num() < kOldestOpenSsl) {
    say(Severity::kError, std::string("portcullis: ") + OpenSSL_version(OPENSSL_VERSION) +
                              " is in use; at least 3.0.15 is needed, update libssl3");
    return kProblemFound;
  }
  give_up_needless_powers();
  const net::Descriptor notify(options.notify_fd);
  if (notify) ::fcntl(notify.get(), F_SETFD, FD_CLOEXEC);
  std::vector<std::string> faults;
  auto sockets = net::handed_in(take_listen_environment(), faults);
  for (const auto& fault : faults) say(Severity::kWarning, "portcullis: " + fault);
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
  auto inherited = inherit(options, *read.config, std::move(sockets));
  if (!inherited) {
    say(Severity::kError, "portcullis: " + inherited.error().message);
    return kProblemFound;
  }
  if (const auto& warning = inherited->lock.warning(); !warning.empty())
    say(Severity::kWarning, "portcullis: " + warning);
  const auto secret = secret_of(inherited->taker);
  // The key of the local CA is in a process of its own, which is started here, before any thread.
  const char* const argument = key_holder_argument(read.config->process.confinement);
  keeper::KeyHolders holders([argument] { return keeper::HolderProcess::start_program(argument); });
  auto loaded = load_named_files(
      options.config_file, std::move(read),
      [&](const std::string& directory, std::vector<certs::ServedDomain> served,
          std::chrono::sys_seconds now) { return holders.load(directory, std::move(served), now); },
      nullptr, secret ? &*secret : nullptr);
  print(loaded.diagnostics);
  if (!loaded.snapshot) return kInvalidConfig;

  auto log = loaded.snapshot->config().log;
  if (options.log_format) log.format = log_format(*options.log_format);
  // What is connected before stays so.
  auto manager = ServiceManager::connect(service_of(inherited->taker));
  if (!manager) say(Severity::kWarning, "portcullis: " + manager.error().message);
  auto confined = confine(loaded.snapshot->config(), holders.unconfined());
  if (!confined) {
    say(Severity::kError, "portcullis: " + confined.error().message);
    return kProblemFound;
  }
  Program program(std::move(loaded), log, manager ? std::move(*manager) : ServiceManager(), holders,
                  std::move(*inherited));
  program.confined(std::move(*confined));
  const auto tell = [&notify] {
    if (notify && ::write(notify.get(), "\n", 1) != 1)
      say(Severity::kWarning, "portcullis: nobody reads from --notify-fd");
  };
  if (const auto done = program.run(tell); !done) {
    program.log().write(telemetry::Severity::kError, log_event::kStart,
                        {{log_field::kDetail, done.error().message}});
    return kProblemFound;
  }
  return kFine;
}

}  // namespace portcullis::app
