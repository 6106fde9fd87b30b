#include <fmt/format.h>

#include <string_view>

#include "policy/model/backend_kind.h"
#include "proxy/doctor/backend_answer.h"
#include "proxy/doctor/checks.h"

namespace portcullis::doctor {
namespace {

using examine::Findings;
using examine::Login;
using examine::Stage;
using policy::Reason;

bool is_xml_fault(Reason reason) {
  return reason == Reason::kXmlInvalid || reason == Reason::kXmlRestricted ||
         reason == Reason::kStanzaTooBig || reason == Reason::kNegotiationTooLong;
}

// What servers say to who shows no certificate that they trust, or no TLS.
bool demands_more(std::string_view condition) {
  return condition == "not-authorized" || condition == "policy-violation" ||
         condition == "unsupported-feature";
}

bool is_c2s(const BackendPort& port) {
  return port.kind == StreamKind::kC2s;
}

// "the server of a.example (s2s at 127.0.0.1:15269)"
std::string who(const BackendFacts& backend, const BackendPort& port) {
  return fmt::format("the server of {} ({} at {})", backend.domain.a_label(),
                     is_c2s(port) ? "c2s" : "s2s", port.endpoint.text());
}

// `hint` as what to do in that server.
std::string in_server(const BackendFacts& backend, std::string_view hint) {
  if (hint.empty()) return {};
  return fmt::format("In {}: {}.", policy::info(backend.kind).title,
                     policy::with_local_ca(hint, backend.local_ca));
}

class BackendCheck {
 public:
  BackendCheck(const BackendFacts& backend, Report& report) : backend_(backend), report_(report) {}

  void run() {
    if (backend_.s2s) look_at_s2s(*backend_.s2s);
    if (backend_.c2s) look_at_c2s(*backend_.c2s);
    for (const auto& alias : backend_.aliases)
      if (alias.answer && says_unknown(*alias.answer))
        report_.add(Finding::kBackendUnknownDomain, alias.path,
                    fmt::format("the server of {} says that it does not serve {}",
                                backend_.domain.a_label(), alias.name.a_label()));
    if (!backend_.not_asked.empty())
      report_.add(Finding::kBackendNotAsked, backend_.path,
                  fmt::format("the server of {} was not asked everything: {}",
                              backend_.domain.a_label(), backend_.not_asked));
  }

 private:
  static bool says_unknown(const Findings& answer) {
    return answer.failure && answer.failure->condition == "host-unknown";
  }

  void tell(Finding finding, const BackendPort& port, std::string_view what,
            std::string todo = {}) {
    report_.add(finding, port.path, fmt::format("{} {}", who(backend_, port), what),
                std::move(todo));
  }

  // Whether a stream came about, so that what it says means something.
  bool speaks(const BackendPort& port) {
    if (!port.no_address.empty()) {
      tell(Finding::kBackendUnreachable, port, "cannot be found: " + port.no_address);
      return false;
    }
    if (!port.answer) return false;
    const auto& answer = *port.answer;
    if (answer.failure && answer.failure->stage == Stage::kConnecting) {
      tell(Finding::kBackendUnreachable, port,
           "takes no connection: " + detail_of(answer.failure->refusal));
      return false;
    }
    if (lacks_answer(answer, port.configured)) {
      tell_mute(port, answer);
      return false;
    }
    return is_right_port(port, answer);
  }

  void tell_mute(const BackendPort& port, const Findings& answer) {
    const bool sends = port.configured != policy::ProxyProtocol::kOff;
    const auto key = is_c2s(port) ? "c2s_proxy_protocol" : "s2s_proxy_protocol";
    const auto other = sends ? policy::ProxyProtocol::kOff : policy::ProxyProtocol::kV2;
    if (port.other_way && !lacks_answer(*port.other_way, other)) {
      if (sends)
        tell(Finding::kBackendTakesNoProxy, port,
             fmt::format("does not understand the PROXY header that {} has the gate send; without "
                         "one it answers",
                         key),
             fmt::format("Set {} = \"off\" in [host.backend], or switch it on in your server.",
                         key));
      else
        tell(Finding::kBackendWantsProxy, port,
             "answers only behind a PROXY header, which the gate does not send",
             fmt::format("Set {} = \"v2\" in [host.backend], or switch it off in your server.",
                         key));
      return;
    }
    if (!answer.failure) return;
    if (is_xml_fault(answer.failure->refusal.reason))
      tell(Finding::kBackendNotXmpp, port,
           "does not speak XMPP: " + detail_of(answer.failure->refusal));
    else
      tell(Finding::kBackendSilent, port,
           "takes connections, but says nothing: " + detail_of(answer.failure->refusal));
  }

  bool is_right_port(const BackendPort& port, const Findings& answer) {
    const auto& expected = is_c2s(port) ? xmpp::ns::kClient : xmpp::ns::kServer;
    const auto& other = is_c2s(port) ? xmpp::ns::kServer : xmpp::ns::kClient;
    const bool refuses_ours = answer.failure && answer.failure->condition == "invalid-namespace";
    if (answer.content_ns == other || (refuses_ours && answer.content_ns == expected)) {
      tell(Finding::kBackendPortsSwapped, port,
           is_c2s(port) ? "is a port for other servers, not for clients"
                        : "is a port for clients, not for other servers");
      return false;
    }
    if (answer.content_ns != expected) {
      tell(Finding::kBackendNotXmpp, port,
           fmt::format("is a port for something else: its stream is of \"{}\"", answer.content_ns));
      return false;
    }
    return true;
  }

  // What ends a stream of any kind; true where nothing did.
  bool is_served(const BackendPort& port, const Findings& answer) {
    if (says_unknown(answer)) {
      tell(Finding::kBackendUnknownDomain, port, "says that it does not serve this domain");
      return false;
    }
    return true;
  }

