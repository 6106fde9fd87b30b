#pragma once

#include <array>

#include "proxy/doctor/finding.h"

namespace portcullis::doctor {

// What is found on the ways that lead to the gate.
inline constexpr std::array kOutsideRows{
    FindingInfo{.finding = Finding::kCaptureByOthers,
                .id = "capture_by_others",
                .check = Check::kCapture,
                .severity = Severity::kNote,
                .means = "`outbound.capture` is \"none\": the configuration leaves it to you that "
                         "your server's own streams come to `outbound.listen`.",
                .why = "What does not come there goes to the Internet past the gate.",
                .todo = "Use `capture = \"dns\"` or `\"nftables\"`, or look into the log of the "
                        "gate for `kind=s2s_out` when somebody writes to another server."},
    FindingInfo{.finding = Finding::kResponderSilent,
                .id = "responder_silent",
                .check = Check::kCapture,
                .severity = Severity::kError,
                .means = "The gate runs, but does not answer look-ups at `outbound.dns`.",
                .why = "Your server finds no other server: nothing can be sent to others.",
                .todo = "`portcullis reload`, and look into the log of the gate."},
    FindingInfo{.finding = Finding::kResponderMisleads,
                .id = "responder_misleads",
                .check = Check::kCapture,
                .severity = Severity::kError,
                .means = "What answers at `outbound.dns` does not lead to `outbound.listen`.",
                .why = "Another resolver answers in the place of the gate, and your server's "
                       "streams go past it.",
                .todo = "Give `outbound.dns` an address and a port that nobody else uses, here "
                        "and in your server's configuration."},
    FindingInfo{.finding = Finding::kCaptureUnseen,
                .id = "capture_unseen",
                .check = Check::kCapture,
                .severity = Severity::kNote,
                .means = "Whether the capture of your server's own streams works cannot be seen "
                         "now: the gate does not run, or only root may look.",
                .why = "Without it your server's streams go past the gate.",
                .todo = "Run this command as root, beside the running gate."},
    FindingInfo{.finding = Finding::kEgressTableMissing,
                .id = "egress_table_missing",
                .check = Check::kCapture,
                .severity = Severity::kError,
                .means = "`outbound.capture` is \"nftables\", but the table of the packet filter "
                         "is not there.",
                .why = "Your server's streams go to the Internet past the gate.",
                .todo = "`portcullis egress --install` as root, before your server starts."},
    FindingInfo{.finding = Finding::kEgressTableDiffers,
                .id = "egress_table_differs",
                .check = Check::kCapture,
                .severity = Severity::kError,
                .means = "The table of the packet filter is not the one that this configuration "
                         "asks for.",
                .why = "It was installed before the configuration was changed, or somebody has "
                       "edited it: streams are led elsewhere, or are refused.",
                .todo = "`portcullis egress --install` as root."},
    FindingInfo{.finding = Finding::kBypassed,
                .id = "bypassed",
                .check = Check::kCapture,
                .severity = Severity::kError,
                .means = "Another user of this machine is connected to ports of XMPP servers "
                         "elsewhere, past the gate.",
                .why = "Nobody judges these streams. If it is your server, its resolver does not "
                       "ask the gate, or the packet filter does not lead it here.",
                .todo = "Let your server's resolver ask at `outbound.dns` (`portcullis explain "
                        "prosody` shows how) and start it anew."},
    FindingInfo{.finding = Finding::kBypassUnseen,
                .id = "bypass_unseen",
                .check = Check::kCapture,
                .severity = Severity::kNote,
                .means = "Whether something bypasses the gate cannot be seen: the table of "
                         "connections cannot be read.",
                .why = "A server whose streams go past the gate is not noticed.",
                .todo = "Run this command where /proc/net can be read."},
    FindingInfo{.finding = Finding::kRecordsUnknown,
                .id = "records_unknown",
                .check = Check::kRecords,
                .severity = Severity::kNote,
                .means = "The records of a name of ours could not be looked up.",
                .why = "Whether others find the gate is not known.",
                .todo = "See whether the resolvers of [dns], or of /etc/resolv.conf, answer."},
    FindingInfo{.finding = Finding::kServiceDenied,
                .id = "service_denied",
                .check = Check::kRecords,
                .severity = Severity::kError,
                .means = "An SRV record of a name of ours has the target \".\": there is no such "
                         "service.",
                .why = "Others do not even try.",
                .todo = "Name the gate in that record, or take the name out of the configuration."},
    FindingInfo{.finding = Finding::kNoServerRecords,
                .id = "no_server_records",
                .check = Check::kRecords,
                .severity = Severity::kWarning,
                .means = "A name of ours has no SRV record, and no address of its own that leads "
                         "to the gate.",
                .why = "Others look for the name's own address then, and do not find the gate. It "
                       "may be right for a name that nobody outside uses.",
                .todo = "Publish `_xmpp-server._tcp` (and `_xmpp-client._tcp` for clients) with "
                        "the name of this machine as target, or name the domain in "
                        "`federation.local_only`."},
    FindingInfo{.finding = Finding::kTargetIsNoName,
                .id = "target_is_no_name",
                .check = Check::kRecords,
                .severity = Severity::kWarning,
                .means = "An SRV record of ours has an address as its target, in place of a name.",
                .why = "RFC 2782 demands a name. Some servers follow such a record all the same, "
                       "others, this program among them, do not.",
                .todo = "Give the machine a name with an A or AAAA record, and use that as the "
                        "target."},
    FindingInfo{.finding = Finding::kTargetWithoutAddress,
                .id = "target_without_address",
                .check = Check::kRecords,
                .severity = Severity::kError,
                .means = "An SRV record of ours names a target that has no address.",
                .why = "Others cannot get there by that record.",
                .todo = "Publish an A or AAAA record for the target, or take the SRV record away."},
    FindingInfo{.finding = Finding::kRecordsLeadElsewhere,
                .id = "records_lead_elsewhere",
                .check = Check::kRecords,
                .severity = Severity::kWarning,
                .means = "No address that the records of a name of ours lead to is one of this "
                         "machine.",
                .why = "Others go to another machine. That is right behind a NAT, a balancer or a "
                       "tunnel, which cannot be seen from here.",
                .todo = "If nothing of that kind stands in front of this machine, correct the "
                        "records. Else see that it leads these ports here."},
    FindingInfo{.finding = Finding::kRecordOfWrongPort,
                .id = "record_of_wrong_port",
                .check = Check::kRecords,
                .severity = Severity::kWarning,
                .means = "An SRV record leads to an address of this machine, at a port where the "
                         "gate does not listen for that.",
                .why = "Others do not reach the gate, unless a packet filter redirects the port.",
                .todo = "Publish the port of the gate, or let the gate listen there: s2s for "
                        "`_xmpp-server`, s2s_direct for `_xmpps-server`, c2s for `_xmpp-client`, "
                        "c2s_direct for `_xmpps-client`."},
    FindingInfo{.finding = Finding::kRecordLeadsToBackend,
                .id = "record_leads_to_backend",
                .check = Check::kRecords,
                .severity = Severity::kError,
                .means = "An SRV record leads to the port of your own server instead of the gate.",
                .why = "Everybody who follows it goes around the gate.",
                .todo = "Publish the port of the gate."},
    FindingInfo{.finding = Finding::kOneAddress,
                .id = "one_address",
                .check = Check::kClients,
                .severity = Severity::kWarning,
                .means = "More than half of all connections come from one address, and are near "
                         "the limit for one address.",
                .why = "A NAT or a balancer without PROXY header stands in front of the gate: "
                       "limits that were made against single strangers soon refuse everybody.",
                .todo = "Have the balancer send the PROXY header and name it in "
                        "`listen.proxy_protocol_from`, or name the address in `limits.exempt`."},
    FindingInfo{.finding = Finding::kClientsUnseen,
                .id = "clients_unseen",
                .check = Check::kClients,
                .severity = Severity::kNote,
                .means = "Whether most connections come from one address cannot be seen: no "
                         "running gate answers at `listen.admin`.",
                .why = "Only the gate knows where its connections come from.",
                .todo = "Run this command again beside the running gate."},
};

}  // namespace portcullis::doctor
