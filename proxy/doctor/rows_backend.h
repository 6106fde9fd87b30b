#pragma once

#include <array>

#include "proxy/doctor/finding.h"

namespace portcullis::doctor {

// What is found on the way between the gate and the operator's own server.
inline constexpr std::array kBackendRows{
    FindingInfo{.finding = Finding::kBackendUnreachable,
                .id = "backend_unreachable",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "Your own server takes no connection where the configuration says it "
                         "does.",
                .why = "Nobody can speak with it: streams are refused with "
                       "`backend_unavailable`.",
                .todo = "Start it, or correct the address in [host.backend]."},
    FindingInfo{.finding = Finding::kBackendSilent,
                .id = "backend_silent",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "Your own server takes connections, but does not answer.",
                .why = "It hangs, is overloaded, or waits for a PROXY header that it does not "
                       "get. Streams are refused with `backend_unavailable`.",
                .todo = "See its log, and whether that is the right port."},
    FindingInfo{.finding = Finding::kBackendNotXmpp,
                .id = "backend_not_xmpp",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "What answers at the port of your own server does not speak XMPP as it "
                         "should.",
                .why = "It is another program, or a port for something else (components, web).",
                .todo = "Correct the port in [host.backend]."},
    FindingInfo{.finding = Finding::kBackendPortsSwapped,
                .id = "backend_ports_swapped",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "The port for servers is one for clients, or the other way round.",
                .why = "No stream comes about.",
                .todo = "Swap `s2s` and `c2s` in [host.backend], or correct the wrong one."},
    FindingInfo{.finding = Finding::kBackendWantsProxy,
                .id = "backend_wants_proxy",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "Your own server answers only behind a PROXY header, which the "
                         "configuration does not have the gate send.",
                .why = "No stream comes about.",
                .todo = "Set `c2s_proxy_protocol` or `s2s_proxy_protocol` in [host.backend] to "
                        "\"v2\", or switch it off in your server."},
    FindingInfo{.finding = Finding::kBackendTakesNoProxy,
                .id = "backend_takes_no_proxy",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "The configuration has the gate send a PROXY header, which your own "
                         "server does not understand: without one it answers.",
                .why = "No stream comes about.",
                .todo = "Set `c2s_proxy_protocol` or `s2s_proxy_protocol` in [host.backend] to "
                        "\"off\", or switch it on in your server."},
    FindingInfo{.finding = Finding::kBackendUnknownDomain,
                .id = "backend_unknown_domain",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "Your own server says that it does not serve a domain or alias of this "
                         "configuration.",
                .why = "Streams to that name are refused.",
                .todo = "Prosody: VirtualHost or Component; ejabberd: hosts, or a module with that "
                        "host. Or take the name out of `domain` or `aliases`. An external "
                        "component must run for its name to be known."},
    FindingInfo{.finding = Finding::kBackendWithoutTls,
                .id = "backend_without_tls",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "Your own server offers no STARTTLS on a leg where the configuration "
                         "demands TLS.",
                .why = "It cannot prove who it is, and streams are refused.",
                .todo = "Give it a certificate and switch TLS on; or, for servers without it, "
                        "`s2s_auth = \"dialback\"`, or `c2s_tls = \"off\"`."},
    FindingInfo{.finding = Finding::kBackendTlsFailed,
                .id = "backend_tls_failed",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "The TLS handshake with your own server fails.",
                .why = "Streams are refused.",
                .todo = "See its log. It needs TLS 1.2 or later, and a certificate."},
    FindingInfo{.finding = Finding::kBackendKeyNotPinned,
                .id = "backend_key_not_pinned",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "The key that your own server shows is not that of a certificate in "
                         "`certificate` of [host.backend].",
                .why = "The gate takes it for an impostor: streams are refused with "
                       "`backend_certificate_mismatch`. If its certificate was renewed with a new "
                       "key, the pinned file is old; if not, look what listens there.",
                .todo = "Copy the certificate that your server shows into that file."},
    FindingInfo{.finding = Finding::kBackendDistrusts,
                .id = "backend_distrusts",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "Your own server does not accept a certificate of the local CA: SASL "
                         "EXTERNAL was not offered, or was refused. A certificate for a made-up "
                         "domain was shown.",
                .why = "No other server can be authenticated toward it: streams are refused with "
                       "`backend_misconfigured`.",
                .todo = "Let it trust `ca.pem` of the local CA, for servers."},
    FindingInfo{.finding = Finding::kBackendTooStrict,
                .id = "backend_too_strict",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "The policy observes, but your own server refuses streams that are not "
                         "authenticated by a certificate, or not encrypted.",
                .why = "What observe mode lets through, your server refuses: mail is lost with "
                       "servers that worked before.",
                .todo =
                    "Give your server its lines for observe mode: `portcullis explain prosody` (or "
                    "ejabberd, openfire) names them."},
    FindingInfo{.finding = Finding::kBackendTooLenient,
                .id = "backend_too_lenient",
                .check = Check::kBackend,
                .severity = Severity::kWarning,
                .means = "The policy enforces, but your own server would take streams that are not "
                         "authenticated by a certificate.",
                .why = "The gate does not let such streams through, but what reaches your server "
                       "past it, by mistake or by another process of this machine, is accepted.",
                .todo = "Give your server its strict lines back, so that it fails closed."},
    FindingInfo{.finding = Finding::kBackendWithoutDialback,
                .id = "backend_without_dialback",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "`s2s_auth = \"dialback\"`, but your own server demands TLS or a "
                         "certificate, or ends a stream without one.",
                .why = "The gate cannot authenticate other servers toward it.",
                .todo = "Switch dialback on in your server; or leave `s2s_auth` at \"tls\", if it "
                        "knows SASL EXTERNAL."},
    FindingInfo{.finding = Finding::kBackendWithoutLogin,
                .id = "backend_without_login",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "Your own server offers clients no way to log in on the leg from the "
                         "gate.",
                .why = "TLS of clients ends at the gate. If your server demands TLS itself, nobody "
                       "can log in.",
                .todo = "Prosody: c2s_require_encryption = false; ejabberd: no starttls_required "
                        "on that listener; or `c2s_tls = \"starttls\"` in [host.backend]."},
    FindingInfo{.finding = Finding::kBackendRefused,
                .id = "backend_refused",
                .check = Check::kBackend,
                .severity = Severity::kError,
                .means = "Your own server ended the stream of this command for another reason.",
                .why = "It is likely to refuse the gate's streams, too.",
                .todo = "See its log."},
    FindingInfo{.finding = Finding::kBackendTrustUnseen,
                .id = "backend_trust_unseen",
                .check = Check::kBackend,
                .severity = Severity::kNote,
                .means = "Whether your own server accepts the gate's certificates on streams that "
                         "it opens itself cannot be seen from outside: only a stream of its own "
                         "shows it.",
                .why = "If it does not, nothing of your users reaches other servers.",
                .todo = "Have a user write to another server, and look for `kind=s2s_out` in the "
                        "log of the gate."},
    FindingInfo{.finding = Finding::kBackendNotAsked,
                .id = "backend_not_asked",
                .check = Check::kBackend,
                .severity = Severity::kNote,
                .means = "Your own server could not be asked all questions: certificates or keys "
                         "of the configuration could not be loaded, there are too many hosts, or "
                         "time was over.",
                .why = "What is wrong there is not known.",
                .todo = "Mend the errors first; then run this command again, as root."},
};

}  // namespace portcullis::doctor
