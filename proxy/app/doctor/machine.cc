#include "proxy/app/doctor/machine.h"

#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "certs/own/credentials.h"
#include "certs/x509/pem_file.h"
#include "policy/model/certificate_folder.h"
#include "proxy/app/bypasses.h"
#include "proxy/app/memory_share.h"
#include "proxy/app/version.h"
#include "proxy/base/clock.h"
#include "proxy/net/socket_owners.h"
#include "proxy/net/socket_table.h"
#include "proxy/net/this_machine.h"
#include "proxy/relay/certificate_finder.h"

namespace portcullis::app {
namespace {

// No connection gets the last ones, docs/operating.md.
constexpr std::size_t kKeptDescriptors = 32;

// "2026-11-28"; the epoch if it is no day.
std::chrono::sys_days day_of(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (text.size() != 10) return {};
  std::from_chars(text.data(), text.data() + 4, year);
  std::from_chars(text.data() + 5, text.data() + 7, month);
  std::from_chars(text.data() + 8, text.data() + 10, day);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  return date.ok() ? std::chrono::sys_days(date) : std::chrono::sys_days();
}

// The limit of another process, "Max open files  1024  65536  files".
std::optional<std::size_t> descriptors_of(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/limits");
  constexpr std::string_view kBegin = "Max open files";
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(kBegin)) continue;
    std::istringstream words(line.substr(kBegin.size()));
    std::string soft;
    std::string hard;
    // The gate raises its soft limit as far as it may.
    if (!(words >> soft >> hard)) return std::nullopt;
    if (hard == "unlimited") return SIZE_MAX;
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(hard.data(), hard.data() + hard.size(), value);
    return error == std::errc() && end == hard.data() + hard.size() ? std::optional(value)
                                                                    : std::nullopt;
  }
  return std::nullopt;
}

void add_own(const std::vector<Endpoint>& endpoints, const std::string& path,
             std::vector<doctor::OwnListener>& own) {
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto address = net::SocketAddress::from(endpoints[i]);
    if (!address) continue;
    const auto host = address->host();
    const bool here =
        host == "0.0.0.0" || host == "::" || net::whose_address(*address) != net::Whose::kOthers;
    own.push_back({path + "[" + std::to_string(i) + "]", *address, here});
  }
}

void add_certificates(const std::vector<policy::CertificateFiles>& pairs, const std::string& path,
                      const policy::Host& host, bool only_outgoing,
                      std::vector<doctor::OwnCertificate>& found) {
  for (const auto& pair : pairs) {
    const auto chain = certs::read_certificates(pair.chain);
    if (!chain || chain->empty()) continue;
    const auto* const leaf = chain->front().get();
    found.push_back({path, host.domain.a_label(), policy::printable(pair.chain),
                     certs::key_type_of_leaf(leaf), certs::not_before(leaf), certs::not_after(leaf),
                     only_outgoing});
  }
}

}  // namespace

doctor::ClockFacts look_at_clock() {
  doctor::ClockFacts clock;
  clock.now = wall_clock_now();
  clock.built = day_of(PORTCULLIS_BUILT);
  timex state{};
  if (const int answer = ::adjtimex(&state); answer >= 0)
    clock.synchronised = (state.status & STA_UNSYNC) == 0;
  return clock;
}

doctor::LimitFacts look_at_limits(const policy::Config& config,
                                  const std::optional<doctor::RunningGate>& gate) {
  doctor::LimitFacts facts;
  facts.wanted = 2 * config.limits.connections() + kKeptDescriptors;
  facts.gate_runs = gate.has_value();
  if (gate && gate->process != 0) facts.of_the_gate = descriptors_of(gate->process);
  const auto bound = memory_bound();
  if (exceeds(config.limits, bound)) facts.memory_fault = memory_sentence(config.limits, bound);
  return facts;
}

doctor::PortFacts look_at_ports(const policy::Config& config, const std::string& table) {
  doctor::PortFacts facts;
  facts.is_known = !table.empty();
  facts.as_root = ::geteuid() == 0;
  const auto& listen = config.listen;
  add_own(listen.s2s, "listen.s2s", facts.own);
  add_own(listen.s2s_direct, "listen.s2s_direct", facts.own);
  add_own(listen.c2s, "listen.c2s", facts.own);
  add_own(listen.c2s_direct, "listen.c2s_direct", facts.own);
  add_own(config.outbound.listen, "outbound.listen", facts.own);
  add_own(config.dns_listeners(), "outbound.dns", facts.own);
  if (listen.admin) add_own({*listen.admin}, "listen.admin", facts.own);
  const auto listeners = net::read_listeners(table);
  std::set<std::uint64_t> inodes;
  for (const auto& one : listeners) inodes.insert(one.inode);
  const auto owners = net::owners_of(inodes);
  std::map<std::uint32_t, std::string> names;
  for (const auto& one : listeners) {
    auto& name = names[one.user];
    if (name.empty()) name = user_text(one.user);
    const auto owner = owners.find(one.inode);
    if (owner == owners.end()) {
      facts.listening.push_back({one.address, one.user, name, std::nullopt, {}});
    } else {
      facts.listening.push_back(
          {one.address, one.user, name, owner->second.process, owner->second.program});
    }
  }
  return facts;
}

void look_for_bypasses(const std::string& table, uid_t own_user, doctor::CaptureFacts& capture) {
  capture.connections_are_known = !table.empty();
  std::map<std::uint32_t, doctor::CaptureFacts::Bypass> of_users;
  for (const auto& one : find_bypasses(table, own_user)) {
    auto& bypass = of_users[one.user];
    if (bypass.connections++ == 0) {
      bypass.user = user_text(one.user);
      bypass.example = one.remote.text();
    }
  }
  for (const auto& [user, bypass] : of_users) capture.bypasses.push_back(bypass);
}

std::vector<doctor::OwnCertificate> look_at_certificates(const policy::Config& config) {
  using Use = policy::CertificateUse;
  std::vector<doctor::OwnCertificate> found;
  for (std::size_t i = 0; i < config.hosts.size(); ++i) {
    const auto& host = config.hosts[i];
    const auto path = "host[" + std::to_string(i) + "]";
    add_certificates(host.certificates, path, host, false, found);
    add_certificates(host.outgoing_certificates, path, host, true, found);
    if (host.acme_dir.empty()) continue;
    for (const auto use : {Use::kServing, Use::kOutgoing})
      if (const auto pairs = relay::find_certificates(host.acme_dir, host.domain, use))
        add_certificates(*pairs, path, host, use == Use::kOutgoing, found);
  }
  return found;
}

}  // namespace portcullis::app
