#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about what a certificate is for, its names and its key, about revocation and pins. A part
// of the table in reason.cc.
inline constexpr std::array kCertificateRows{
    ReasonInfo{
        .reason = Reason::kWrongPurpose,
        .id = "wrong_purpose",
        .sentence = "Your certificate is not meant for TLS servers[ (extended key usage: {list})].",
        .at_home = "The certificate of {they} is not meant for TLS servers[ (extended key usage: "
                   "{list})].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kAllowed,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning = "Extended key usage is present and does not include TLS servers.",
        .remote = "Get a certificate with `serverAuth`.",
        .local = "A `[[s2s.exception]]` can bridge the time until there is a better one.",
    },
    ReasonInfo{
        .reason = Reason::kNameConstraint,
        .id = "name_constraint",
        .sentence = "The CA {subject} in your chain may not certify {domain}.",
        .at_home = "The CA {subject} in the chain of {they} may not certify {domain}.",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning = "A CA in the chain is restricted to names that do not include this domain.",
        .remote = "Use a CA that may certify the domain.",
        .local = "Nothing; this is what keeps a private CA from vouching for strangers.",
    },
    ReasonInfo{
        .reason = Reason::kNameMissing,
        .id = "name_missing",
        .sentence =
            "Your certificate names no host in subjectAltName (a common name is not enough). "
            "Reissue it for {domain}.",
        .at_home = "The certificate of {they} names no host in subjectAltName (a common name is "
                   "not enough).",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kWithPins,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-host-mismatch",
        .weight = Weight::kExplained,
        .meaning =
            "The certificate has no usable name in subjectAltName. A common name does not count "
            "(RFC 9525).",
        .remote = "Have it issued again with the XMPP domain as dNSName.",
        .local =
            "A `[[s2s.exception]]` with the partner's pin can bridge the time until there is a "
            "better one.",
    },
    ReasonInfo{
        .reason = Reason::kNameMismatch,
        .id = "name_mismatch",
        .sentence =
            "Your certificate is not for {domain}[, but for {list}]. Reissue it with {domain}.",
        .at_home = "The certificate of {they} is not for {domain}[, but for {list}].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kWithPins,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-host-mismatch",
        .weight = Weight::kExplained,
        .meaning =
            "None of the certificate's names is the domain of the stream. A wildcard stands for "
            "exactly one label.",
        .remote =
            "Have it issued again for the XMPP domain, which may differ from the machine's host "
            "name.",
        .local =
            "If SRV records lead elsewhere, the certificate still has to name the domain itself. "
            "A `[[s2s.exception]]` with the partner's pin can bridge the time.",
    },
    ReasonInfo{
        .reason = Reason::kWeakKey,
        .id = "weak_key",
        .sentence = "A key in your chain is too weak[: {detail}]; at least {min} is needed. Use an "
                    "ECDSA P-256 key.",
        .at_home =
            "A key in the chain of {they} is too weak[: {detail}]; at least {min} is needed.",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kAllowed,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning = "A key in the chain is too short or of a kind that is not accepted.",
        .remote = "Make a new ECDSA P-256 or RSA 2048 key and certificate.",
        .local = "Compare `min_rsa_bits` and `curves`, of `[s2s]` and of the domain's rule. A "
                 "`[[s2s.exception]]` can bridge the time.",
    },
    ReasonInfo{
        .reason = Reason::kWeakSignature,
        .id = "weak_signature",
        .sentence = "The certificate {subject} in your chain is signed with a weak algorithm[: "
                    "{detail}]. Reissue it.",
        .at_home = "The certificate {subject} in the chain of {they} is signed with a weak "
                   "algorithm[: {detail}].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kAllowed,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning =
            "A certificate in the chain, other than the root, is signed with MD5, SHA-1 or an "
            "unknown algorithm.",
        .remote = "Have it issued again with SHA-256 or better.",
        .local =
            "Compare `signatures`. A `[[s2s.exception]]` can bridge the time until it is issued "
            "again.",
    },
    ReasonInfo{
        .reason = Reason::kRevoked,
        .id = "revoked",
        .sentence = "Your certificate was revoked[: {detail}].",
        .at_home = "The certificate of {they} was revoked[: {detail}].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning = "A certificate revocation list names the certificate.",
        .remote = "Get a new certificate with a new key.",
        .local = "Ask the remote admin what happened before you trust the domain again.",
    },
    ReasonInfo{
        .reason = Reason::kRevocationUnknown,
        .id = "revocation_unknown",
        .sentence = "It could not be established that your certificate is not revoked[: {detail}].",
        .at_home = "It could not be established that the certificate of {they} is not revoked[: "
                   "{detail}].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kAllowed,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning = "Policy wants proof that the certificate is not revoked, and there is none.",
        .remote = "Enable OCSP stapling if the certificate demands it.",
        .local = "Check that the files in `crls` are current. A `[[s2s.exception]]` can bridge the "
                 "time.",
    },
    ReasonInfo{
        .reason = Reason::kPinMismatch,
        .id = "pin_mismatch",
        .sentence = "Your key is not the one we expect for {domain}[: {detail}]. Tell us before "
                    "you change it.",
        .at_home = "The key of {they} is not the one agreed for {domain}[: {detail}].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning = "The key is not among those agreed for the domain.",
        .remote = "Tell the operator before a key changes, and agree on a spare key.",
        .local = "Ask the remote admin by other means, then replace the pin in the rule or the "
                 "exception.",
    },
};

}  // namespace portcullis::policy
