#include "proxy/session/leg_output.h"

namespace portcullis::session {

void LegOutput::begin_tls(std::optional<DomainName> host) {
  act(BeginTls{std::move(host)});
  writable_ = false;
}

void LegOutput::restart_stream() {
  act(RestartStream{});
  header_ = settings_.header;
  header_sent_ = false;
  writable_ = true;
}

void LegOutput::send_header(std::string_view then) {
  if (settings_.new_stream_id && !header_.id) header_.id = settings_.new_stream_id();
  header_sent_ = true;
  send(xmpp::write_header(header_, settings_.dialback).append(then));
}

void LegOutput::send(std::string bytes) {
  if (writable_) act(Send{std::move(bytes)});
}

void LegOutput::send_last(std::string bytes) {
  if (header_sent_)
    send(std::move(bytes));
  else if (writable_)
    send_header(bytes);
}

}  // namespace portcullis::session
