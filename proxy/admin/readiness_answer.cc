#include "proxy/admin/readiness_answer.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace portcullis::admin {
namespace {

using nlohmann::json;

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::size_t kMaxChecks = 100;

// A number must consist of decimal digits only.
std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::optional<std::size_t> status_of(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (!head.starts_with(kVersion)) return std::nullopt;
  const auto rest = head.substr(kVersion.size());
  return number(rest.substr(0, rest.find(' ')));
}

// Looks for the header's name in the one spelling that Server writes.
std::optional<std::size_t> content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const auto found = head.find(kName);
  if (found == std::string_view::npos) return std::nullopt;
  const auto value = head.substr(found + kName.size());
  return number(value.substr(0, value.find('\r')));
}

std::optional<ReadyCheck> check_of(const json& entry) {
  if (!entry.is_object()) return std::nullopt;
  const auto name = entry.find("name");
  const auto ok = entry.find("ok");
  const auto required = entry.find("required");
  const auto detail = entry.find("detail");
  if (name == entry.end() || ok == entry.end() || detail == entry.end()) return std::nullopt;
  if (!name->is_string() || !ok->is_boolean() || !detail->is_string()) return std::nullopt;
  // A gate that was started before an update does not say it.
  if (required != entry.end() && !required->is_boolean()) return std::nullopt;
  return ReadyCheck{name->get<std::string>(), ok->get<bool>(), detail->get<std::string>(),
                    required == entry.end() || required->get<bool>()};
}

std::optional<Readiness> readiness_of(const json& body) {
  if (!body.is_object()) return std::nullopt;
  const auto ready = body.find("ready");
  const auto checks = body.find("checks");
  if (ready == body.end() || !ready->is_boolean()) return std::nullopt;
  if (checks == body.end() || !checks->is_array() || checks->size() > kMaxChecks)
    return std::nullopt;
  Readiness readiness{ready->get<bool>(), {}};
  for (const json& entry : *checks) {
    auto check = check_of(entry);
    if (!check) return std::nullopt;
    readiness.checks.push_back(std::move(*check));
  }
  return readiness;
}

}  // namespace

Result<Readiness> read_readiness(std::string_view answer) {
  const auto end = answer.find(kEndOfHead);
  if (end == std::string_view::npos) return fail("the answer ends too early, or is not HTTP");
  const auto head = answer.substr(0, end);
  const auto body = answer.substr(end + kEndOfHead.size());
  const auto status = status_of(head);
  if (status != 200U && status != 503U)
    return fail("the answer is not one of portcullis; another program listens there");
  if (content_length(head) != body.size()) return fail("the answer is not complete");
  const auto parsed = json::parse(body, nullptr, false);
  auto readiness = readiness_of(parsed);
  if (!readiness || readiness->ready != (status == 200U))
    return fail("the answer is not one of portcullis; another program listens there");
  return *std::move(readiness);
}

}  // namespace portcullis::admin
