#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about what is too much, too slow or too late. A part of the table in reason.cc.
inline constexpr std::array kLimitRows{
    ReasonInfo{
        .reason = Reason::kStanzaTooBig,
        .id = "stanza_too_big",
        .sentence = "Too much in one stanza: {detail}. Send less at a time.",
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
        .local = "Raise `limits.stanza_bytes`, and the same limit of the backend.",
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
        .reason = Reason::kRateLimited,
        .id = "rate_limited",
        .sentence = "Too many connections from you. Try again later.",
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
                   "`[limits]`.",
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
        .streams = Streams::kNone,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "Unfinished stanzas and data for slow readers reached `limits.held_bytes`, over "
                   "all streams. The streams that hold most of it are ended.",
        .remote = "Finish stanzas that were begun, and read what is sent.",
        .local = "If there is no attack, raise `limits.held_bytes`.",
    },
};

}  // namespace portcullis::policy
