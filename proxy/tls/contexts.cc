#include "proxy/tls/contexts.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>
#include <utility>

#include "proxy/tls/client_hello.h"
#include "proxy/tls/context_builder.h"
#include "proxy/tls/handshake_rules.h"
#include "proxy/tls/initiating_engine.h"
#include "proxy/tls/ticket_keys.h"

namespace portcullis::tls {
namespace {

using certs::SslCtxPtr;
using certs::SslPtr;
using HostIndex = decltype(HostTable::index);

Result<HostIndex> index_hosts(const std::vector<HostCredentials>& hosts) {
  if (hosts.empty()) return fail("no host is configured; add a [[host]] with its certificates");
  HostIndex index;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    std::vector<DomainName> names = hosts[i].aliases;
    names.push_back(hosts[i].domain);
    for (const DomainName& domain : names) {
      const auto [entry, added] = index.emplace(domain, i);
      if (!added && entry->second != i) {
        return fail("host " + domain.a_label() + " is configured twice; remove one of them");
      }
    }
  }
  return index;
}

using SharedTicketKeys = std::shared_ptr<TicketKeys>;

WanRules rules_for(const ContextsSpec& spec, StreamKind kind, TlsEntry entry,
                   const SharedTicketKeys& tickets) {
  const bool client = kind == StreamKind::kC2s;
  const bool asks = !client || spec.asks_clients;
  return {kind,
          entry,
          client ? spec.c2s_min_version : spec.s2s_min_version,
          client ? spec.c2s_key_exchange : spec.s2s_key_exchange,
          asks,
          asks || (client && spec.binds_clients) ? nullptr : tickets};
}

Result<HostTable> build_table(const ContextsSpec& spec, const HostIndex& index,
                              const WanRules& rules) {
  HostTable table{index, {}};
  for (const HostCredentials& host : spec.hosts) {
    auto context = rules.kind == StreamKind::kS2sOutbound ? build_wan_initiating(host, rules)
                                                          : build_wan_receiving(host, rules);
    if (!context) return fail(std::move(context.error().message));
    table.contexts.push_back(std::move(*context));
  }
  return table;
}

// The context that every direct TLS connection of a kind begins with.
Result<SslCtxPtr> build_entry(const ContextsSpec& spec, const HostIndex& index,
                              const WanRules& rules) {
  auto table = build_table(spec, index, rules);
  if (!table) return fail(std::move(table.error().message));
  auto entry = build_wan_receiving(spec.hosts.front(), rules);
  if (!entry) return entry;
  if (!choose_by_sni(entry->get(), std::make_unique<const HostTable>(std::move(*table)))) {
    return fail("TLS cannot be set up: out of memory");
  }
  return entry;
}

// For a domain that we do not serve, the first host's context is used, as for an unknown SNI.
SSL_CTX* find_or_first(const HostTable& table, const std::optional<DomainName>& domain) {
  SSL_CTX* found = domain ? table.find(*domain) : nullptr;
  return found != nullptr ? found : table.contexts.front().get();
}

// An engine without a session is in the state kFailed. So no other error path is needed when memory
// runs out.
std::unique_ptr<Engine> receiving_engine(SslPtr ssl) {
  if (ssl) SSL_set_accept_state(ssl.get());
  return std::make_unique<Engine>(std::move(ssl));
}

SslPtr session_with_leaf(SSL_CTX* context, const certs::MintedLeaf& leaf) {
  ERR_clear_error();
  constexpr int replace_existing = 1;
  SslPtr ssl(SSL_new(context));
  if (ssl && SSL_use_cert_and_key(ssl.get(), leaf.leaf.get(), leaf.key.get(), nullptr,
                                  replace_existing) != 1) {
    ssl.reset();
  }
  ERR_clear_error();
  return ssl;
}

}  // namespace

struct Contexts::Impl {
  HostTable s2s_starttls;
  HostTable c2s_starttls;
  SslCtxPtr s2s_direct;
  SslCtxPtr c2s_direct;
  HostTable s2s_initiating;
  SslCtxPtr backend_receiving;
  SslCtxPtr backend_anonymous;
  SslCtxPtr backend_direct;
  SslCtxPtr backend_initiating;

  SSL_CTX* receiving(StreamKind kind, TlsEntry entry, const std::optional<DomainName>& host) const {
    const bool client = kind == StreamKind::kC2s;
    if (entry == TlsEntry::kDirectTls) return (client ? c2s_direct : s2s_direct).get();
    return find_or_first(client ? c2s_starttls : s2s_starttls, host);
  }
};

