#include "proxy/net/dns_client.h"

#include <unbound.h>

#include <array>
#include <fstream>
#include <utility>

#include "policy/reasons/reason.h"
#include "proxy/net/asked_resolvers.h"
#include "proxy/net/handle.h"

namespace portcullis::net {
namespace {

constexpr int kClassIn = 1;
constexpr std::size_t kMaxRecords = 128;

struct Option {
  const char* name;
  const char* value;
};

// Validation by DNSSEC costs time, so streams do without it. A server that was down must be asked
// again soon: federation stalls meanwhile. Negative answers are kept for a short time, because
// their usual reason is an operator who is about to correct the zone. libunbound takes only the
// answer to its last question, and by default it asks again after less than half a second: a
// resolver that needs two seconds for each answer would be too late again and again. Each time it
// waits twice as long; a server for which it would have to wait infra-cache-max-rtt is taken for
// dead, and then only one question at a time is still sent.
constexpr std::array kOptions{
    Option{"do-not-query-localhost:", "no"},      Option{"infra-host-ttl:", "60"},
    Option{"infra-keep-probing:", "yes"},         Option{"infra-cache-max-rtt:", "30000"},
    Option{"unknown-server-time-limit:", "1500"}, Option{"infra-cache-min-rtt:", "1500"},
    Option{"cache-max-negative-ttl:", "60"},      Option{"num-queries-per-thread:", "4096"},
};

struct FreeResult {
  void operator()(ub_result* result) const { ub_resolve_free(result); }
};

std::string rcode_text(int rcode) {
  constexpr std::array<const char*, 6> kNames{"no records", "FORMERR", "SERVFAIL",
                                              "NXDOMAIN",   "NOTIMP",  "REFUSED"};
  if (rcode >= 0 && static_cast<std::size_t>(rcode) < kNames.size())
    return kNames[static_cast<std::size_t>(rcode)];
  return "DNS error " + std::to_string(rcode);
}

DnsSigned signed_by(const ub_result& result, bool validates) {
  using Verdict = DnsSigned::Verdict;
  if (!validates) return {};
  if (result.secure != 0) return {Verdict::kYes, {}};
  if (result.bogus == 0) return {Verdict::kNo, {}};
  return {Verdict::kBogus,
          result.why_bogus != nullptr ? policy::printable(result.why_bogus) : std::string()};
}

DnsAnswer convert(int error, const ub_result* result, bool validates) {
  constexpr int kNxdomain = 3;
  DnsAnswer answer;
  if (error != 0 || result == nullptr) {
    answer.status = ub_strerror(error);
    return answer;
  }
  answer.status = rcode_text(result->rcode);
  answer.is_signed = signed_by(*result, validates);
  if (result->havedata != 0) {
    answer.outcome = DnsAnswer::Outcome::kRecords;
    answer.status = "records";
    for (std::size_t i = 0; i < kMaxRecords && result->data[i] != nullptr; ++i)
      answer.rdata.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
  } else if (result->rcode == 0 || result->rcode == kNxdomain) {
    answer.outcome = DnsAnswer::Outcome::kNoRecords;
  }
  return answer;
}

tl::unexpected<Error> explain(const std::string& what, int error) {
  return fail("DNS look-ups cannot be set up: " + what + ": " + ub_strerror(error) +
              "; check [dns] servers, or /etc/resolv.conf when it is empty");
}

}  // namespace

// libuv shares the ownership of this object. That keeps the context alive while ub_process runs,
// even if one of the callbacks destroys the client.
struct DnsClient::Impl : SharedHandle {
  ~Impl() override { ub_ctx_delete(context); }

  explicit Impl(Loop& on_loop) : loop(on_loop) {}
  int open() {
    const int status = uv_poll_init(loop.raw(), &poll, ub_fd(context));
    if (status != 0) return status;
    opened(&poll);
    return uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
      const auto self = SharedHandle::of<Impl>(handle).shared_from_this();
      ub_process(static_cast<Impl&>(*self).context);
    });
  }

  Loop& loop;
  ub_ctx* context = ub_ctx_create();
  uv_poll_t poll{};
  std::uint64_t answered = 0;
  std::string asked;
  bool validates = false;
  bool abandoned = false;  // the client is gone, perhaps inside one of ub_process's callbacks
};

