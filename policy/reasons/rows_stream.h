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
        .sentence = "The stream header's from or to is missing or is no domain name: {detail}.",
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
            "an IP address, an empty label, a wildcard.",
        .remote = "Give the server a proper domain and check its host configuration.",
        .local = "Nothing, unless it is your own backend that sends it.",
    },
    ReasonInfo{
        .reason = Reason::kNameAmbiguous,
        .id = "name_ambiguous",
        .sentence = "Servers read an address of this stream as different domains: {detail}.",
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
        .reason = Reason::kTlsVersionTooLow,
        .id = "tls_version_too_low",
        .sentence =
            "{version} was offered, but {min} is the least accepted here. Update your TLS library.",
        .condition = "policy-violation",
        .always_enforced = false,
        .waiver = Waiver::kAllowed,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning = "The connection uses an older TLS version than `min_tls`.",
        .remote = "Update the TLS library or allow TLS 1.2 and 1.3 in the server.",
        .local =
            "Lower `min_tls` from 1.3 to 1.2 where it was raised, in `[s2s]` or the domain's "
            "rule; there is nothing below 1.2. A `[[s2s.exception]]` can bridge the time where "
            "only a rule is stricter.",
    },
    ReasonInfo{
        .reason = Reason::kTlsNoForwardSecrecy,
        .id = "tls_no_forward_secrecy",
        .sentence =
            "Only key exchange by RSA was offered, which has no forward secrecy. Allow cipher "
            "suites with ECDHE.",
        .condition = "policy-violation",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning =
            "The other side offers TLS 1.2 with key exchange by RSA and nothing better. Whoever "
            "gets the key of the certificate one day can then read what was recorded before. An "
            "inbound peer sees a TLS alert only.",
        .remote = "Update the TLS library, and remove hand-made cipher lists without ECDHE.",
        .local =
            "No exception can help, because the handshake ends before the name of the other side "
            "is known. `forward_secrecy = false` in `[policy]` accepts such peers, all of them; "
            "observe mode lets them pass and counts them. A remote server that knows nothing "
            "better refuses us with the alert \"handshake failure\", which the log calls "
            "`tls_no_common_suite`.",
    },
    ReasonInfo{
        .reason = Reason::kTlsNoCommonSuite,
        .id = "tls_no_common_suite",
        .sentence =
            "TLS failed: no cipher suite, group or signature algorithm in common ({detail}).",
        .condition = "remote-connection-failed",
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
            "The handshake ended because the two sides share no cipher suite, group or signature "
            "algorithm. An inbound peer sees a TLS alert only.",
        .remote = "Remove hand-made cipher lists and update the TLS library.",
        .local =
            "Load an ECDSA and an RSA certificate, so that every peer finds a signature algorithm. "
            "A remote server that knows key exchange by RSA or over finite fields only needs "
            "`forward_secrecy = false` in `[policy]`, or `finite_field = \"ffdhe2048\"` in "
            "`[s2s]`.",
    },
    ReasonInfo{
        .reason = Reason::kTlsFailed,
        .id = "tls_failed",
        .sentence = "The TLS handshake failed: {detail}.",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "validation-failure",
        .weight = Weight::kUnexplained,
        .meaning =
            "The handshake failed for any other reason; the log has the detail. An inbound peer "
            "sees a TLS alert only.",
        .remote = "Look at the server's own log; the same handshake can be tried with `openssl "
                  "s_client`.",
        .local = "Read `detail` in the decision line. Port scanners cause this reason, too.",
    },
    ReasonInfo{
        .reason = Reason::kAlpnMismatch,
        .id = "alpn_mismatch",
        .sentence = "TLS failed: the ALPN list offered no XMPP protocol (XEP-0368).",
        .condition = "remote-connection-failed",
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
            "A direct TLS connection offered an ALPN list without `xmpp-server` or `xmpp-client` "
            "(XEP-0368). The peer sees TLS alert 120.",
        .remote = "Point the client or server at the right port; something speaks another protocol "
                  "there.",
        .local = "Check what else is expected on that port, for instance HTTPS.",
    },
};

}  // namespace portcullis::policy
