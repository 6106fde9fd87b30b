#pragma once

#include <string>
#include <string_view>

#include "proxy/admin/server.h"

namespace portcullis::admin {

struct Response {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
};

// What to answer to a request; the only place that knows the paths. No I/O of its own.
Response respond(std::string_view method, std::string_view path, const Sources& sources);

// A body that only says what went wrong, for requests that never reach respond().
Response plain_error(int status);

// Head and body as they go over the wire; the connection is closed after it.
std::string to_http(const Response& response);

}  // namespace portcullis::admin
