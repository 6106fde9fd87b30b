#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about the TLS handshake. A part of the table in reason.cc.
inline constexpr std::array kTlsRows{
    ReasonInfo{
        .reason = Reason::kTlsVersionTooLow,
        .id = "tls_version_too_low",
        .sentence =
            "{version} was offered, but {min} is the least accepted here. Update your TLS library.",
        .at_home = "The TLS version of {they} is too low: it is {version}, and {min} is the least "
                   "accepted.",
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
        .at_home = "Key exchange by RSA is all that {they} offered, and it has no forward secrecy.",
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
            "TLS failed: no cipher suite, group or signature algorithm in common[ ({detail})].",
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
        .sentence = "The TLS handshake failed[: {detail}].",
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
    ReasonInfo{
        .reason = Reason::kDirectTlsRefused,
        .id = "direct_tls_refused",
        .sentence = "TLS was begun directly, which does not do here. Please tell the administrator "
                    "of this server.",
        .at_home = "TLS was begun directly by the XMPP server of {local}, and that does not do "
                   "here[: {detail}].",
        .condition = "policy-violation",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The backend began with direct TLS (XEP-0368) at `outbound.listen`, and there is no "
            "certificate to answer it with: its ClientHello names no domain (SNI), none that can "
            "be answered, or another one than its stream header; or the domain is in observe "
            "mode, for which only STARTTLS is served.",
        .remote = "Tell the operator of this server.",
        .local =
            "Read `detail` in the decision line. For domains in observe mode let the backend find "
            "port 5270 closed, as `portcullis egress` does, or hide `_xmpps-server` from it, as "
            "`capture = \"dns\"` does; then it uses STARTTLS.",
    },
};

}  // namespace portcullis::policy
