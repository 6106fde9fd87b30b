#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about authentication, and about what is said on a stream. A part of the table in
// reason.cc.
inline constexpr std::array kSessionRows{
    ReasonInfo{
        .reason = Reason::kDialbackAttempted,
        .id = "dialback_attempted",
        .sentence = "Dialback is not accepted. Authenticate with your certificate (SASL EXTERNAL).",
        .at_home = "Server dialback was tried by {they}, and only SASL EXTERNAL is accepted.",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kInitiatingEntity,
        .streams = Streams::kAll,
        .while_relaying = true,
        .published = PublishedClass::kDialbackOnly,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning =
            "The other side tried server dialback (XEP-0220), which proves nothing but control "
            "over DNS.",
        .remote = "Authenticate with the certificate: SASL EXTERNAL.",
        .local =
            "For a server that cannot do SASL EXTERNAL but has a good certificate, set `dialback "
            "= \"certified\"`. If it is your own backend that tries, check that it trusts the "
            "local CA.",
    },
    ReasonInfo{
        .reason = Reason::kExternalNotOffered,
        .id = "external_not_offered",
        .sentence = "Your server offers us no SASL EXTERNAL, so it does not accept our "
                    "certificate, or it knows servers by dialback only.",
        .at_home =
            "SASL EXTERNAL is not offered by {remote}: it does not accept the certificate of "
            "{local}, or it knows servers by dialback only[; {detail}].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kBetweenServers,
        .while_relaying = false,
        .published = PublishedClass::kDialbackOnly,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning =
            "After TLS the remote server offers no SASL EXTERNAL; usually it did not accept our "
            "certificate. On an incoming stream: it tried another mechanism.",
        .remote =
            "Check why the certificate was not accepted: trust store, name, purpose `clientAuth`.",
        .local =
            "Check your own certificates and chain with `portcullis check`. A CA that no longer "
            "issues `clientAuth` can be the cause; see `outgoing_certificates` of `[[host]]`, and "
            "`originate_dialback` of `[s2s]` for a server that does dialback. An "
            "exception for the domain does not help: it is about the certificate of that server, "
            "and this is about yours.",
    },
    ReasonInfo{
        .reason = Reason::kAuthzidMismatch,
        .id = "authzid_mismatch",
        .sentence = "The authorization identity differs from the from of your stream header.",
        .at_home =
            "The authorization identity of {they} differs from the from of its stream header.",
        .condition = "not-authorized",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kInitiatingEntity,
        .streams = Streams::kBetweenServers,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning =
            "The authorization identity of SASL EXTERNAL is neither empty nor the `from` of the "
            "stream. The peer is also told `invalid-authzid`.",
        .remote = "Send the authzid `=`, or the stream's own domain.",
        .local = "Nothing.",
    },
    ReasonInfo{
        .reason = Reason::kIdentityChanged,
        .id = "identity_changed",
        .sentence = "Your stream header changed its from or to during negotiation.",
        .at_home = "The stream header of {they} changed its from or to during negotiation.",
        .condition = "improper-addressing",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kInitiatingEntity,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning = "`from` or `to` changed between two stream headers of one connection.",
        .remote = "Upgrade the server; a connection belongs to one pair of domains.",
        .local = "Treat repeated cases as an attack.",
    },
    ReasonInfo{
        .reason = Reason::kUnauthenticatedStanza,
        .id = "unauthenticated_stanza",
        .sentence = "A stanza came too early. Authenticate first.",
        .at_home = "A stanza of {they} came before authentication.",
        .condition = "not-authorized",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kInitiatingEntity,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning = "A stanza arrived before authentication was complete.",
        .remote = "Upgrade the server.",
        .local = "Nothing.",
    },
    ReasonInfo{
        .reason = Reason::kAddressSpoofed,
        .id = "address_spoofed",
        .sentence = "The addresses of a stanza do not belong to this stream[: {detail}].",
        .condition = "invalid-from",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kNone,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "A stanza carries a `from` or `to` whose domain is not the authenticated one.",
        .remote = "Look for a component or bridge that forges addresses.",
        .local =
            "Treat repeated cases as an attack. If the domain is one of your own components, add "
            "it to `aliases`.",
    },
    ReasonInfo{
        .reason = Reason::kRefusedByPeer,
        .id = "refused_by_peer",
        .sentence = "The remote server refused the stream[: {detail}].",
        .at_home = "The stream was refused by {remote}[: {detail}].",
        .condition = "remote-connection-failed",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning =
            "The other side ended a stream before it was established; the detail has its own "
            "words.",
        .remote = "Read the server's log.",
        .local =
            "Follow the remote server's explanation; often it is your own certificate. Where the "
            "detail names `originate_dialback`, that setting would help.",
    },
    ReasonInfo{
        .reason = Reason::kUnaskedAnswer,
        .id = "unasked_answer",
        .sentence = "Nobody has asked for this answer of server dialback.",
        .condition = "policy-violation",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kReceivingEntity,
        .streams = Streams::kOutgoing,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "An answer of server dialback came on a stream on which its question was not open: "
            "another id, other domains, or answered already. So in observe mode, and with "
            "`originate_dialback`. Servers have believed such answers.",
        .remote = "Find the software that makes it.",
        .local = "Treat repeated cases as an attack.",
    },
    ReasonInfo{
        .reason = Reason::kXmlRestricted,
        .id = "xml_restricted",
        .sentence = "XMPP forbids DTDs, entities, comments and processing instructions.",
        .condition = "restricted-xml",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The stream holds what RFC 6120 section 11.1 forbids: a DTD, an entity, a comment or "
            "a processing instruction.",
        .remote = "Find the software that makes it; no XMPP library does.",
        .local = "Treat repeated cases as an attack.",
    },
    ReasonInfo{
        .reason = Reason::kXmlInvalid,
        .id = "xml_invalid",
        .sentence = "The XML is not acceptable[: {detail}].",
        .condition = "not-well-formed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The stream is not well-formed, not UTF-8, in a wrong namespace or nested too deeply.",
        .remote = "Find the software that makes it; the detail says what is wrong.",
        .local = "If your own users meet it with legitimate traffic, raise `limits.depth` or "
                 "`limits.attributes`.",
    },
};

}  // namespace portcullis::policy
