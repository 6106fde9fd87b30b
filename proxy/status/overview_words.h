#pragma once

#include <string>
#include <string_view>

#include "proxy/status/overview.h"

namespace portcullis::status {

// Words that the text and the page share.

std::string_view words(StreamKind kind);            // "from servers"
std::string_view mode_sentence(policy::Mode mode);  // what it means
std::string capture_sentence(const CaptureState& capture);
std::string reload_sentence(const Overview& overview);
std::string_view state_of(const BackendRow& row);  // "up", "down", "not the backend", "unknown"
std::string certificate_name(const CertificateRow& row);
std::string days_text(const Overview& overview, const CertificateRow& row);  // "12 days", "over"
// What the local operator can do, without the marks of Markdown.
std::string hint_for(policy::Reason reason);

}  // namespace portcullis::status
