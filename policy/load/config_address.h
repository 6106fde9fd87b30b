#pragma once

#include <string>

namespace portcullis::policy {

// What is known of the host part of an endpoint without asking anybody: a name may lead anywhere,
// except "localhost". Names below it are kept for loopback, too (RFC 6761), but many resolvers ask
// DNS for them.
bool is_loopback(const std::string& host);
// Every address of the machine: "0.0.0.0", "::".
bool is_wildcard(const std::string& host);

}  // namespace portcullis::policy
