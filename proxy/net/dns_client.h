#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"
#include "proxy/net/dns_signed.h"
#include "proxy/net/loop.h"

struct ub_result;

namespace portcullis::net {

// What came back for one name and type.
struct DnsAnswer {
  enum class Outcome : std::uint8_t {
    kRecords,
    kNoRecords,  // NXDOMAIN, or the name has none of this type
    kFailed,     // SERVFAIL, REFUSED
    kNotInTime   // nobody has answered yet
  } outcome = Outcome::kFailed;
  std::vector<std::string> rdata;  // wire format, names uncompressed
  std::string status;              // "NXDOMAIN", "no records", "SERVFAIL", ...
  DnsSigned is_signed = {};
};

enum class DnsType : std::uint16_t { kA = 1, kAaaa = 28, kSrv = 33, kTlsa = 52 };

// libunbound with one thread of its own; answers arrive on the loop. Private to proxy/net.
class DnsClient {
  struct Impl;

 public:
  using OnAnswer = std::function<void(DnsAnswer)>;

  // A running query. Destroying it cancels it; this is allowed inside its own callback, too.
  class Query {
   public:
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

   private:
    friend class DnsClient;
    Query(std::weak_ptr<Impl> client, Loop::OwnerPtr owner, OnAnswer on_answer);
    static void on_result(void* query, int error, ub_result* result);

    std::weak_ptr<Impl> client_;
    Loop::OwnerPtr owner_;
    OnAnswer on_answer_;
    int id_ = 0;
    bool running_ = false;
  };

  // If `servers` is empty, the servers in /etc/resolv.conf are asked. With `trust_anchors`, a file
  // of DS or DNSKEY records, answers are validated by DNSSEC; those that are bogus are given all
  // the same.
  static Result<std::unique_ptr<DnsClient>> make(Loop& loop, const std::vector<Endpoint>& servers,
                                                 const std::string& trust_anchors = {});
  ~DnsClient();  // queries still running get no answer
  DnsClient(const DnsClient&) = delete;
  DnsClient& operator=(const DnsClient&) = delete;

  // `on_answer` is called once, and never before this function returns. nullptr means that
  // libunbound could not begin: it has no memory, or its thread is gone.
  std::unique_ptr<Query> ask(const std::string& name, DnsType type, OnAnswer on_answer);

  // Which servers it asks, and what says so: asked_resolvers().
  const std::string& asked() const;
  // How many queries were answered with records, or by word that there are none.
  std::uint64_t answered() const;

 private:
  explicit DnsClient(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

}  // namespace portcullis::net
