#pragma once

#include <string>

namespace portcullis::policy {

// What stands behind the table of [outbound]: which addresses are called, and the ways of capture.
void append_outbound(std::string& page);

}  // namespace portcullis::policy
