#include "proxy/relay/neighbour_words.h"

#include <string>
#include <utility>

namespace portcullis::relay {

session::FarFailed of_neighbour(session::FarFailed failed, const StreamPair& pair) {
  const auto& name = pair.remote->a_label();
  const policy::Ends ends{StreamKind::kS2sInbound, pair.local.a_label(), name};
  const auto reason = failed.refusal.reason;
  // Inner addresses are nothing that users of another server need.
  if (!failed.told && policy::is_about_us(reason)) {
    const auto told = policy::refuse(reason, {{"detail", "the log of this gate says why"}});
    failed.told = policy::Refusal{reason, policy::at_home(told, ends)};
  }
  // A sentence of the table has the name in it.
  const std::string whose = failed.refusal.arguments ? "" : "Toward " + name + ": ";
  failed.refusal = {reason, policy::printable(whose + policy::at_home(failed.refusal, ends), 512)};
  return failed;
}

}  // namespace portcullis::relay
