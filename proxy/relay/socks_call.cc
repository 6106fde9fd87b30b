#include "proxy/relay/socks_call.h"

#include <utility>
#include <variant>

#include "proxy/net/error_text.h"
#include "proxy/relay/socket_call.h"

namespace portcullis::relay {
namespace {

Network::Called failed(const net::SocksFailed& failure) {
  return tl::unexpected(
      Network::CallFailure{failure.detail, false, failure.by == net::SocksFailed::By::kProxy});
}

}  // namespace

SocksCall::SocksCall(net::Loop& loop, std::string& scratch, const net::SocketAddress& proxy,
                     net::SocksRequest request, std::function<void(Network::Called)> done)
    : loop_(loop),
      scratch_(scratch),
      proxy_(proxy),
      client_(std::move(request)),
      done_(std::move(done)),
      socket_(
          std::make_unique<net::TcpSocket>(loop, static_cast<net::TcpSocket::Handler&>(*this))) {
  socket_->connect(proxy);
}

void SocksCall::on_connected() {
  connected_ = true;
  socket_->write(net::SocksClient::greeting());
  socket_->read_start();
}

void SocksCall::on_bytes(std::string_view bytes) {
  const auto step = client_.take(bytes);
  if (const auto* const says = std::get_if<net::SocksSays>(&step)) {
    socket_->write(says->octets);
  } else if (const auto* const failure = std::get_if<net::SocksFailed>(&step)) {
    answer(failed(*failure));
  } else if (std::holds_alternative<net::SocksConnected>(step)) {
    socket_->read_stop();  // until the transport reads
    // The transport counts what it sends. The proxy has answered, so it has what we told it.
    socket_->count_acknowledged_anew();
    answer(transport_over(loop_, scratch_, proxy_, std::move(socket_)));
  }
}

void SocksCall::on_end() {
  answer(failed(client_.left()));
}

void SocksCall::on_error(int uv_error) {
  auto failure = client_.left();
  if (!connected_ || !client_.is_with_peer()) failure.detail = net::error_text(uv_error);
  const bool proxy_failed = failure.by == net::SocksFailed::By::kProxy;
  answer(tl::unexpected(Network::CallFailure{std::move(failure.detail),
                                             net::is_out_of_descriptors(uv_error), proxy_failed}));
}

void SocksCall::answer(Network::Called called) {
  const auto done = std::move(done_);  // may destroy this
  done(std::move(called));
}

}  // namespace portcullis::relay
