#pragma once

#include <array>

#include "proxy/doctor/finding.h"

namespace portcullis::doctor {

// What is found in the configuration and on this machine.
inline constexpr std::array kMachineRows{
    FindingInfo{
        .finding = Finding::kConfigurationError,
        .id = "configuration_error",
        .check = Check::kConfiguration,
        .severity = Severity::kError,
        .means = "The configuration, or a file that it names, cannot be used. `portcullis check` "
                 "says the same.",
        .why = "The gate does not start with it, and a running one does not take it.",
        .todo = "Correct what the sentence names."},
    FindingInfo{
        .finding = Finding::kConfigurationWarning,
        .id = "configuration_warning",
        .check = Check::kConfiguration,
        .severity = Severity::kWarning,
        .means = "The configuration, or a file that it names, can be used, but something about it "
                 "is likely to be wrong: rights of files, certificates, names, the resolver.",
        .why = "The gate starts, and something does not work as it should, now or soon.",
        .todo = "Follow the sentence."},
    FindingInfo{
        .finding = Finding::kOtherSettings,
        .id = "other_settings",
        .check = Check::kConfiguration,
        .severity = Severity::kWarning,
        .means = "The running gate has other settings than the file: the file was changed since, "
                 "and was not loaded, was refused, or waits for a restart.",
        .why = "What the file says is not in force, and all that is found here is about the file.",
        .todo = "`portcullis reload`, and read what it says: some settings take a restart."},
    FindingInfo{
        .finding = Finding::kFilesUnseen,
        .id = "files_unseen",
        .check = Check::kConfiguration,
        .severity = Severity::kNote,
        .means = "The user who runs this command may not read a file, or may not ask the running "
                 "gate.",
        .why = "Whether it is right cannot be said, and what depends on it was not looked at.",
        .todo = "Run it with sudo: the files are then read as the user that the gate runs as."},
    FindingInfo{
        .finding = Finding::kClockBehind,
        .id = "clock_behind",
        .check = Check::kClock,
        .severity = Severity::kError,
        .means = "The clock of this machine shows a day before this program was built.",
        .why = "Certificates are judged by that clock: new ones of other servers look as if they "
               "were not valid yet, and old ones as if they still were.",
        .todo = "Set the clock, and have systemd-timesyncd or chrony keep it."},
    FindingInfo{
        .finding = Finding::kClockSuspect,
        .id = "clock_suspect",
        .check = Check::kClock,
        .severity = Severity::kWarning,
        .means = "The running gate has called several servers whose certificates are out of time "
                 "by the clock of this machine, and none since whose certificate is good.",
        .why = "Rather that clock is wrong than all of them. While it is, other servers are "
               "refused.",
        .todo = "Compare the clock with another one (`timedatectl`), and set it. The log names the "
                "servers: `journalctl -u portcullis PORTCULLIS_EVENT=clock`."},
    FindingInfo{.finding = Finding::kClockUnsynchronised,
                .id = "clock_unsynchronised",
                .check = Check::kClock,
                .severity = Severity::kNote,
                .means = "The kernel says that nobody keeps its clock. It says so in many virtual "
                         "machines and containers, too, where somebody outside keeps it.",
                .why = "A clock that drifts judges certificates wrongly one day.",
                .todo = "Look whether systemd-timesyncd, chrony or ntpd runs here or on the host: "
                        "`timedatectl`."},
    FindingInfo{
        .finding = Finding::kCertificatesOutOfTime,
        .id = "certificates_out_of_time",
        .check = Check::kClock,
        .severity = Severity::kError,
        .means = "None of our own certificates is valid at this moment: all are over, or not valid "
                 "yet.",
        .why = "Either the clock of this machine is wrong, or no other server can trust us.",
        .todo = "Compare the clock with another one. If it is right, renew the certificates."},
    FindingInfo{
        .finding = Finding::kOnlyEcdsa,
        .id = "only_ecdsa",
        .check = Check::kCertificates,
        .severity = Severity::kNote,
        .means = "A host has an ECDSA certificate and no RSA certificate.",
        .why = "Some old servers and clients know RSA only, and cannot begin TLS with us.",
        .todo = "If you want to reach them, add an RSA certificate; ECDSA is offered first all the "
                "same."},
    FindingInfo{
        .finding = Finding::kFewDescriptors,
        .id = "few_descriptors",
        .check = Check::kLimits,
        .severity = Severity::kWarning,
        .means = "The running gate may open fewer descriptors than two for each connection that "
                 "[limits] allows.",
        .why = "Connections are refused before the limits of the configuration are reached.",
        .todo = "Raise LimitNOFILE of the unit (`systemctl edit portcullis`), or lower the "
                "connections in [limits]."},
    FindingInfo{
        .finding = Finding::kDescriptorsUnknown,
        .id = "descriptors_unknown",
        .check = Check::kLimits,
        .severity = Severity::kNote,
        .means = "How many descriptors the gate may open cannot be seen: it does not run, or is "
                 "not seen from here.",
        .why = "Each stream needs two, and the limit belongs to the service, not to this command.",
        .todo = "Run this command again beside the running gate."},
    FindingInfo{.finding = Finding::kMemoryExceeded,
                .id = "memory_exceeded",
                .check = Check::kLimits,
                .severity = Severity::kWarning,
                .means = "`limits.memory` or `limits.held_bytes` is more than there is here.",
                .why = "The kernel ends the gate, and with it every stream, before its own limit "
                       "is reached.",
                .todo = "Lower it, leave it out, or give the service more memory."},
    FindingInfo{
        .finding = Finding::kAddressNotHere,
        .id = "address_not_here",
        .check = Check::kPorts,
        .severity = Severity::kError,
        .means = "The configuration has the gate listen on an address that this machine does not "
                 "have.",
        .why = "The gate does not start.",
        .todo = "Name an address of this machine (`ip address`), or \"[::]\" for all of them."},
    FindingInfo{.finding = Finding::kPortTaken,
                .id = "port_taken",
                .check = Check::kPorts,
                .severity = Severity::kError,
                .means = "Another program listens where the gate is to listen.",
                .why = "The gate does not start, or a part of the connections goes to that "
                       "program.",
                .todo = "Move your own server to the ports of its guide (15269, 15222), or end the "
                        "other program."},
    FindingInfo{.finding = Finding::kAnotherGate,
                .id = "another_gate",
                .check = Check::kPorts,
                .severity = Severity::kError,
                .means = "Another Portcullis, with another configuration, listens on the same "
                         "address and port.",
                .why = "Two gates would share the connections at random.",
                .todo = "End one of the two, or give it other ports."},
    FindingInfo{.finding = Finding::kGateLacksPort,
                .id = "gate_lacks_port",
                .check = Check::kPorts,
                .severity = Severity::kError,
                .means = "The gate runs, but does not listen where this configuration says.",
                .why = "It runs with an older configuration, or in another network namespace.",
                .todo =
                    "`portcullis reload`, and read what it says; a changed admin address needs a "
                    "restart."},
    FindingInfo{.finding = Finding::kProcessesUnseen,
                .id = "processes_unseen",
                .check = Check::kPorts,
                .severity = Severity::kNote,
                .means =
                    "Which program listens on a port can be seen by root only, and not in another "
                    "container.",
                .why = "Programs of the gate's own user are then taken for the gate, and others "
                       "are named by their user.",
                .todo = "Run it with sudo, and outside of a container, for the whole truth."},
    FindingInfo{
        .finding = Finding::kBackendPortOpen,
        .id = "backend_port_open",
        .check = Check::kExposure,
        .severity = Severity::kError,
        .means = "A port of your own server that only the gate should reach listens on an address "
                 "that others may reach, too.",
        .why = "Clients and servers that come to it go around the gate: in the clear, or "
               "authenticated by less than your policy demands. A packet filter may shut the port; "
               "that cannot be seen from here.",
        .todo = "Let your server listen on 127.0.0.1 (or on an address that only the gate can "
                "reach), and try from another machine: `nc -vz HOST PORT` must fail."},
    FindingInfo{
        .finding = Finding::kServerPortOpen,
        .id = "server_port_open",
        .check = Check::kExposure,
        .severity = Severity::kWarning,
        .means = "A program of this machine listens, on an address that others may reach, on a "
                 "port that XMPP servers use for clients, BOSH, WebSocket, components or "
                 "administration.",
        .why = "If it is your server's, people or servers can be connected without the encryption "
               "that the gate demands: each hop counts, not the last one only. A packet filter may "
               "shut the port; that cannot be seen from here.",
        .todo = "Bind it to 127.0.0.1, or shut it for everybody else. What browsers need (BOSH, "
                "WebSocket) belongs behind a web server with TLS."},
    FindingInfo{.finding = Finding::kAdminOpen,
                .id = "admin_open",
                .check = Check::kExposure,
                .severity = Severity::kWarning,
                .means = "`listen.admin` is an address that other machines may reach.",
                .why = "Metrics say a lot about your users, and there is no password.",
                .todo = "Use 127.0.0.1, or let a packet filter admit your monitoring only."},
};

}  // namespace portcullis::doctor
