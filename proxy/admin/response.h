#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/admin/server.h"

namespace portcullis::admin {

struct Response {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
  // Of the style of a page, as Content-Security-Policy has it ("sha256-..."); empty: there is none.
  std::string_view style = {};
};

// The answer to a request. No other place knows the paths.
Response respond(std::string_view method, std::string_view path, const Sources& sources);

// What a request gets that may not see the page of the status; null: it may. A web page elsewhere
// can have its own name lead to this address (DNS rebinding), and its reader's browser ask for it:
// so who is connected is told only where the request names an address or "localhost". `host` is the
// header.
std::optional<Response> not_for(std::string_view host, std::string_view path);

// An answer that says what is wrong, for requests that do not get as far as respond().
Response plain_error(int status);

// The octets to send for `response`. They announce that the connection is closed after them.
std::string to_http(const Response& response);

}  // namespace portcullis::admin
