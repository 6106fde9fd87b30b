#include "proxy/session/backend_words.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proxy/session/ending.h"

namespace portcullis::session {
namespace {

using policy::Reason;

// What a condition is about, when it is said before our leg stands.
enum class Concern : std::uint8_t {
  kOurWords,  // how we write XML, headers and addresses; on an observed stream they are the peer's
  kService,   // whether it serves this domain, and what it offers us
  kProof,     // who we say that we are: the certificate that we made, where we show one
  kOthers,    // the other side: what it does, or who it is
  kItself,    // the backend: it stops, or has no room left
};

struct Row {
  std::string_view condition;
  Concern concern;
};
// RFC 6120 section 4.9.3, and two conditions of RFC 3920.
constexpr std::array kConditions{
    Row{"bad-format", Concern::kOurWords},
    Row{"bad-namespace-prefix", Concern::kOurWords},
    Row{"conflict", Concern::kOthers},
    Row{"connection-timeout", Concern::kOthers},
    Row{"host-gone", Concern::kItself},
    Row{"host-unknown", Concern::kService},
    Row{"improper-addressing", Concern::kOurWords},
    Row{"internal-server-error", Concern::kItself},
    Row{"invalid-from", Concern::kProof},
    Row{"invalid-id", Concern::kOurWords},
    Row{"invalid-namespace", Concern::kOurWords},
    Row{"invalid-xml", Concern::kOurWords},
    Row{"not-authorized", Concern::kProof},
    Row{"not-well-formed", Concern::kOurWords},
    Row{"policy-violation", Concern::kOthers},
    Row{"remote-connection-failed", Concern::kItself},
    Row{"reset", Concern::kItself},
    Row{"resource-constraint", Concern::kItself},
    Row{"restricted-xml", Concern::kOurWords},
    Row{"see-other-host", Concern::kOthers},
    Row{"system-shutdown", Concern::kItself},
    Row{"undefined-condition", Concern::kOthers},
    Row{"unsupported-encoding", Concern::kOurWords},
    Row{"unsupported-feature", Concern::kService},
    Row{"unsupported-stanza-type", Concern::kOurWords},
    Row{"unsupported-version", Concern::kOurWords},
    Row{"xml-not-well-formed", Concern::kOurWords},
};

Concern concern_of(std::string_view condition) {
  const auto* const found =
      std::find_if(kConditions.begin(), kConditions.end(),
                   [&](const Row& row) { return row.condition == condition; });
  return found == kConditions.end() ? Concern::kOthers : found->concern;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Whether the word stands in the text, by itself or as the begin of a longer one.
bool has_word(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return a == b || (is_letter(a) && (a ^ b) == 0x20); };
  for (auto at = text.begin();; ++at) {
    at = std::search(at, text.end(), word.begin(), word.end(), same);
    if (at == text.end()) return false;
    if (at == text.begin() || !is_letter(*(at - 1))) return true;
  }
}

}  // namespace

bool speaks_of_the_leg(std::string_view text) {
  constexpr std::array<std::string_view, 10> kWords{
      "certificate", "encrypt", "unencrypted", "starttls",       "tls",
      "ssl",         "sasl",    "dialback",    "proxy protocol", "authentication mechanism"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return has_word(text, word); });
}

