#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about the header of a stream and the way to TLS. A part of the table in reason.cc.
inline constexpr std::array kStreamRows{
    ReasonInfo{
        .reason = Reason::kPlaintextRefused,
        .id = "plaintext_refused",
        .sentence = "Encryption is required here. Enable STARTTLS on your side.",
        .at_home = "Encryption is required, and it was not started by {they}.",
        .condition = "policy-violation",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kInitiatingEntity,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kDialbackOnly,
        .tlsrpt = "starttls-not-supported",
        .weight = Weight::kExplained,
        .meaning =
            "The other side sent something other than `<starttls/>` before TLS: a stanza, SASL, "
            "dialback or compression.",
        .remote =
            "Enable STARTTLS (`s2s_require_encryption`, `s2s_use_starttls: required` or the like) "
            "and load a certificate.",
        .local =
            "Write to the remote admin; nothing in the configuration allows plaintext. In observe "
            "mode the backend's own rules decide.",
    },
    ReasonInfo{
        .reason = Reason::kStarttlsNotOffered,
        .id = "starttls_not_offered",
        .sentence = "Your server does not offer STARTTLS. Enable it and load a certificate.",
        .at_home =
            "STARTTLS is not offered by {they}, and streams without encryption are not used.",
        .condition = "policy-violation",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kReceivingEntity,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kDialbackOnly,
        .tlsrpt = "starttls-not-supported",
        .weight = Weight::kExplained,
        .meaning = "An outgoing stream reached a server whose first features lack STARTTLS.",
        .remote = "Enable STARTTLS and load a certificate.",
        .local = "Check with `openssl s_client -starttls xmpp-server` that the answer really comes "
                 "from that server and that nothing on the way removes the offer.",
    },
    ReasonInfo{
        .reason = Reason::kStarttlsInjection,
        .id = "starttls_injection",
        .sentence = "Plaintext followed the STARTTLS command: an attack or a fault on the way.",
        .condition = "policy-violation",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning =
            "Octets other than whitespace followed `<starttls/>` or `<proceed/>` in the clear. "
            "They could be taken for protected data, so TLS is not even begun.",
        .remote =
            "Upgrade the server; a correct one waits for the answer. If it is correct, somebody "
            "on the way is tampering.",
        .local =
            "Look at the peer's address and at who else has reached it that way; treat repeated "
            "cases as an attack.",
    },
    ReasonInfo{
        .reason = Reason::kUnsupportedVersion,
        .id = "unsupported_version",
        .sentence =
            "The stream is older than XMPP 1.0, which has no encryption. Upgrade your software.",
        .at_home = "The stream is older than XMPP 1.0, which has no encryption.",
        .condition = "unsupported-version",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kDialbackOnly,
        .tlsrpt = "starttls-not-supported",
        .weight = Weight::kExplained,
        .meaning =
            "The stream header lacks `version='1.0'` (RFC 6120 section 4.7.5). Such streams know "
            "neither features nor TLS.",
        .remote = "Upgrade the server software.",
        .local = "Nothing. For the backend's own outgoing streams: make sure it speaks XMPP 1.0.",
    },
    ReasonInfo{
        .reason = Reason::kHostUnknown,
        .id = "host_unknown",
        .sentence = "This server does not host {domain}. Check the SRV records of that domain.",
        .at_home = "The domain {domain} was asked for by {they}, and it is not served here.",
        .condition = "host-unknown",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kInitiatingEntity,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning =
            "The `to` of the stream header, or the TLS server name, is no domain or alias of this "
            "configuration.",
        .remote = "Check the SRV records of the domain: they may point at the wrong machine.",
        .local = "Add the name to `aliases` of its `[[host]]` if it is a component of your server.",
    },
    ReasonInfo{
        .reason = Reason::kBadAddress,
        .id = "bad_address",
        .sentence = "The addresses of the stream header are not acceptable[: {detail}].",
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
        .meaning =
            "After TLS the stream header lacks `from` or `to`, or one of them is no domain name: "
            "an IP address, an empty label, a wildcard, a low line, an emoji or another character "
            "that "
            "IDNA2008 does not allow.",
        .remote = "Give the server a proper domain and check its host configuration.",
        .local =
            "Nothing, unless it is your own backend that sends it. No exception can be written for "
            "such a name, and observe mode refuses it, too: neither DNS nor a certificate can "
            "have it, so nobody can be asked or believed.",
    },
    ReasonInfo{
        .reason = Reason::kNameAmbiguous,
        .id = "name_ambiguous",
        .sentence = "Servers read an address of this stream as different domains[: {detail}].",
        .condition = "improper-addressing",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kInitiatingEntity,
        .streams = Streams::kAll,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning =
            "A name means one domain by IDNA2008, by which DNS and certificates go, and another "
            "one by IDNA2003, by which XMPP servers compare names: for example a name with `ß`, "
            "which XMPP servers read as `ss`. Or the address of a stanza is not written as its "
            "stream's domain is: in Unicode, with an ordinary full stop between the labels and "
            "none at the end.",
        .remote =
            "Use a name that both standards read alike, and write it in Unicode (RFC 7622 section "
            "3.2.1), not as `xn--...`.",
        .local = "If it is your own server that is refused, write `domain` and `aliases` of the "
                 "`[[host]]` exactly as in that server's configuration.",
    },
    ReasonInfo{
        .reason = Reason::kFederationDenied,
        .id = "federation_denied",
        .sentence = "Our policy does not federate with {domain}.",
        .at_home = "The policy of {local} allows no streams with {domain}.",
        .condition = "policy-violation",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kBetweenServers,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "`[federation]` excludes the domain: it matches `deny`, or `default` is `\"deny\"` "
            "and it is not in `allow`.",
        .remote = "Ask the operator through the contact in the message.",
        .local = "Change `[federation]`. `deny` wins over `allow`; `*.suffix` does not cover the "
                 "suffix itself.",
    },
    ReasonInfo{
        .reason = Reason::kNeighbourDenied,
        .id = "neighbour_denied",
        .sentence = "The operator of this server allows no streams with {domain}.",
        .condition = "policy-violation",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kLocal,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "Two hosts behind this gate would speak to each other, and `federation.deny` "
                   "names one of them. So far it is a decision of your own.",
        .remote = "Ask the operator of this server.",
        .local = "If they shall speak to each other, take the domain out of `deny` in "
                 "`[federation]`. It also keeps the domain from everybody else.",
    },
};

}  // namespace portcullis::policy
