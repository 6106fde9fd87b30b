#pragma once

#include <string>

#include "policy/model/config.h"
#include "policy/reasons/reason.h"
#include "proxy/examine/findings.h"

namespace portcullis::doctor {

// Half a sentence: why a stream was refused. Printable.
std::string detail_of(const policy::Refusal& refusal);

// Whether a connection came about and nothing that makes sense was said on it, so that another
// PROXY header may be the answer. `sent`: which one went before our stream.
bool lacks_answer(const examine::Findings& answer, policy::ProxyProtocol sent);

}  // namespace portcullis::doctor
