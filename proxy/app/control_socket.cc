#include "proxy/app/control_socket.h"

#include <utility>

#include "proxy/base/log_words.h"

namespace portcullis::app {

ControlSocket::ControlSocket(net::Loop& loop, telemetry::Log& log, ControlActions actions,
                             net::LineServer::OnTake on_take)
    : loop_(loop), log_(log), actions_(std::move(actions)), on_take_(std::move(on_take)) {}

Result<void> ControlSocket::open(const policy::Listen& listen, net::HandedSockets& handed) {
  const auto& path = listen.control;
  if (path.empty()) return {};
  const auto on_line = [this](std::string_view line, ControlReply reply) {
    answer_control(line, actions_, std::move(reply));
  };
  auto socket = handed.take_local(path);
  auto server = socket
                    ? net::LineServer::serve(loop_, path, std::move(*socket), {}, on_line, on_take_)
                    : net::LineServer::listen(loop_, path, {}, on_line, on_take_);
  if (server) {
    server_ = std::move(*server);
    return {};
  }
  const auto fault = "listen.control: " + server.error().message;
  if (listen.control_demanded) return fail(fault);
  // Nobody has asked for it, and a container may have no such folder.
  log_.write(
      telemetry::Severity::kWarning, log_event::kControl,
      {{log_field::kDetail,
        fault + "; \"portcullis reload\" and \"portcullis drain\" cannot reach this process, "
                "but SIGHUP and SIGTERM do the same; or set control in [listen] to a socket "
                "that it can make"}});
  return {};
}

void ControlSocket::own_file(bool ours) {
  if (server_) server_->own_file(ours);
}

void ControlSocket::close() {
  server_.reset();
}

}  // namespace portcullis::app
