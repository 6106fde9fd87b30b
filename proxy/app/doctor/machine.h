#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/model/config.h"
#include "proxy/doctor/facts.h"

namespace portcullis::app {

// What can be seen of this machine without asking anybody. Called before root is left: others see
// less.

// The gate that runs with this configuration file in this network namespace. Its process is 0 where
// nobody may know it.
std::optional<doctor::RunningGate> find_gate(const std::string& config_file,
                                             const policy::Config& config);
// Asks the running gate, at its control socket, whether it has the settings of `config`.
doctor::Settings compare_settings(const policy::Config& config);
doctor::ClockFacts look_at_clock();
doctor::LimitFacts look_at_limits(const policy::Config& config,
                                  const std::optional<doctor::RunningGate>& gate);
// `table`: what read_socket_tables() returned.
doctor::PortFacts look_at_ports(const policy::Config& config, const std::string& table);
// Into `capture`, what goes around the gate, whose user is `own_user`.
void look_for_bypasses(const std::string& table, uid_t own_user, doctor::CaptureFacts& capture);
// The dates and kinds of our own certificates that can be read. What cannot is told where the
// configuration is loaded.
std::vector<doctor::OwnCertificate> look_at_certificates(const policy::Config& config);

}  // namespace portcullis::app
