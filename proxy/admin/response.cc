#include "proxy/admin/response.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace portcullis::admin {
namespace {

constexpr std::array<std::string_view, 6> kPaths{"/metrics", "/livez",  "/readyz",
                                                 "/",        "/status", "/status.json"};

std::string_view status_text(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return status < 500 ? "Bad Request" : "Internal Server Error";
  }
}

Response liveness(const Sources& sources) {
  if (sources.alive()) return {200, "text/plain; charset=utf-8", "alive\n"};
  return {503, "text/plain; charset=utf-8", "an event loop has been stuck for too long\n"};
}

Response readiness(const Sources& sources) {
  nlohmann::json checks = nlohmann::json::array();
  bool ready = true;
  for (const ReadyCheck& check : sources.readiness()) {
    ready = ready && (check.ok || !check.required);
    checks.push_back({{"name", check.name},
                      {"ok", check.ok},
                      {"required", check.required},
                      {"detail", check.detail}});
  }
  const nlohmann::json body{{"ready", ready}, {"checks", std::move(checks)}};
  // By default, octets that are not UTF-8 would throw an exception.
  return {ready ? 200 : 503, "application/json",
          body.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

Response busy() {
  return {503, "text/plain; charset=utf-8",
          "portcullis is too busy to say, as while it loads a configuration; ask again\n"};
}

Response page(const Sources& sources) {
  auto html = sources.status_page();
  if (!html) return busy();
  return {200, "text/html; charset=utf-8", *std::move(html), sources.page_style};
}

Response json(const Sources& sources) {
  auto document = sources.status_json();
  if (!document) return busy();
  return {200, "application/json", *std::move(document)};
}

bool is_of_the_status(std::string_view path) {
  return path == "/" || path.starts_with("/status");
}

// "192.0.2.1:9270", "[::1]", "localhost"
bool is_address(std::string_view host) {
  if (host.starts_with('[')) return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::optional<Response> not_for(std::string_view host, std::string_view path) {
  if (!is_of_the_status(path) || is_address(host)) return std::nullopt;
  return Response{403, "text/plain; charset=utf-8",
                  "the status is told only to who asks for it by an address or by localhost: "
                  "http://127.0.0.1:9270/, for example\n"};
}

Response plain_error(int status) {
  return {status, "text/plain; charset=utf-8", std::string(status_text(status)) + "\n"};
}

Response respond(std::string_view method, std::string_view path, const Sources& sources) {
  if (std::find(kPaths.begin(), kPaths.end(), path) == kPaths.end()) return plain_error(404);
  if (method != "GET") return plain_error(405);
  if (path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", sources.metrics()};
  if (path == "/livez") return liveness(sources);
  if (path == "/readyz") return readiness(sources);
  return path == "/status.json" ? json(sources) : page(sources);
}

std::string to_http(const Response& response) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out += status_text(response.status);
  out += "\r\nContent-Type: ";
  out += response.content_type;
  out += "\r\nContent-Length: " + std::to_string(response.body.size());
  if (response.status == 405) out += "\r\nAllow: GET";
  out +=
      "\r\nCache-Control: no-store"
      "\r\nX-Content-Type-Options: nosniff"
      "\r\nX-Frame-Options: DENY"
      "\r\nReferrer-Policy: no-referrer"
      "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
      "form-action 'none'";
  if (!response.style.empty()) out.append("; style-src '").append(response.style).append("'");
  out += "\r\nConnection: close\r\n\r\n";
  return out + response.body;
}

}  // namespace portcullis::admin
