#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about what is too much, too slow or too late. A part of the table in reason.cc.
inline constexpr std::array kLimitRows{
    ReasonInfo{
        .reason = Reason::kStanzaTooBig,
        .id = "stanza_too_big",
        .sentence = "Too much in one stanza[: {detail}]. Send less at a time.",
        .at_home = "Too much came in one stanza[: {detail}].",
        .condition = "policy-violation",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "One element is larger than allowed. The error also carries `<stanza-too-big "
                   "xmlns='urn:xmpp:errors'/>`.",
        .remote = "Send less in one stanza; files belong in HTTP upload (XEP-0363).",
        .local = "For what other servers and clients send: raise `limits.stanza_bytes`, and the "
                 "same limit of the backend; before a client is logged in it is "
                 "`limits.login_bytes`, between servers `limits.negotiation_bytes`. For what your "
                 "own server sends (`why` says `(backend)`): `limits.backend_stanza_bytes`.",
    },
    ReasonInfo{
        .reason = Reason::kStanzaTooSlow,
        .id = "stanza_too_slow",
        .sentence = "A stanza was begun and came more slowly than {limit} bytes a second.",
        .condition = "policy-violation",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kNone,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "A peer began a stanza and then sent too little of it for half a minute. Until a "
            "stanza is whole, the gate must hold it in memory. Before authentication the "
            "deadlines for the whole negotiation do the same.",
        .remote = "Check the network path; a stanza that was begun has to be sent to its end.",
        .local = "If it concerns good peers behind very slow links, lower `limits.stanza_rate`.",
    },
    ReasonInfo{
        .reason = Reason::kNegotiationTimeout,
        .id = "negotiation_timeout",
        .sentence = "The negotiation took longer than {limit}.",
        .condition = "connection-timeout",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kUnexplained,
        .meaning =
            "TLS and authentication were not finished in time. The time is in total, not per "
            "octet.",
        .remote = "Check the network path and the load of the server.",
        .local = "Raise `limits.before_tls`, `limits.negotiation` or `limits.login`.",
    },
    ReasonInfo{
        .reason = Reason::kNegotiationTooLong,
        .id = "negotiation_too_long",
        .sentence = "Too much before the stream was authenticated[: {detail}].",
        .condition = "policy-violation",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "Before it was authenticated, the other side sent more than any server or client needs "
            "to: more octets, more TLS records, or octets in more pieces. Each of them costs time, "
            "and a stranger could send them for as long as the negotiation may take.",
        .remote = "Send the stream header and each element in one piece, and no more white space "
                  "than you need.",
        .local = "The log line `event=limit` says which number it was. They are fixed, apart from "
                 "that of octets, which grows with `limits.negotiation_bytes`.",
    },
    ReasonInfo{
        .reason = Reason::kRateLimited,
        .id = "rate_limited",
        .sentence = "Too many connections from you. Try again later.",
        .at_home = "Too many connections came from the address of {remote}, or in total.",
        .condition = "resource-constraint",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kLocal,
        .streams = Streams::kIncoming,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "Too many connections, or too many new ones in a short time: in total, or from "
                   "one address or network. The log line `event=limit` names the key of "
                   "`[limits]`; or it says `inbound_mints`: so many domains came that your server "
                   "has not seen for some days that no certificate was made for this one.",
        .remote = "Close idle connections and wait before connecting again.",
        .local = "Raise the key that the log names. Behind a load balancer set "
                 "`listen.proxy_protocol_from`, or all peers count as one; where many share one "
                 "address, name it in `limits.exempt`.",
    },
    ReasonInfo{
        .reason = Reason::kTooManyStreams,
        .id = "too_many_streams",
        .sentence = "There are {limit} streams from {domain} already. Close one of them first.",
        .condition = "resource-constraint",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kIncoming,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "One remote domain has as many incoming streams as `limits.streams_per_domain` "
                   "allows. A server needs one for each of your domains that it speaks to.",
        .remote = "Use the streams that are open; close those that are idle.",
        .local = "If you serve very many domains, raise `limits.streams_per_domain`.",
    },
    ReasonInfo{
        .reason = Reason::kTooMuchHeld,
        .id = "too_much_held",
        .sentence =
            "Too much data waits here, and this stream has most of it. Connect again later.",
        .condition = "resource-constraint",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "Unfinished stanzas and data for slow readers reached `limits.held_bytes`, over "
                   "all streams. The streams that hold most of it are ended.",
        .remote = "Finish stanzas that were begun, and read what is sent.",
        .local = "If there is no attack, raise `limits.held_bytes`.",
    },
    ReasonInfo{
        .reason = Reason::kMemoryShort,
        .id = "memory_short",
        .sentence = "There is no memory left for another stream. Connect again later.",
        .condition = "resource-constraint",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kLocal,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "All streams together take nearly as much as `limits.memory`, or the system had "
                   "no memory for the gate a few seconds ago. Streams that stand go on; new ones "
                   "are refused, those of the backend later than those of others. A stream that "
                   "ends with this word is one for which the system had no memory.",
        .remote = "Try again later.",
        .local = "Look at the metrics `portcullis_memory_bytes` and `portcullis_held_bytes`. If "
                 "there is no attack, give the machine or the service more memory, or raise "
                 "`limits.memory`.",
    },
    ReasonInfo{
        .reason = Reason::kOutOfDescriptors,
        .id = "out_of_descriptors",
        .sentence = "This server has as many connections as its system lets it have. Try again "
                    "later.",
        .condition = "resource-constraint",
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
            "The process has as many files and connections open as the system allows it "
            "(`RLIMIT_NOFILE`), apart from a few that are kept for `/metrics`, `/readyz`, the "
            "control socket and the log. Neither the peer nor the backend has done anything wrong. "
            "`portcullis_limit_hits_total` counts it under the limit `descriptors`.",
        .remote = "Try again later.",
        .local = "Raise the limit (`LimitNOFILE=` of the unit; each stream needs two), or lower "
                 "the limits of connections in `[limits]`.",
    },
};

}  // namespace portcullis::policy
