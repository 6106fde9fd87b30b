#include "proxy/relay/socket_call.h"

#include <utility>

#include "proxy/net/error_text.h"
#include "proxy/relay/socket_transport.h"

namespace portcullis::relay {

MakeTransport transport_over(net::Loop& loop, std::string& scratch, const net::SocketAddress& to,
                             std::unique_ptr<net::TcpSocket> socket) {
  // The functions below must be copyable, and a socket is not.
  const auto kept = std::make_shared<std::unique_ptr<net::TcpSocket>>(std::move(socket));
  const net::Listener::Accept give = [kept](net::TcpSocket::Handler& handler) {
    if (*kept) (*kept)->set_handler(handler);
    return std::move(*kept);
  };
  return [&loop, &scratch, to, give](Transport::Handler& handler) {
    return std::make_unique<SocketTransport>(loop, handler, scratch, give, to);
  };
}

SocketCall::SocketCall(net::Loop& loop, std::string& scratch, const net::SocketAddress& to,
                       std::function<void(Network::Called)> done)
    : loop_(loop),
      scratch_(scratch),
      to_(to),
      done_(std::move(done)),
      socket_(
          std::make_unique<net::TcpSocket>(loop, static_cast<net::TcpSocket::Handler&>(*this))) {
  socket_->connect(to);
}

void SocketCall::on_connected() {
  answer(transport_over(loop_, scratch_, to_, std::move(socket_)));
}

void SocketCall::on_error(int uv_error) {
  answer(tl::unexpected(
      Network::CallFailure{net::error_text(uv_error), net::is_out_of_descriptors(uv_error)}));
}

void SocketCall::answer(Network::Called called) {
  const auto done = std::move(done_);  // may destroy this
  done(std::move(called));
}

}  // namespace portcullis::relay
