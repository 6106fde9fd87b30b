#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"
#include "proxy/net/loop.h"
#include "proxy/net/socket_address.h"
#include "proxy/net/srv_rdata.h"

namespace portcullis::net {

// Many look-ups at a time, for people who want to see what DNS says. Streams are found by Resolver.
class RecordSurvey {
 public:
  static constexpr std::size_t kMostNames = 256;  // of each round; what is more is not asked
  static constexpr std::size_t kMostRecords = 16;

  struct Question {
    std::vector<std::string> services;  // "_xmpp-server._tcp.a.example"
    std::vector<std::string> hosts;     // whose addresses are wanted, beside those of all targets
  };
  struct Service {
    bool is_known = false;
    std::string status;  // "NXDOMAIN", "no answer"; printable
    std::vector<SrvRecord> records;
    // Of records whose target is an address, written as if it were a name. RFC 2782 does not allow
    // that, and some programs follow it.
    std::vector<SocketAddress> literals;
  };
  struct Host {
    bool is_known = false;
    std::vector<SocketAddress> addresses;  // port 0
  };
  struct Answer {
    std::unordered_map<std::string, Service> services;
    std::unordered_map<std::string, Host> hosts;  // by A-labels
    std::string asked;                            // asked_resolvers()
  };
  using Done = std::function<void(Answer)>;

  // `servers` as for Resolver::make(). `done` is called once, never before this returns, and at the
  // latest after `at_most`, with what is known then; it must not destroy this.
  static Result<std::unique_ptr<RecordSurvey>> begin(Loop& loop,
                                                     const std::vector<Endpoint>& servers,
                                                     Question question,
                                                     std::chrono::milliseconds at_most, Done done);
  ~RecordSurvey();
  RecordSurvey(const RecordSurvey&) = delete;
  RecordSurvey& operator=(const RecordSurvey&) = delete;

 private:
  struct Impl;
  explicit RecordSurvey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
