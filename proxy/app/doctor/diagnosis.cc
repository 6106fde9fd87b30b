#include "proxy/app/doctor/diagnosis.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "proxy/app/bypasses.h"
#include "proxy/app/doctor/egress_look.h"
#include "proxy/app/doctor/examiner.h"
#include "proxy/app/doctor/machine.h"
#include "proxy/app/doctor/unseen_files.h"
#include "proxy/app/powers.h"
#include "proxy/doctor/checks.h"

namespace portcullis::app {
namespace {

using doctor::Check;

// What is seen before root is left.
struct Seen {
  std::optional<doctor::RunningGate> gate;
  bool is_stranger = false;  // neither root nor the gate's user, as far as can be seen, looks
  doctor::Settings settings = doctor::Settings::kNotAsked;
  doctor::PortFacts ports;
  doctor::LimitFacts limits;
  doctor::CaptureFacts capture;
};

uid_t user_of_the_gate(const policy::Config& config,
                       const std::optional<doctor::RunningGate>& gate) {
  if (gate) return gate->user;
  const auto user = user_of_files(config.process);
  return user ? user->user : ::geteuid();
}

// Whoever is neither root nor the gate's user does not see what it sees. Where none runs, that is
// the user that the configuration names. Where it names none, whoever looks is the one who would
// run it: what cannot be read then is a fault.
bool is_stranger(const policy::Config& config, const std::optional<doctor::RunningGate>& gate) {
  const auto self = ::geteuid();
  if (self == 0) return false;
  if (gate) return !gate->user_is_known || gate->user != self;
  if (!config.lines.contains("process.user")) return false;
  return user_named(config.process).value_or(self) != self;
}

Seen look_around(const std::string& config_file, const policy::Config& config) {
  Seen seen;
  seen.gate = find_gate(config_file, config);
  seen.is_stranger = is_stranger(config, seen.gate);
  if (seen.gate) seen.settings = compare_settings(config);
  const auto table = read_socket_tables();
  seen.ports = look_at_ports(config, table);
  seen.limits = look_at_limits(config, seen.gate);
  look_for_bypasses(table, user_of_the_gate(config, seen.gate), seen.capture);
  look_at_egress(config, seen.capture);
  return seen;
}

class Diagnosing {
 public:
  explicit Diagnosing(Diagnosis& diagnosis) : all_(diagnosis) {}

  void run(const std::string& config_file) {
    auto read = read_config(config_file, Occasion::kRunning);
    all_.config.file = config_file;
    if (!read.config) {
      // Nothing could be looked at, so this is an error for every user.
      all_.report.add(read.diagnostics);
      all_.loaded.diagnostics = std::move(read.diagnostics);
      all_.heading.checks = {Check::kConfiguration};
      return;
    }
    all_.config = *read.config;
    auto seen = look_around(config_file, all_.config);
    all_.heading.gate = seen.gate;
    all_.loaded = load_as_the_gate(config_file, std::move(read));
    if (makes(Check::kConfiguration)) {
      report_files(all_.loaded.diagnostics, all_.config, seen.is_stranger, all_.report);
      check_settings(seen.settings, all_.report);
    }
    check_here(seen);
    check_there(seen);
    all_.report.sort();
  }

 private:
  bool makes(Check check) const {
    const auto& made = all_.heading.checks;
    return std::find(made.begin(), made.end(), check) != made.end();
  }

  void check_here(const Seen& seen) {
    auto& report = all_.report;
    if (makes(Check::kClock) || makes(Check::kCertificates)) {
      const auto certificates = look_at_certificates(all_.config);
      if (makes(Check::kClock)) check_clock(look_at_clock(), certificates, report);
      if (makes(Check::kCertificates)) check_certificates(certificates, report);
    }
    if (makes(Check::kLimits)) check_limits(seen.limits, report);
    if (makes(Check::kPorts)) check_ports(seen.ports, seen.gate, report);
    if (makes(Check::kExposure)) check_exposure(all_.config, seen.ports, seen.gate, report);
  }

  void check_there(Seen& seen) {
    auto& report = all_.report;
    std::optional<GateNumbers> numbers;
    if (seen.gate && (makes(Check::kClients) || makes(Check::kBackend) || makes(Check::kClock)))
      numbers = ask_the_gate(all_.config);
    if (makes(Check::kClock)) check_clock_at_work(numbers && numbers->clock_suspect, report);
    auto heard = ask_the_network(all_.config, all_.loaded.snapshot.get(),
                                 {.responders = makes(Check::kCapture) && seen.gate.has_value(),
                                  .records = makes(Check::kRecords),
                                  .backends = makes(Check::kBackend)});
    seen.capture.answers = std::move(heard.responders);
    if (makes(Check::kCapture)) check_capture(all_.config, seen.capture, seen.gate, report);
    if (makes(Check::kRecords)) check_records(all_.config, heard.records, report);
    for (auto& backend : heard.backends) {
      backend.has_sent = numbers && numbers->has_sent;
      check_backend(backend, report);
    }
    if (makes(Check::kClients))
      check_clients(numbers ? std::optional(numbers->clients) : std::nullopt, report);
  }

  Diagnosis& all_;
};

}  // namespace

LoadResult load_as_the_gate(const std::string& config_file, policy::Loaded read) {
  if (read.config && ::geteuid() == 0)
    if (const auto left = leave_root(*read.config); !left)
      read.diagnostics.push_back(
          {policy::Diagnostic::Severity::kWarning, read.config->file, 0, 0, left.error().message});
  return load_named_files(config_file, std::move(read), {});
}

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (const auto& one : doctor::checks()) all.push_back(one.check);
  return all;
}

std::unique_ptr<Diagnosis> diagnose(const std::string& config_file, std::vector<Check> checks) {
  auto diagnosis = std::make_unique<Diagnosis>();
  diagnosis->heading.config_file = config_file;
  diagnosis->heading.checks = std::move(checks);
  Diagnosing(*diagnosis).run(config_file);
  return diagnosis;
}

}  // namespace portcullis::app
