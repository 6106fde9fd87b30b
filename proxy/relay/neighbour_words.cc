#include "proxy/relay/neighbour_words.h"

#include <string>

#include "proxy/net/inner_addresses.h"

namespace portcullis::relay {
namespace {

// Most sentences of the table have the name in them.
policy::Refusal in_its_name(const policy::Refusal& refusal, const policy::Ends& ends) {
  const auto text = policy::at_home(refusal, ends);
  const bool is_named = refusal.arguments && text.find(ends.local) != std::string::npos;
  const auto whose = is_named ? "" : "Toward " + std::string(ends.local) + ": ";
  return {refusal.reason, policy::printable(whose + text, 512)};
}

}  // namespace

session::FarFailed of_neighbour(session::FarFailed failed, const StreamPair& pair) {
  const auto& name = pair.remote->a_label();
  const policy::Ends ends{StreamKind::kS2sInbound, pair.local.a_label(), name};
  const auto reason = failed.refusal.reason;
  // Inner addresses are nothing that users of another server need.
  if (!failed.told && policy::is_about_us(reason))
    failed.told = policy::refuse(reason, {{"detail", "the log of this gate says why"}});
  if (!failed.told) failed.told = failed.refusal;
  failed.told = in_its_name(*failed.told, ends);
  failed.told->text = net::without_inner_addresses(failed.told->text);
  failed.refusal = in_its_name(failed.refusal, ends);
  return failed;
}

}  // namespace portcullis::relay
