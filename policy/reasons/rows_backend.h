#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about us and our backend. A part of the table in reason.cc.
inline constexpr std::array kBackendRows{
    ReasonInfo{
        .reason = Reason::kInternalError,
        .id = "internal_error",
        .sentence = "A fault on our side. Please tell the administrator of this server.",
        .at_home = "A fault in the gate of {local}[: {detail}].",
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
        .at_home = "The XMPP server of {local} is not available[: {detail}].",
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
        .at_home = "The settings of the XMPP server of {local} prevent this stream[: {detail}].",
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
                   "SASL EXTERNAL, the local CA is not trusted, the host is unknown to it; or it "
                   "sent what cannot be passed on.",
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
        .at_home = "The XMPP server of {local} does not offer STARTTLS[: {detail}].",
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
        .reason = Reason::kBackendWithoutBinding,
        .id = "backend_without_binding",
        .sentence =
            "A fault on our side prevents this stream. Please tell the administrator of this "
            "server.",
        .at_home = "The XMPP server of {local} cannot bind a client's login to the certificate[: "
                   "{detail}].",
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
            "`backend.channel_binding` is on, but a client's login cannot be bound. Either the "
            "backend does not offer `tls-server-end-point` after TLS: then the client is refused. "
            "Or it showed another certificate than the client was served: then only the log says "
            "so, and clients that bind their login are refused by the backend.",
        .remote = "Tell the operator of this server.",
        .local = "Give the backend the certificate that is served to clients, and the settings of "
                 "its guide; after a renewal, reload the backend. Where it cannot do this, remove "
                 "`channel_binding`.",
    },
    ReasonInfo{
        .reason = Reason::kRefusedByBackend,
        .id = "refused_by_backend",
        .sentence = "The server refuses this stream.",
        .at_home = "The XMPP server of {local} refuses this stream[: {detail}].",
        .condition = "policy-violation",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kPeer,
        .streams = Streams::kAll,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The backend itself does not want this peer or client, or ended the stream because of "
            "it: a server on its block list, an address that is locked out, a registration that it "
            "does not take, a second login with the same resource. The other side was told with "
            "the backend's own condition and text.",
        .remote = "Read the text of the error: it is that server's own.",
        .local = "Nothing, if your server does what you want. `detail` in the decision line has "
                 "its words, and `why` of an established stream its condition.",
    },
    ReasonInfo{
        .reason = Reason::kBackendStopping,
        .id = "backend_stopping",
        .sentence = "The server is about to stop, or has no room for this stream.",
        .at_home = "The XMPP server of {local} is about to stop, or has no room for this stream[: "
                   "{detail}].",
        .condition = "system-shutdown",
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
            "The backend said that it stops, restarts, no longer serves the domain, has no room "
            "or has failed itself. The other side was told with its own condition and text.",
        .remote = "Try again later.",
        .local = "Nothing, if you have just stopped your server. Otherwise read its log; `detail` "
                 "in the decision line has its words.",
    },
    ReasonInfo{
        .reason = Reason::kNotTheBackend,
        .id = "not_the_backend",
        .sentence =
            "Only the local XMPP server may use this connection, with the certificate agreed for "
            "it.",
        .at_home = "What answered or connected did not prove to be the XMPP server of {local}[: "
                   "{detail}].",
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
        .meaning = "Something that does not hold the backend's key connected to the outbound "
                   "listener, or answered in the backend's place.",
        .remote = "Nothing to do.",
        .local =
            "If the backend has a new key, update the file in `host.backend.certificate`; with "
            "`channel_binding`, reload the backend after the certificate that it shares with "
            "the gate was renewed. Otherwise find the program that connects.",
    },
    ReasonInfo{
        .reason = Reason::kBackendChanged,
        .id = "backend_changed",
        .sentence = "The way to the local XMPP server was set up anew. Please connect again.",
        .at_home = "The way to the XMPP server of {local} was set up anew.",
        .condition = "reset",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kNone,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "After a reload the backend's key is no longer in `host.backend.certificate`, "
                   "or `backend.c2s_tls` is on and the stream reaches it in the clear. Such "
                   "streams end one after the other, 50 a second on each event loop.",
        .remote = "Connect again.",
        .local = "To renew a key without ending anybody, list both keys for a while.",
    },
    ReasonInfo{
        .reason = Reason::kBackendTooStrict,
        .id = "backend_too_strict",
        .sentence =
            "The gate of this server lets this stream through for now, but the server itself "
            "refuses it[: {detail}]. Encrypt it, and show a certificate that is trusted.",
        .at_home =
            "Observe mode let this stream through, but the XMPP server of {local} refuses it[: "
            "{detail}].",
        .condition = "policy-violation",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kBetweenServers,
        .while_relaying = true,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning = "`mode = \"observe\"` let a stream through that `enforce` would refuse, and the "
                   "backend "
                   "refused it by its own settings. It demands encryption or a trusted "
                   "certificate, as the "
                   "strict lines of its guide tell it to. So servers are lost that observe mode "
                   "should keep.",
        .remote =
            "Offer encryption and a certificate that is trusted; then the stream is accepted.",
        .local = "Give the backend the lines for observe mode: `portcullis explain prosody` (or "
                 "ejabberd, ...) names them. Prosody: `s2s_secure_auth = false` and "
                 "`s2s_require_encryption = false`; ejabberd: `s2s_use_starttls: optional` and "
                 "`mod_s2s_dialback`.",
    },
    ReasonInfo{
        .reason = Reason::kLocalCaUnavailable,
        .id = "local_ca_unavailable",
        .sentence = "The local service is temporarily unavailable.",
        .at_home = "The local CA could not make a certificate[: {detail}].",
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
            "not be made: the process that holds the CA's key has ended or does not answer.",
        .remote = "Try again later.",
        .local = "Read the lines with `event=local_ca`, and whether the key in "
                 "`local_ca.directory` can be read by the user that Portcullis runs as.",
    },
};

}  // namespace portcullis::policy
