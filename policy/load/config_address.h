#pragma once

#include <string>

namespace portcullis::policy {

// What is known of the host part of an endpoint without asking anybody: a name may lead anywhere,
// except those that RFC 6761 keeps for loopback ("localhost" and all below it).
bool is_loopback(const std::string& host);
// Every address of the machine: "0.0.0.0", "::".
bool is_wildcard(const std::string& host);

}  // namespace portcullis::policy
