#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about the way to the peer, and about whoever left. A part of the table in reason.cc.
inline constexpr std::array kDialingRows{
    ReasonInfo{
        .reason = Reason::kNoSuchService,
        .id = "no_such_service",
        .sentence = "The remote domain has no such service[: {detail}].",
        .at_home = "No such service is offered by {remote}[: {detail}].",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kNetwork,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The remote domain does not exist, or its SRV record says that it offers no such "
            "service (target `.`).",
        .remote = "Publish `_xmpp-server._tcp` records if the domain is to federate.",
        .local = "Check the spelling of the address the user wrote to.",
    },
    ReasonInfo{
        .reason = Reason::kDnsFailed,
        .id = "dns_failed",
        .sentence = "The remote domain could not be looked up[: {detail}].",
        .at_home = "The name of {remote} could not be looked up[: {detail}][; {resolver}].",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kNetwork,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The name could not be looked up: the name servers fail, or give an invalid DNSSEC "
            "answer. If only SRV records could not be looked up, the domain's own addresses were "
            "called, and no server of it was reached there.",
        .remote = "Check the zone with a DNS checker.",
        .local =
            "The line in the log names the resolvers that were asked, and what names them: "
            "`dns.servers`, or `/etc/resolv.conf` where that is empty. Ask one yourself (`dig "
            "@ADDRESS _xmpp-server._tcp.DOMAIN SRV`). `portcullis probe DOMAIN` shows the same "
            "way once more.",
    },
    ReasonInfo{
        .reason = Reason::kDnsTimeout,
        .id = "dns_timeout",
        .sentence = "The remote domain could not be looked up in time[: {detail}].",
        .at_home = "The name of {remote} could not be looked up in time[: {detail}][; {resolver}].",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kNetwork,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The answers about the name did not come in the time that `limits.dial` has for "
            "look-ups, three quarters of it. Either the resolver of this gate is slow, or the name "
            "servers of the remote domain are. When the resolver answered nothing else in that "
            "time, the text says so.",
        .remote = "Check with a DNS checker that all name servers of the zone answer.",
        .local = "Ask the resolver that the line in the log names (`dig @ADDRESS "
                 "_xmpp-server._tcp.DOMAIN SRV`). If it is slow for every name, mend it, or name "
                 "another one in `dns.servers`. If it has to be "
                 "slow, raise `limits.dial`.",
    },
    ReasonInfo{
        .reason = Reason::kPeerUnreachable,
        .id = "peer_unreachable",
        .sentence = "No server of the remote domain could be reached[: {detail}].",
        .at_home = "No server of {remote} could be reached[: {detail}].",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kNetwork,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kUnanswered,
        .meaning = "None of the remote domain's servers could be connected.",
        .remote = "Check the firewall and the SRV records.",
        .local = "Check your own outgoing firewall rules and IPv6; see `limits.dial`.",
    },
    ReasonInfo{
        .reason = Reason::kAddressRefused,
        .id = "address_refused",
        .sentence = "The server of the remote domain is not called[: {detail}].",
        .at_home = "The server of {remote} is not called[: {detail}].",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kNetwork,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kUnanswered,
        .meaning =
            "DNS names an address for the remote domain that is never called (a listener of this "
            "gate, a backend), or that is not an address of the public Internet. Or a rule sends "
            "the domain through a proxy (`via`), and it is one of your own or `localhost`, whose "
            "address nobody could check there.",
        .remote = "Publish the public addresses of the server.",
        .local = "If that server stands in a network of your own, name the network in "
                 "`outbound.allow_networks`. Listeners and backends are not opened by it.",
    },
    ReasonInfo{
        .reason = Reason::kDialLimit,
        .id = "dial_limit",
        .sentence = "Too many remote servers are being called at this moment. Try again later.",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kLocal,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "As many servers as `limits.dials` allows are being called and have not answered yet, "
            "or as many calls to this domain as `limits.dials_per_domain` allows. Two gates that "
            "call each other in a circle end here. Or one of your domains wants more new remote "
            "domains in a short time than certificates are made for: then the log line "
            "`event=limit` says `outbound_mints` or `refused_mints`.",
        .remote = "Check that the SRV records lead to servers that answer.",
        .local = "Look which domain is called so often (`event=dial`). If it is all wanted, raise "
                 "the limit. Where the limit is one of mints, look for the user of your server, "
                 "or the program on the machine, that wants so many domains.",
    },
    ReasonInfo{
        .reason = Reason::kPeerLeft,
        .id = "peer_left",
        .sentence = "The other side left before the stream was established[: {detail}].",
        .at_home = "The stream was left by {remote} before it was established[: {detail}].",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kNetwork,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The other side closed the connection before the stream was established, without a "
            "reason. One that never said anything is not refused; "
            "`portcullis_connections_silent_total` counts those.",
        .remote = "Read the server's log.",
        .local = "Usually nothing. If every peer leaves, look at your own certificate.",
    },
    ReasonInfo{
        .reason = Reason::kClosedByOperator,
        .id = "closed_by_operator",
        .sentence = "The operator of this server has closed this stream[: {detail}]. You may "
                    "connect again.",
        .at_home = "The operator has closed the stream[: {detail}].",
        .condition = "reset",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kLocal,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "`portcullis status close` was used. What had been accepted before was still "
                   "delivered.",
        .remote = "Connect again, or ask the operator.",
        .local = "Nothing. To keep a domain away, name it in `deny` of `[federation]`.",
    },
    ReasonInfo{
        .reason = Reason::kShuttingDown,
        .id = "shutting_down",
        .sentence = "This server is about to stop or restart. Connect again.",
        .condition = "system-shutdown",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kLocal,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "Portcullis is draining its streams because it stops or restarts.",
        .remote = "Connect again.",
        .local = "See `limits.drain` for the time that open streams get.",
    },
};

}  // namespace portcullis::policy
