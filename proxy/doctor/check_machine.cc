#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "proxy/doctor/checks.h"

namespace portcullis::doctor {
namespace {

std::string day_text(std::chrono::sys_seconds time) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

}  // namespace

void check_clock(const ClockFacts& clock, const std::vector<OwnCertificate>& certificates,
                 Report& report) {
  if (clock.now < clock.built)
    report.add(Finding::kClockBehind, "",
               fmt::format("the clock says {}, but this program was built on {}",
                           day_text(clock.now), day_text(clock.built)));
  if (clock.synchronised == false)
    report.add(Finding::kClockUnsynchronised, "",
               "the kernel says that its clock is not synchronised");
  const auto is_valid = [&clock](const OwnCertificate& one) {
    return one.from <= clock.now && clock.now < one.until;
  };
  if (certificates.empty() || std::any_of(certificates.begin(), certificates.end(), is_valid))
    return;
  const auto& first = certificates.front();
  report.add(
      Finding::kCertificatesOutOfTime, first.path,
      fmt::format("the clock says {}, and no certificate of ours is valid then; {} is from "
                  "{} to {}",
                  day_text(clock.now), first.file, day_text(first.from), day_text(first.until)));
}

void check_clock_at_work(bool suspect, Report& report) {
  if (suspect)
    report.add(
        Finding::kClockSuspect, "",
        "by this clock, the certificates of the last servers that the gate called are out of "
        "time");
}

void check_settings(Settings settings, Report& report) {
  if (settings == Settings::kOther)
    report.add(Finding::kOtherSettings, "",
               "the running gate has other settings than this file says");
  if (settings == Settings::kUnseen)
    report.add(Finding::kFilesUnseen, "",
               "whether the running gate has the settings of this file could not be seen as this "
               "user; run with sudo");
}

void check_certificates(const std::vector<OwnCertificate>& certificates, Report& report) {
  struct Types {
    std::string domain;
    bool ecdsa = false;
    bool rsa = false;
  };
  std::map<std::string, Types> hosts;
  for (const auto& one : certificates) {
    if (one.only_outgoing) continue;
    auto& types = hosts[one.path];
    types.domain = one.domain;
    types.ecdsa |= one.key_type == KeyType::kEcdsa;
    types.rsa |= one.key_type == KeyType::kRsa;
  }
  for (const auto& [path, types] : hosts)
    if (types.ecdsa && !types.rsa)
      report.add(Finding::kOnlyEcdsa, path, types.domain + " has an ECDSA certificate only");
}

void check_limits(const LimitFacts& limits, Report& report) {
  if (!limits.of_the_gate)
    report.add(
        Finding::kDescriptorsUnknown, "limits",
        fmt::format(
            "[limits] needs {} descriptors; what the gate may open {}", limits.wanted,
            limits.gate_runs ? "cannot be read by this user" : "is not known until it runs"));
  else if (*limits.of_the_gate < limits.wanted)
    report.add(Finding::kFewDescriptors, "limits",
               fmt::format("the running gate may open {} descriptors, and [limits] needs {}",
                           *limits.of_the_gate, limits.wanted));
  if (!limits.memory_fault.empty())
    report.add(Finding::kMemoryExceeded, "limits.memory", limits.memory_fault);
}

void check_clients(const std::optional<ClientFacts>& clients, Report& report) {
  if (!clients)
    return report.add(Finding::kClientsUnseen, "listen.admin",
                      "no running gate could be asked where its connections come from");
  // As AddressWatch warns in the log.
  const bool is_most = 2 * clients->busiest > clients->all;
  const bool is_near_limit = 2 * clients->busiest >= clients->limit;
  if (clients->busiest == 0 || !is_most || !is_near_limit) return;
  report.add(Finding::kOneAddress, "limits.connections_per_address",
             fmt::format("{} of {} connections come from one address, which may have {}",
                         clients->busiest, clients->all, clients->limit));
}

}  // namespace portcullis::doctor
