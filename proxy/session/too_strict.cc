#include "proxy/session/too_strict.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "proxy/session/backend_words.h"
#include "proxy/session/ending.h"

namespace portcullis::session {
namespace {

using policy::Reason;

// What Prosody and ejabberd say to a stream without TLS, to a certificate that they do not trust,
// and to server dialback that they do not do.
constexpr std::array<std::string_view, 3> kDemands{"not-authorized", "policy-violation",
                                                   "unsupported-stanza-type"};

constexpr std::string_view kWhatToChange =
    "; Prosody: s2s_secure_auth = false, s2s_require_encryption = false, and no modules_disabled = "
    "{ \"dialback\" }; ejabberd: s2s_use_starttls: optional, and mod_s2s_dialback";

}  // namespace

bool is_too_strict(const xmpp::StreamErrorInfo& words) {
  // Its block list has nothing to do with that.
  if (words.condition == "policy-violation" && !words.text.empty())
    return speaks_of_the_leg(words.text);
  return std::find(kDemands.begin(), kDemands.end(), words.condition) != kDemands.end();
}

FarFailed too_strict(const xmpp::StreamErrorInfo& words) {
  std::string said = words.condition;
  if (const auto text = policy::without_full_stop(words.text); !text.empty())
    said.append(" (").append(policy::printable(text, 80)).append(")");
  FarFailed far{too_strict(said), words.condition};
  far.told = policy::refuse(Reason::kBackendTooStrict, {{"detail", said}});
  return far;
}

policy::Refusal too_strict(std::string_view said) {
  return because(Reason::kBackendTooStrict,
                 "Observe mode let this stream through, but the backend refuses it: " +
                     std::string(said) + std::string(kWhatToChange) + ".");
}

Ending ending_of(const InputRefused& event, const LegContext& context) {
  const bool demands = context.side() == Side::kBackend && context.progress().observed &&
                       event.condition == "unsupported-stanza-type";
  return {demands ? too_strict("it begins STARTTLS or SASL, which was not offered") : event.refusal,
          event.condition};
}

}  // namespace portcullis::session
