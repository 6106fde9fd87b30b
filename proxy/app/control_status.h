#pragma once

#include <string_view>

#include "proxy/app/control.h"

namespace portcullis::app {

// What the requests about the running program do; the rows stand in control_requests.cc.

void perform_status_text(const ControlActions& actions, std::string_view given, ControlReply reply);
void perform_status_json(const ControlActions& actions, std::string_view given, ControlReply reply);
// `given`: empty, or what stream_target() takes.
void perform_streams_text(const ControlActions& actions, std::string_view given,
                          ControlReply reply);
void perform_streams_json(const ControlActions& actions, std::string_view given,
                          ControlReply reply);
// `given`: what stream_target() takes, and after a space what is told of the reason.
void perform_close(const ControlActions& actions, std::string_view given, ControlReply reply);
// `given`: seconds, a space, and what stream_target() takes. No seconds: it ends now.
void perform_debug(const ControlActions& actions, std::string_view given, ControlReply reply);

}  // namespace portcullis::app
