#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "proxy/status/overview.h"

namespace portcullis::status {

// How many streams stand, in the groups that an operator asks for.
struct Sums {
  struct Row {
    std::string_view name;  // a word of the label
    std::size_t streams = 0;
  };
  std::size_t inbound = 0;
  std::size_t outbound = 0;
  std::size_t clients = 0;
  std::size_t negotiating = 0;   // of all kinds
  std::vector<Row> tls;          // each version that occurs, the newest first; then without
  std::vector<Row> server_auth;  // each way, also those that do not occur
  std::vector<Row> client_auth;
};

// Of all hosts, or with a domain of one host.
Sums sums_of(const Overview& overview, std::string_view host = {});

}  // namespace portcullis::status
