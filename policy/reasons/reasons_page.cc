#include "policy/reasons/reasons_page.h"

#include <string_view>

#include "policy/reasons/reason_text.h"

namespace portcullis::policy {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Written from the tables of policy/ by "cmake --build BUILD --target docs". -->

# Reasons

Every refusal has exactly one reason out of this closed list. The same word is the `reason` of a log line, the `reason`
label of a metric and the `<reason xmlns='urn:xmpp:portcullis:0'/>` in the stream error that the other side receives. With
the word comes a sentence in `<text/>` for its admin. The first check that fails names the reason, in this order: policy of
federation, TLS version, certificate. Whatever else fails stands in the log.

"Told" is what the other side reads, with `policy.contact` and `policy.help_url` behind it. "At home" is what this side
reads of the same refusal: the operator in the log, and a user in the bounce of what he sent. `{they}` is the domain whose
fault it is, `{remote}` the other domain and `{local}` the one served here; what stands in `[]` is left out if it is not known.
Where there is no "At home", everybody reads the same.

"Stream error" is the condition of RFC 6120 section 4.9.3. Where the TLS handshake itself fails, a peer sees a TLS alert
and no stream error; the condition is then what the backend is told on an outgoing stream.

"Fault of" says whose doing it usually is; `portcullis report` counts a refusal against the remote server where it is that
server's. The label `fault` of `portcullis_streams_rejected_total` says it for each kind of stream. "Streams" names the kinds
of streams that can be refused for it, and says whether it can end a stream that is established. "Observe mode" says whether
`mode = "observe"` lets it pass, unauthenticated, or refuses it like `mode = "enforce"`. "Exception" says whether a
`[[s2s.exception]]` may waive it; "only with pins" means that without the agreed key nothing would say who the peer is.
"TLSRPT" is the nearest result type of RFC 8460 section 4.3. `portcullis explain` shows the same on the command line.
)";

void append(std::string& page, std::string_view label, std::string_view text) {
  page += "- " + std::string(label) + ": " + std::string(text) + "\n";
}

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

}  // namespace

std::string reasons_page() {
  std::string page(kIntroduction);
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto& reason = info(reason_at(i));
    page += "\n## " + std::string(reason.id) + "\n\n" + std::string(reason.meaning) + "\n\n";
    append(page, "Told", "\"" + std::string(reason.sentence) + "\"");
    if (!reason.at_home.empty()) append(page, "At home", "\"" + std::string(reason.at_home) + "\"");
    append(page, "Stream error", code(reason.condition));
    append(page, "Fault of", blame_words(reason.blame));
    append(page, "Streams", stream_words(reason));
    append(page, "Observe mode", reason.always_enforced ? "refused" : "passes");
    append(page, "Exception", waiver_words(reason.waiver));
    if (!reason.tlsrpt.empty()) append(page, "TLSRPT", code(reason.tlsrpt));
    append(page, "Remote admin", reason.remote);
    append(page, "Local operator", reason.local);
  }
  return page;
}

}  // namespace portcullis::policy
