#include "proxy/xmpp/hop_features_page.h"

#include <string_view>

#include "proxy/xmpp/hop_features.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Written from the table in proxy/xmpp/hop_features.cc by "cmake --build BUILD --target docs". -->

# Features of one connection

Most stream features say what a server can do. These say what holds on one connection, and a bridge has two. So the gate
decides about each of them:

| word | meaning |
|---|---|
| drop | it is not offered |
| own | the gate offers it by itself, and nothing of the far end's |
| merge | the gate offers what holds for itself and for the far end |
| pass | it is offered as the far end offers it |

All other features of your server pass to its clients. Toward servers, in both directions, the gate says nothing that is
not in this table.

| feature | to clients | to servers | why |
|---|---|---|---|
)";

constexpr std::string_view kLimits = R"(
## Stream limits

`<limits/>` is always there, also where your server announces none. `max-bytes` is the smaller of what your server
announces and `limits.stanza_bytes`, before a client's login of `limits.negotiation_bytes`; `idle-seconds` the smaller of
its own and `limits.idle`, before the login `limits.login`. A value that is no number above 0 counts as none.

Another server that connects is told what your server announces once it is authenticated. Your server, when it connects to
another one, is told what that one announced under TLS before the login: it does not have to wait for more.
)";

}  // namespace

std::string hop_features_page() {
  std::string page(kIntroduction);
  for (const auto& feature : hop_features()) {
    page.append("| ").append(feature.title).append(" `").append(feature.ns).append("` | ");
    page.append(name(feature.clients)).append(" | ").append(name(feature.servers)).append(" | ");
    page.append(feature.why).append(" |\n");
  }
  return page.append(kLimits);
}

}  // namespace portcullis::xmpp