namespace {

bool is_about_the_leg(BackendLeg leg, Concern concern, std::string_view text) {
  if (leg == BackendLeg::kStands) return false;
  if (speaks_of_the_leg(text)) return true;
  switch (concern) {
    case Concern::kOurWords:
      return leg != BackendLeg::kAnonymous;
    case Concern::kService:
      return true;
    case Concern::kProof:
      return leg == BackendLeg::kUnproved || leg == BackendLeg::kJudging ||
             leg == BackendLeg::kAsking;
    case Concern::kOthers:
    case Concern::kItself:
      return false;
  }
  return true;
}

std::string in_words(const xmpp::StreamErrorInfo& words) {
  const auto text = policy::without_full_stop(words.text);
  return text.empty() ? words.condition : words.condition + " (" + std::string(text) + ")";
}

// Names the setting that is most often at fault.
std::string_view advice(BackendLeg leg, StreamKind kind, std::string_view condition) {
  const bool client = kind == StreamKind::kC2s;
  if (condition == "host-unknown")
    return " Does it serve this domain? Prosody: VirtualHost or Component; ejabberd: hosts.";
  if (condition == "not-well-formed")
    return client
               ? " Can it read the PROXY header that c2s_proxy_protocol in [host.backend] has it "
                 "sent?"
               : " Can it read the PROXY header, if s2s_proxy_protocol in [host.backend] has it "
                 "sent?";
  if (client && condition == "policy-violation")
    return " If it wants TLS from clients, set c2s_tls = \"starttls\" in [host.backend].";
  if (leg == BackendLeg::kAsking &&
      (condition == "not-authorized" || condition == "policy-violation"))
    return " Does it take server dialback, without TLS or with a certificate that it does not "
           "know? Prosody: s2s_secure_auth = false; s2s_require_encryption = false; ejabberd: "
           "mod_s2s_dialback; s2s_use_starttls: optional; Openfire: xmpp.server.dialback.enabled "
           "= true; xmpp.server.tls.policy = optional.";
  if (!client && condition == "not-authorized")
    return " Most often it does not trust the local CA, or not any more after that was made anew: "
           "give it ca.pem of local_ca.directory. Prosody: s2s_ssl = { cafile = ... }; "
           "ejabberd: s2s_cafile; Openfire: the local CA in its truststore.";
  return {};
}

policy::Refusal for_the_log(BackendLeg leg, BackendMeaning meaning, StreamKind kind,
                            const xmpp::StreamErrorInfo& words) {
  const bool settings = meaning.reason == Reason::kBackendMisconfigured;
  return because(meaning.reason,
                 "The backend answered with a stream error: " + in_words(words) + "." +
                     std::string(settings ? advice(leg, kind, words.condition) : "") +
                     (settings ? " See its log." : ""));
}

policy::Refusal for_the_other_side(BackendMeaning meaning, const xmpp::StreamErrorInfo& words) {
  if (!meaning.condition_crosses) return policy::refuse(meaning.reason);
  if (!meaning.words_cross || words.text.empty())
    return policy::refuse(meaning.reason, {{"detail", words.condition}});
  return {meaning.reason, words.text};
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

// The place in `allowed` that <see-other-host/> names. It may leave out the port, and then means
// that of its kind of stream (RFC 6120 section 4.9.3.19).
const Endpoint* find_place(const std::vector<Endpoint>* allowed, StreamKind kind,
                           const std::string& named) {
  if (allowed == nullptr) return nullptr;
  const auto* const port = kind == StreamKind::kC2s ? ":5222" : ":5269";
  auto place = Endpoint::parse(named);
  if (!place) place = Endpoint::parse(named + port);
  if (!place) return nullptr;
  const auto found = std::find_if(allowed->begin(), allowed->end(), [&](const Endpoint& one) {
    return one.port == place->port && lower(one.host) == lower(place->host);
  });
  return found == allowed->end() ? nullptr : &*found;
}

// An address that others may not be sent to may be one of inside. Whoever was to go there is told
// that there is no room here, which is why servers say it.
void redirect(FarFailed& far, xmpp::ErrorDetail& detail, const std::string& named,
              const Endpoint* place) {
  if (place != nullptr) {
    detail.other_host = place->text();
    return;
  }
  far.condition = "resource-constraint";
  far.told = policy::refuse(far.refusal.reason, {{"detail", far.condition}});
  far.refusal = because(far.refusal.reason,
                        "The backend answered with a stream error: see-other-host (" + named +
                            "). That place is not in redirects of [host.backend], so the other "
                            "side was only told that there is no room.");
  detail = {};
}

}  // namespace

BackendMeaning meaning_of(BackendLeg leg, const xmpp::StreamErrorInfo& words) {
  const auto concern = concern_of(words.condition);
  if (is_about_the_leg(leg, concern, words.text))
    return {Reason::kBackendMisconfigured, false, false};
  const bool proved = leg != BackendLeg::kUnproved;
  if (concern == Concern::kItself) return {Reason::kBackendStopping, true, proved};
  return {Reason::kRefusedByBackend, true, proved};
}

FarFailed said_by_backend(BackendLeg leg, StreamKind kind, const xmpp::StreamErrorInfo& words,
                          const std::vector<Endpoint>* redirects) {
  const auto meaning = meaning_of(leg, words);
  FarFailed far{for_the_log(leg, meaning, kind, words), {}, for_the_other_side(meaning, words)};
  if (!meaning.condition_crosses) return far;
  far.condition = words.condition;
  auto detail = meaning.words_cross ? words.detail : xmpp::ErrorDetail{};
  if (words.condition == "see-other-host")
    redirect(far, detail, words.detail.other_host,
             meaning.words_cross ? find_place(redirects, kind, words.detail.other_host) : nullptr);
  if (detail != xmpp::ErrorDetail{})
    far.detail = std::make_shared<const xmpp::ErrorDetail>(std::move(detail));
  return far;
}

bool speaks_to_others(StreamKind expected, std::string_view content_ns) {
  return content_ns == (expected == StreamKind::kC2s ? xmpp::ns::kServer : xmpp::ns::kClient);
}

std::string swapped_ports(StreamKind expected) {
  const bool client = expected == StreamKind::kC2s;
  return std::string("What answers at ") + (client ? "c2s" : "s2s") +
         " of [host.backend] is a port for " + (client ? "other servers" : "clients") + ". Are " +
         (client ? "c2s and s2s" : "s2s and c2s") + " swapped there?";
}

std::string older_than_xmpp(StreamKind expected) {
  const std::string port = expected == StreamKind::kC2s ? "c2s" : "s2s";
  return "What answers at " + port +
         " of [host.backend] speaks a protocol older than XMPP 1.0. Is that the right port, and "
         "can it read the PROXY header, if " +
         port + "_proxy_protocol there has it sent?";
}

std::string about_proxy_header(StreamKind expected) {
  const std::string port = expected == StreamKind::kC2s ? "c2s" : "s2s";
  return "if it demands a PROXY header, or cannot read one, see " + port +
         "_proxy_protocol in [host.backend]";
}

}  // namespace portcullis::session
