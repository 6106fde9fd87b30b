#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about us, our backend and the way to the peer. A part of the table in reason.cc.
inline constexpr std::array kSurroundingsRows{
    ReasonInfo{
        .reason = Reason::kInternalError,
        .id = "internal_error",
        .sentence = "A fault on our side. Please tell the administrator of this server.",
        .condition = "internal-server-error",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kAll,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "A fault in Portcullis or in its surroundings.",
        .remote = "Tell the operator of this server.",
        .local = "Read the log at that time and report the fault.",
    },
    ReasonInfo{
        .reason = Reason::kBackendUnavailable,
        .id = "backend_unavailable",
        .sentence = "The local service is temporarily unavailable.",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kUnanswered,
        .meaning = "The backend refuses connections, resets them or does not answer in time.",
        .remote = "Try again later.",
        .local = "Start the backend; compare `host.backend` with the addresses it listens on; see "
                 "`limits.backend`.",
    },
    ReasonInfo{
        .reason = Reason::kBackendMisconfigured,
        .id = "backend_misconfigured",
        .sentence =
            "A fault on our side prevents this stream. Please tell the administrator of this "
            "server.",
        .condition = "internal-server-error",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "The backend answers, but its settings make the stream impossible: no "
                   "SASL EXTERNAL, the local CA is not trusted, the host is unknown to it.",
        .remote = "Tell the operator of this server.",
        .local =
            "Read `detail` in the decision line and compare the backend's configuration with its "
            "guide, which `man portcullis` says where to find.",
    },
    ReasonInfo{
        .reason = Reason::kBackendWithoutTls,
        .id = "backend_without_tls",
        .sentence =
            "A fault on our side prevents this stream. Please tell the administrator of this "
            "server.",
        .condition = "internal-server-error",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kIncoming,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The backend does not offer STARTTLS on its server port, or on its client port where "
            "`backend.c2s_tls` demands it. Nothing of the peer or client was sent to it.",
        .remote = "Tell the operator of this server.",
        .local = "Switch TLS on at that port of the backend, with the certificate in "
                 "`host.backend.certificate`; `portcullis explain prosody` (or ejabberd, ...) says "
                 "how. If another program answers there, find it.",
    },
    ReasonInfo{
        .reason = Reason::kNotTheBackend,
        .id = "not_the_backend",
        .sentence =
            "Only the local XMPP server may use this connection, with the certificate agreed for "
            "it.",
        .condition = "not-authorized",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "Something that does not hold the backend's key connected to the outbound listener, "
            "or answered in the backend's place. Or a reload has changed the pinned key while a "
            "stream with the old one stood.",
        .remote = "Nothing to do.",
        .local = "If the backend has a new key, update the file in `host.backend.certificate`. "
                 "Otherwise find the program that connects.",
    },
    ReasonInfo{
        .reason = Reason::kLocalCaUnavailable,
        .id = "local_ca_unavailable",
        .sentence = "The local service is temporarily unavailable.",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kBetweenServers,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The backend needs a certificate of the local CA for the remote domain, and it could "
            "not be made: the process that holds the CA's key has ended, or is asked for more than "
            "it makes in this time.",
        .remote = "Try again later.",
        .local = "Read the lines with `event=local_ca`, and whether the key in "
                 "`local_ca.directory` can be read by the user that Portcullis runs as.",
    },
    ReasonInfo{
        .reason = Reason::kNoSuchService,
        .id = "no_such_service",
        .sentence = "The remote domain has no such service: {detail}.",
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
        .sentence = "The remote domain could not be looked up: {detail}.",
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
            "The name could not be looked up: the name servers fail, time out or give an invalid "
            "DNSSEC answer.",
        .remote = "Check the zone with a DNS checker.",
        .local = "Check `dns.servers`, or the resolvers in `/etc/resolv.conf`.",
    },
    ReasonInfo{
        .reason = Reason::kPeerUnreachable,
        .id = "peer_unreachable",
        .sentence = "No server of the remote domain could be reached: {detail}.",
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
        .sentence = "The server of the remote domain is not called: {detail}.",
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
            "gate, a backend), or that is not an address of the public Internet.",
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
            "call each other in a circle end here.",
        .remote = "Check that the SRV records lead to servers that answer.",
        .local = "Look which domain is called so often (`event=dial`). If it is all wanted, raise "
                 "the limit.",
    },
    ReasonInfo{
        .reason = Reason::kPeerLeft,
        .id = "peer_left",
        .sentence = "The other side left before the stream was established: {detail}.",
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
            "reason.",
        .remote = "Read the server's log.",
        .local = "Usually nothing. If every peer leaves, look at your own certificate.",
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
