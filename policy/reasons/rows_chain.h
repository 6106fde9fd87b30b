#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about a certificate and its chain. A part of the table in reason.cc.
inline constexpr std::array kChainRows{
    ReasonInfo{
        .reason = Reason::kCertMissing,
        .id = "cert_missing",
        .sentence = "Your server showed no certificate. Let it use its certificate for outgoing "
                    "connections too.",
        .at_home = "No certificate was shown by {they}.",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kNever,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kDialbackOnly,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning = "The other side showed no certificate, so SASL EXTERNAL is impossible.",
        .remote =
            "Let the server use its certificate for outgoing connections too. A key that our TLS "
            "library refuses outright also ends up here.",
        .local = "Nothing.",
    },
    ReasonInfo{
        .reason = Reason::kCertMalformed,
        .id = "cert_malformed",
        .sentence = "Your certificate is malformed[: {detail}]. Reissue it.",
        .at_home = "The certificate of {they} is malformed[: {detail}].",
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
        .meaning = "The certificate cannot be parsed strictly: broken encoding, a NUL or another "
                   "impossible character in a name, broken dates, far too many names.",
        .remote = "Have it issued again by a maintained tool or CA.",
        .local = "Nothing; do not trust a CA that issues such certificates.",
    },
    ReasonInfo{
        .reason = Reason::kSelfSigned,
        .id = "self_signed",
        .sentence = "Your certificate is self-signed. Get one from a public certificate authority.",
        .at_home = "The certificate of {they} is self-signed.",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kWithPins,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning = "The certificate is its own issuer and is not among the trusted ones.",
        .remote = "Get a certificate from a public CA; ACME makes it free of charge.",
        .local =
            "For a partner with a private CA, name its PEM file as `roots` in a `[[s2s.rule]]` "
            "for that domain; for a single self-signed certificate, agree on `pins`.",
    },
    ReasonInfo{
        .reason = Reason::kUntrustedIssuer,
        .id = "untrusted_issuer",
        .sentence = "The issuer of your certificate is not trusted here[: {issuer}].",
        .at_home = "The issuer of the certificate of {they} is not trusted here[: {issuer}].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kWithPins,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning = "The chain ends at an issuer that is not trusted here.",
        .remote = "Use a certificate of a public CA, or agree with the operator on your CA.",
        .local =
            "Check that the system's CA bundle is up to date, or name the partner's CA as `roots` "
            "in a `[[s2s.rule]]` for that domain.",
    },
    ReasonInfo{
        .reason = Reason::kMissingIntermediate,
        .id = "missing_intermediate",
        .sentence = "Your server did not send the certificate of the issuer[ {issuer}][ "
                    "({detail})]. Use the full chain file.",
        .at_home = "The certificate of the issuer[ {issuer}] was not sent by {they}[ ({detail})].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kWithPins,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-not-trusted",
        .weight = Weight::kExplained,
        .meaning =
            "The server sent its certificate without the intermediate that leads to a trusted "
            "root. Nothing is ever fetched to fill the gap. The refusal says how many "
            "certificates came, the issuer's name and key id, and the address at which the "
            "certificate says its issuer's can be had.",
        .remote = "Configure the full chain file (`fullchain.pem`), not the leaf alone.",
        .local =
            "A `[[s2s.exception]]` with the partner's pin can bridge the time until it is mended.",
    },
    ReasonInfo{
        .reason = Reason::kExpired,
        .id = "expired",
        .sentence = "Your certificate expired[ on {date}]. Renew it and reload your server.",
        .at_home = "The certificate of {they} expired[ on {date}].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kAllowed,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-expired",
        .weight = Weight::kExplained,
        .meaning = "The certificate's validity is over.",
        .remote = "Renew it and reload the server; check that renewal also reloads.",
        .local =
            "Check the clock of this machine if many peers expire at once. A `[[s2s.exception]]` "
            "can bridge the time until it is renewed.",
    },
    ReasonInfo{
        .reason = Reason::kNotYetValid,
        .id = "not_yet_valid",
        .sentence = "Your certificate is not valid yet[, but from {date} on]. Check both clocks.",
        .at_home = "The certificate of {they} is not valid yet[, but from {date} on].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kAllowed,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "validation-failure",
        .weight = Weight::kExplained,
        .meaning = "The certificate's validity has not begun.",
        .remote = "Check the server's clock at the time of issue.",
        .local = "Check the clock of this machine. A `[[s2s.exception]]` can bridge the time.",
    },
    ReasonInfo{
        .reason = Reason::kChainExpired,
        .id = "chain_expired",
        .sentence = "The CA certificate {subject} in your chain is outside its validity[ "
                    "({date})]. Install the current chain.",
        .at_home = "The CA certificate {subject} in the chain of {they} is outside its validity[ "
                   "({date})].",
        .condition = "not-authorized",
        .always_enforced = false,
        .waiver = Waiver::kAllowed,
        .audience = Audience::kRemoteAdmin,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kUntrustedCertificate,
        .tlsrpt = "certificate-expired",
        .weight = Weight::kExplained,
        .meaning = "A CA certificate in the chain is outside its validity, and no other path to a "
                   "trusted root was found.",
        .remote = "Install the chain the CA hands out today.",
        .local = "Update the system's CA bundle. A `[[s2s.exception]]` can bridge the time.",
    },
    ReasonInfo{
        .reason = Reason::kChainInvalid,
        .id = "chain_invalid",
        .sentence = "Your certificate chain is invalid[: {detail}].",
        .at_home = "The certificate chain of {they} is invalid[: {detail}].",
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
        .meaning =
            "The chain breaks a rule of RFC 5280: a CA flag, path length, signature, critical "
            "extension or version.",
        .remote = "Have the chain issued again; the detail names the rule.",
        .local =
            "For a private CA, set `x509_strict = false` in its `[[s2s.rule]]` if only the letter "
            "of RFC 5280 is broken.",
    },
};

}  // namespace portcullis::policy