namespace {

// Moves a built part into its place. If building failed, returns false and puts the message into
// `error`.
template <class T>
bool take(Result<T> built, T& place, std::string& error) {
  if (!built) {
    error = std::move(built.error().message);
    return false;
  }
  place = std::move(*built);
  return true;
}

}  // namespace

// `spec` is taken by value, because the contexts become owners of the keys.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
Result<std::unique_ptr<Contexts>> Contexts::build(ContextsSpec spec) {
  auto index = index_hosts(spec.hosts);
  if (!index) return fail(std::move(index.error().message));
  auto impl = std::make_unique<Impl>();
  // All contexts share one set of keys, so that a client can resume by either entry and on any
  // worker.
  const auto tickets = std::make_shared<TicketKeys>(&std::chrono::steady_clock::now);
  const auto rules = [&](StreamKind kind, TlsEntry entry) {
    return rules_for(spec, kind, entry, tickets);
  };
  const auto table = [&](StreamKind kind) {
    return build_table(spec, *index, rules(kind, TlsEntry::kStartTls));
  };
  const auto entry = [&](StreamKind kind) {
    return build_entry(spec, *index, rules(kind, TlsEntry::kDirectTls));
  };
  std::string error;
  const bool built = take(table(StreamKind::kS2sInbound), impl->s2s_starttls, error) &&
                     take(table(StreamKind::kC2s), impl->c2s_starttls, error) &&
                     take(entry(StreamKind::kS2sInbound), impl->s2s_direct, error) &&
                     take(entry(StreamKind::kC2s), impl->c2s_direct, error) &&
                     take(table(StreamKind::kS2sOutbound), impl->s2s_initiating, error) &&
                     take(build_backend_receiving(), impl->backend_receiving, error) &&
                     take(build_backend_anonymous(), impl->backend_anonymous, error) &&
                     take(build_backend_direct(), impl->backend_direct, error) &&
                     take(build_backend_initiating(), impl->backend_initiating, error);
  if (!built) return fail(std::move(error));
  return std::unique_ptr<Contexts>(new Contexts(std::move(impl)));
}

Contexts::Contexts(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Contexts::~Contexts() = default;

std::unique_ptr<Engine> Contexts::accept_wan(StreamKind kind, TlsEntry entry,
                                             const std::optional<DomainName>& host) const {
  return receiving_engine(SslPtr(SSL_new(impl_->receiving(kind, entry, host))));
}

std::unique_ptr<Engine> Contexts::connect_wan(const DomainName& local, const DomainName& remote,
                                              TlsEntry entry) const {
  SslPtr ssl(SSL_new(find_or_first(impl_->s2s_initiating, local)));
  if (ssl && entry == TlsEntry::kDirectTls && !offer_alpn(ssl.get(), StreamKind::kS2sOutbound)) {
    ssl.reset();
  }
  return initiating_engine(std::move(ssl), remote);
}

std::unique_ptr<Engine> Contexts::accept_backend(const certs::MintedLeaf& leaf) const {
  return receiving_engine(session_with_leaf(impl_->backend_receiving.get(), leaf));
}

std::unique_ptr<Engine> Contexts::accept_backend_direct(ChooseLeaf choose) const {
  SslPtr ssl(SSL_new(impl_->backend_direct.get()));
  if (ssl && !choose_leaf(ssl.get(), std::move(choose))) ssl.reset();
  return receiving_engine(std::move(ssl));
}

std::unique_ptr<Engine> Contexts::connect_backend(const certs::MintedLeaf& leaf,
                                                  const DomainName& host) const {
  return initiating_engine(session_with_leaf(impl_->backend_initiating.get(), leaf), host);
}

std::unique_ptr<Engine> Contexts::accept_backend_anonymous() const {
  return receiving_engine(SslPtr(SSL_new(impl_->backend_anonymous.get())));
}

std::unique_ptr<Engine> Contexts::connect_backend_anonymous(const DomainName& host) const {
  return initiating_engine(SslPtr(SSL_new(impl_->backend_initiating.get())), host);
}

std::unique_ptr<Engine> Contexts::connect_backend_for_client(const DomainName& host,
                                                             std::optional<KeyType> only) const {
  SslPtr ssl(SSL_new(impl_->backend_initiating.get()));
  if (ssl && only && !accept_keys_of(ssl.get(), *only)) ssl.reset();
  return initiating_engine(std::move(ssl), host);
}

std::unique_ptr<Engine> connect_without_certificate(const DomainName& host) {
  const auto context = build_backend_initiating();
  if (!context) return nullptr;
  return initiating_engine(SslPtr(SSL_new(context->get())), host);
}

}  // namespace portcullis::tls
