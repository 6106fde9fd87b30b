#include "proxy/net/resolver.h"

#include <random>
#include <utility>

#include "proxy/net/dns_client.h"
#include "proxy/net/server_lookup.h"

namespace portcullis::net {

struct Resolver::Impl {
  Loop& loop;
  std::shared_ptr<DnsClient> client;
  RandomUpTo random;
};

namespace {

// These numbers spread load between servers. Nothing secret depends on them.
RandomUpTo make_random() {
  const auto engine = std::make_shared<std::mt19937_64>(std::random_device{}());
  return [engine](std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound)(*engine);
  };
}

}  // namespace

Result<std::unique_ptr<Resolver>> Resolver::make(Loop& loop, const std::vector<Endpoint>& servers) {
  auto client = DnsClient::make(loop, servers);
  if (!client) return tl::unexpected(std::move(client.error()));
  return std::unique_ptr<Resolver>(
      new Resolver(std::make_unique<Impl>(Impl{loop, std::move(*client), make_random()})));
}

Resolver::Resolver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Resolver::~Resolver() = default;

std::unique_ptr<Resolver::Lookup> Resolver::find_server(const DomainName& remote,
                                                        std::chrono::milliseconds at_most,
                                                        std::function<void(Candidates)> done) {
  return std::make_unique<ServerLookup>(impl_->loop, impl_->client, impl_->random, remote, at_most,
                                        std::move(done));
}

}  // namespace portcullis::net
