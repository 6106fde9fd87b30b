#pragma once

#include <string>

namespace portcullis::telemetry {

// docs/log.md: every event, the fields that it may have, and what each means.
std::string log_page();

}  // namespace portcullis::telemetry
