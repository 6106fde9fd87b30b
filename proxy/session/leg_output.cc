#include "proxy/session/leg_output.h"

namespace portcullis::session {

void LegOutput::begin_tls(BeginTls with) {
  act(std::move(with));
  progress_.writable = false;
}

void LegOutput::restart_stream() {
  act(RestartStream{});
  progress_.header = known_header();
  progress_.header_sent = false;
  progress_.writable = true;
}

void LegOutput::set_stream_id(std::optional<std::string> id) {
  auto header = *progress_.header;
  header.id = std::move(id);
  set_header(std::move(header));
}

void LegOutput::send_header(std::string_view then) {
  if (settings_->new_stream_id && !progress_.header->id) set_stream_id(settings_->new_stream_id());
  progress_.header_sent = true;
  send(xmpp::write_header(*progress_.header, progress_.dialback).append(then));
}

void LegOutput::send(std::string bytes) {
  if (progress_.writable) act(Send{std::move(bytes)});
}

void LegOutput::send_last(std::string bytes) {
  if (progress_.header_sent)
    send(std::move(bytes));
  else if (progress_.writable)
    send_header(bytes);
  progress_.writable = false;
}

void LegOutput::forget_headers() {
  if (!progress_.header_sent) return;  // send_last() still needs the header
  settings_.reset();
  progress_.header.reset();
}

}  // namespace portcullis::session
