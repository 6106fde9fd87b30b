#include "tests/bench/far_server.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace portcullis::bench {
namespace {

constexpr std::string_view kNoFeatures = "<stream:features/>";
constexpr std::string_view kStartTlsFeatures =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>";
constexpr std::string_view kExternalFeatures =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>EXTERNAL</mechanism></mechanisms></stream:features>";
constexpr std::string_view kProceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
constexpr std::string_view kSuccess = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
constexpr std::string_view kEnd = "</stream:stream>";
constexpr std::size_t kMaxNegotiation = 16384;

// Removes everything up to the end of the tag that begins with `tag`, and returns it.
std::string cut_behind_tag(std::string& in, std::string_view tag) {
  const std::size_t begin = in.find(tag);
  const std::size_t end = begin == std::string::npos ? begin : in.find('>', begin);
  if (end == std::string::npos) return {};
  std::string head = in.substr(begin, end + 1 - begin);
  in.erase(0, end + 1);
  return head;
}

std::string attribute_of(const std::string& tag, const std::string& name) {
  for (const char quote : {'\'', '"'}) {
    const std::string begin = ' ' + name + '=' + quote;
    const auto at = tag.find(begin);
    if (at == std::string::npos) continue;
    const auto value = at + begin.size();
    return tag.substr(value, tag.find(quote, value) - value);
  }
  return {};
}

std::string answer_to(const std::string& header) {
  return "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
         "xmlns:stream='http://etherx.jabber.org/streams' id='far' version='1.0' from='" +
         attribute_of(header, "to") + "' to='" + attribute_of(header, "from") + "'>";
}

}  // namespace

ServerContext::ServerContext(Identity shown)
    : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  SSL_CTX_set_num_tickets(context_.get(), 0);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  of_domain_.emplace("", std::move(shown));
  SSL_CTX_set_tlsext_servername_callback(context_.get(), &ServerContext::on_name);
  SSL_CTX_set_tlsext_servername_arg(context_.get(), this);
}

ServerContext::ServerContext(PeerAuthority authority) : ServerContext(Identity()) {
  of_domain_.clear();
  authority_ = std::make_unique<PeerAuthority>(std::move(authority));
}

SSL* ServerContext::new_session() const {
  SSL* ssl = SSL_new(context_.get());
  if (ssl == nullptr) throw std::runtime_error("SSL_new failed");
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(ssl);
  return ssl;
}

const Identity& ServerContext::of(const std::string& domain) {
  if (!authority_) return of_domain_.at("");
  auto found = of_domain_.find(domain);
  if (found == of_domain_.end())
    found = of_domain_.emplace(domain, authority_->issue(domain)).first;
  return found->second;
}

int ServerContext::on_name(SSL* ssl, int*, void* self) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  try {
    static_cast<ServerContext*>(self)->of(name != nullptr ? name : "").use_in(ssl);
    return SSL_TLSEXT_ERR_OK;
  } catch (const std::exception&) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
}

FarStream::FarStream(Poller& poller, Fd fd, const ServerContext& context)
    : poller_(poller), context_(context), fd_(std::move(fd)), ssl_(nullptr, SSL_free) {
  poller_.add(fd_, *this);
}

void FarStream::on_events(std::uint32_t events) {
  try {
    if ((events & EPOLLOUT) != 0) flush();
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
    const auto [what, octets] = receive_some(fd_);
    if (what == Received::kEnd) over_ = true;
    if (what == Received::kBytes) take_octets(octets);
    flush();
  } catch (const std::system_error&) {
    over_ = true;  // the gate went away; the load generator is who reports it
  }
}

void FarStream::take_octets(std::string_view octets) {
  if (!ssl_) return take(octets);
  BIO_write(SSL_get_rbio(ssl_.get()), octets.data(), static_cast<int>(octets.size()));
  decrypt();
}

void FarStream::decrypt() {
  static std::array<char, 16384> buffer;
  while (!over_) {
    const int got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (got > 0) {
      take({buffer.data(), static_cast<std::size_t>(got)});
    } else {
      if (SSL_get_error(ssl_.get(), got) != SSL_ERROR_WANT_READ) over_ = true;
      return;
    }
  }
}

void FarStream::take(std::string_view text) {
  in_.append(text);
  while (negotiate()) {
  }
  if (in_.size() > kMaxNegotiation) over_ = true;
}

bool FarStream::negotiate() {
  switch (phase_) {
    case Phase::kClear:
    case Phase::kSecured:
    case Phase::kRestart: {
      const std::string header = cut_behind_tag(in_, "<stream:stream");
      if (header.empty()) return false;
      say(answer_to(header) + std::string(phase_ == Phase::kClear     ? kStartTlsFeatures
                                          : phase_ == Phase::kSecured ? kExternalFeatures
                                                                      : kNoFeatures));
      phase_ = phase_ == Phase::kClear     ? Phase::kStartTls
               : phase_ == Phase::kSecured ? Phase::kAuth
                                           : Phase::kOpen;
      return true;
    }
    case Phase::kStartTls:
      if (cut_behind_tag(in_, "<starttls").empty()) return false;
      say(kProceed);
      flush();
      ssl_.reset(context_.new_session());
      in_.clear();
      phase_ = Phase::kSecured;
      return false;
    case Phase::kAuth:
      // "=" or a name is in it, so that it never is an empty element.
      if (cut_behind_tag(in_, "</auth").empty()) return false;
      say(kSuccess);
      phase_ = Phase::kRestart;
      return true;
    case Phase::kOpen:
      if (in_.find(kEnd) != std::string::npos) {
        say(kEnd);
        SSL_shutdown(ssl_.get());
        in_.clear();
      } else {
        in_.erase(0, in_.size() - std::min(in_.size(), kEnd.size()));
      }
      return false;
  }
  return false;
}

void FarStream::say(std::string_view text) {
  if (!ssl_) {
    out_.append(text);
  } else if (SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) <= 0) {
    over_ = true;
  }
}

void FarStream::flush() {
  if (ssl_) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &data);
    if (size > 0) out_.append(data, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(ssl_.get()));
  }
  if (!out_.empty()) out_.erase(0, send_some(fd_, out_));
  const bool wait = !out_.empty();
  if (wait != waiting_) poller_.want_write(fd_, *this, wait);
  waiting_ = wait;
}

}  // namespace portcullis::bench