namespace {

// libunbound reads the file with its first question, and tells nobody but standard error why it
// does not like it.
bool holds_anchors(const std::string& file) {
  constexpr std::size_t kMostText = std::size_t{64} * 1024;
  std::ifstream stream(file);
  std::string word;
  for (std::size_t read = 0; read < kMostText && stream >> word; read += word.size())
    if (word == "DS" || word == "DNSKEY") return true;
  return false;
}

Result<void> trust(ub_ctx* context, const std::string& anchors) {
  const bool validates = !anchors.empty();
  if (const int error = ub_ctx_set_option(
          context, "module-config:", validates ? "validator iterator" : "iterator"))
    return explain("module-config:", error);
  if (!validates) return {};
  if (!holds_anchors(anchors))
    return fail("the trust anchors of DNSSEC cannot be read from " + anchors +
                "; name a file with DS or DNSKEY records");
  const int error = ub_ctx_add_ta_file(context, anchors.c_str());
  return error != 0 ? explain("the trust anchors in " + anchors, error) : Result<void>{};
}

Result<void> configure(ub_ctx* context, const std::vector<Endpoint>& servers) {
  for (const auto& [name, value] : kOptions)
    if (const int error = ub_ctx_set_option(context, name, value)) return explain(name, error);
  for (const Endpoint& server : servers) {
    const std::string address = server.host + "@" + std::to_string(server.port);
    if (const int error = ub_ctx_set_fwd(context, address.c_str()))
      return explain(server.text(), error);
  }
  if (servers.empty())
    if (const int error = ub_ctx_resolvconf(context, nullptr)) return explain(kResolvConf, error);
  constexpr int kThread = 1;
  if (const int error = ub_ctx_async(context, kThread)) return explain("its thread", error);
  return {};
}

}  // namespace

Result<std::unique_ptr<DnsClient>> DnsClient::make(Loop& loop, const std::vector<Endpoint>& servers,
                                                   const std::string& trust_anchors) {
  for (const Endpoint& server : servers)
    if (!server.is_ip_literal())
      return fail("[dns] servers: \"" + server.text() +
                  "\" is no IP address; a DNS server cannot be given by name");
  auto impl = std::make_shared<Impl>(loop);
  if (impl->context == nullptr) return explain("no memory", UB_NOMEM);
  impl->asked = asked_resolvers(servers);
  impl->validates = !trust_anchors.empty();
  if (auto done = trust(impl->context, trust_anchors); !done)
    return tl::unexpected(std::move(done.error()));
  if (auto done = configure(impl->context, servers); !done)
    return tl::unexpected(std::move(done.error()));
  if (impl->open() != 0) return explain("its descriptor", UB_PIPE);
  return std::unique_ptr<DnsClient>(new DnsClient(std::move(impl)));
}

DnsClient::DnsClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

DnsClient::~DnsClient() {
  impl_->abandoned = true;
  impl_->close();
}

std::unique_ptr<DnsClient::Query> DnsClient::ask(const std::string& name, DnsType type,
                                                 OnAnswer on_answer) {
  std::unique_ptr<Query> query(new Query(impl_, impl_->loop.owner(), std::move(on_answer)));
  const int error = ub_resolve_async(impl_->context, name.c_str(), static_cast<int>(type), kClassIn,
                                     query.get(), &Query::on_result, &query->id_);
  if (error != 0) return nullptr;
  query->running_ = true;
  return query;
}

DnsClient::Query::Query(std::weak_ptr<Impl> client, Loop::OwnerPtr owner, OnAnswer on_answer)
    : client_(std::move(client)), owner_(std::move(owner)), on_answer_(std::move(on_answer)) {}

// As long as the context lives, it may call back. So it has to forget the query before the query is
// gone.
DnsClient::Query::~Query() {
  const auto client = client_.lock();
  if (running_ && client != nullptr) ub_cancel(client->context, id_);
}

void DnsClient::Query::on_result(void* query, int error, ub_result* result) {
  const std::unique_ptr<ub_result, FreeResult> owned(result);
  auto& self = *static_cast<Query*>(query);
  self.running_ = false;
  const auto client = self.client_.lock();
  if (client == nullptr || client->abandoned) return;
  // The callback may destroy the query. So the function is moved out of the query before it is
  // called.
  const OnAnswer on_answer = std::move(self.on_answer_);
  auto answer = convert(error, owned.get(), client->validates);
  if (answer.outcome != DnsAnswer::Outcome::kFailed) ++client->answered;
  client->loop.enter(self.owner_, [&] { on_answer(std::move(answer)); });
}

const std::string& DnsClient::asked() const {
  return impl_->asked;
}

std::uint64_t DnsClient::answered() const {
  return impl_->answered;
}

}  // namespace portcullis::net
