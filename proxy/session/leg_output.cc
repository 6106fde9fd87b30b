#include "proxy/session/leg_output.h"

namespace portcullis::session {

void LegOutput::begin_tls(std::optional<DomainName> host) {
  act(BeginTls{std::move(host)});
  progress_.writable = false;
}

void LegOutput::restart_stream() {
  act(RestartStream{});
  progress_.header = settings_.header;
  progress_.header_sent = false;
  progress_.writable = true;
}

void LegOutput::send_header(std::string_view then) {
  auto& header = progress_.header;
  if (settings_.new_stream_id && !header.id) header.id = settings_.new_stream_id();
  progress_.header_sent = true;
  send(xmpp::write_header(header, progress_.dialback).append(then));
}

void LegOutput::send(std::string bytes) {
  if (progress_.writable) act(Send{std::move(bytes)});
}

void LegOutput::send_last(std::string bytes) {
  if (progress_.header_sent)
    send(std::move(bytes));
  else if (progress_.writable)
    send_header(bytes);
}

}  // namespace portcullis::session