  // The leg demands TLS; true where it came about.
  bool is_secured(const BackendPort& port, const Findings& answer) {
    if (port.is_pinned == false)
      tell(Finding::kBackendKeyNotPinned, port,
           "shows the key " + port.shown_key + ", which is not pinned");
    if (answer.tls) return true;
    if (!answer.failure) return false;
    const auto& failure = *answer.failure;
    if (failure.stage == Stage::kHandshake)
      tell(Finding::kBackendTlsFailed, port,
           "does not finish the TLS handshake: " + detail_of(failure.refusal));
    else if (failure.refusal.reason == Reason::kStarttlsNotOffered ||
             failure.refusal.reason == Reason::kUnsupportedVersion)
      tell(Finding::kBackendWithoutTls, port, "offers no STARTTLS");
    else
      tell_refused(port, failure);
    return false;
  }

  void tell_refused(const BackendPort& port, const Findings::Failure& failure) {
    tell(Finding::kBackendRefused, port, "ends the stream: " + detail_of(failure.refusal));
  }

  void look_at_s2s(const BackendPort& port) {
    if (!speaks(port)) return;
    const auto& answer = *port.answer;
    if (!is_served(port, answer)) return;
    if (backend_.auth == policy::BackendAuth::kDialback) return look_at_dialback(port, answer);
    if (!is_secured(port, answer)) return;
    look_at_trust(port, answer);
    look_at_strictness(port, answer);
    if (!backend_.has_sent)
      report_.add(Finding::kBackendTrustUnseen, port.path,
                  fmt::format("whether the server of {} accepts the gate's certificates on streams "
                              "that it opens itself cannot be seen from outside",
                              backend_.domain.a_label()));
  }

  // Servers older than XMPP 1.0 say nothing of what they do.
  void look_at_dialback(const BackendPort& port, const Findings& answer) {
    if (!answer.failure || answer.failure->refusal.reason == Reason::kUnsupportedVersion) return;
    if (demands_more(answer.failure->condition))
      tell(Finding::kBackendWithoutDialback, port,
           "ends a stream without a certificate: " + detail_of(answer.failure->refusal));
    else
      tell_refused(port, *answer.failure);
  }

  void look_at_trust(const BackendPort& port, const Findings& answer) {
    const auto& hints = policy::info(backend_.kind).hints;
    const auto distrusts = [&](const std::string& what) {
      tell(Finding::kBackendDistrusts, port, what, in_server(backend_, hints.trust));
    };
    switch (answer.login) {
      case Login::kAccepted:
        return;
      case Login::kNotOffered:
        return distrusts(
            "offers no SASL EXTERNAL to a certificate that the local CA has made, so it does not "
            "trust that CA");
      case Login::kDeclined:
        return distrusts("refuses a certificate that the local CA has made: " + answer.login_words);
      case Login::kNotTried:
        break;
    }
    if (!answer.failure) return;
    if (demands_more(answer.failure->condition))
      distrusts("ends a stream with a certificate that the local CA has made: " +
                detail_of(answer.failure->refusal));
    else
      tell_refused(port, *answer.failure);
  }

  // What it demands of a stream that nobody authenticates; empty: nothing.
  static std::string demand_of(const Findings& with_certificate, const Findings& anonymous) {
    if (with_certificate.clear && with_certificate.clear->starttls_required)
      return "it demands TLS, which some servers do not have";
    if (anonymous.failure && demands_more(anonymous.failure->condition))
      return "it ends a stream without a certificate that it trusts (" +
             anonymous.failure->condition + ")";
    if (anonymous.secured && !anonymous.secured->dialback)
      return "it does not offer server dialback";
    return {};
  }

  void look_at_strictness(const BackendPort& port, const Findings& answer) {
    if (!backend_.anonymous) return;
    const auto& anonymous = *backend_.anonymous;
    const auto& hints = policy::info(backend_.kind).hints;
    const auto demand = demand_of(answer, anonymous);
    if (backend_.observes && !demand.empty())
      tell(Finding::kBackendTooStrict, port, "refuses what observe mode lets through: " + demand,
           in_server(backend_, hints.observe));
    const bool takes_dialback = anonymous.secured && anonymous.secured->dialback;
    if (!backend_.observes && takes_dialback)
      tell(Finding::kBackendTooLenient, port, "offers server dialback to who shows no certificate",
           in_server(backend_, hints.dialback));
  }

  void look_at_c2s(const BackendPort& port) {
    if (!speaks(port)) return;
    const auto& answer = *port.answer;
    if (!is_served(port, answer)) return;
    if (backend_.client_tls) {
      if (!is_secured(port, answer)) return;
      if (answer.secured)
        look_at_logins(port, *answer.secured);
      else if (answer.failure)
        tell_refused(port, *answer.failure);
      return;
    }
    if (answer.clear) return look_at_logins(port, *answer.clear);
    // Logins older than XMPP 1.0 are not announced.
    if (answer.failure && answer.failure->refusal.reason != Reason::kUnsupportedVersion)
      tell_refused(port, *answer.failure);
  }

  void look_at_logins(const BackendPort& port, const examine::Offer& offer) {
    if (!offer.mechanisms.empty() || offer.sasl2) return;
    const auto& hints = policy::info(backend_.kind).hints;
    tell(Finding::kBackendWithoutLogin, port,
         offer.starttls ? "offers no login before TLS" : "offers no login",
         in_server(backend_, backend_.client_tls ? hints.client_tls : hints.clients));
  }

  const BackendFacts& backend_;
  Report& report_;
};

}  // namespace

void check_backend(const BackendFacts& backend, Report& report) {
  BackendCheck(backend, report).run();
}

}  // namespace portcullis::doctor
