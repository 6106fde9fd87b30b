#pragma once

#include <memory>
#include <string>

#include "policy/model/config.h"
#include "proxy/app/control.h"
#include "proxy/base/result.h"
#include "proxy/net/handed_sockets.h"
#include "proxy/net/line_server.h"
#include "proxy/net/loop.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// The socket on which an operator's commands ask the running program, as listen.control names it.
// Lives on one loop.
class ControlSocket {
 public:
  // `on_take` gets each line before `actions` do. Both references outlive this.
  ControlSocket(net::Loop& loop, telemetry::Log& log, ControlActions actions,
                net::LineServer::OnTake on_take);
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  // Answers from now on: on the socket of `handed` for that path, if there is one, or else on a new
  // one. Nothing is done where the configuration says so. What fails is an error only if the
  // configuration demands the socket; otherwise the log gets a warning.
  Result<void> open(const policy::Listen& listen, net::HandedSockets& handed);
  // As of LineServer; nothing, if it is not open.
  void own_file(bool ours);
  void close();
  const net::LineServer* server() const { return server_.get(); }  // null: not open

 private:
  net::Loop& loop_;
  telemetry::Log& log_;
  const ControlActions actions_;
  const net::LineServer::OnTake on_take_;
  std::unique_ptr<net::LineServer> server_;
};

}  // namespace portcullis::app
