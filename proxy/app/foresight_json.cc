#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "proxy/app/foresight.h"

namespace portcullis::app {
namespace {

using Json = nlohmann::ordered_json;

std::optional<StreamKind> kind_of(std::string_view word) {
  for (const auto kind : kStreamKinds)
    if (name(kind) == word) return kind;
  return std::nullopt;
}

// Throws what nlohmann throws where a member is missing or of another type.
std::optional<std::pair<relay::LostStream, std::uint64_t>> row_of(const Json& json) {
  const auto kind = kind_of(json.at("kind").get<std::string>());
  const auto reason = policy::reason_from_id(json.at("reason").get<std::string>());
  if (!kind || !reason) return std::nullopt;
  return std::pair(
      relay::LostStream{*kind, json.at("local"), json.at("remote"), *reason, json.at("rule")},
      json.at("streams").get<std::uint64_t>());
}

}  // namespace

std::string json_of(const Foreseen& found) {
  Json lost = Json::array();
  for (const auto& [stream, count] : found.lost)
    lost.push_back({{"kind", name(stream.kind)},
                    {"local", stream.local},
                    {"remote", stream.remote},
                    {"reason", policy::id(stream.reason)},
                    {"rule", stream.rule},
                    {"streams", count}});
  const Json json{{"judged", found.judged},     {"complete", found.complete},
                  {"further", found.further},   {"file", found.file},
                  {"observes", found.observes}, {"lost", std::move(lost)}};
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Result<Foreseen> read_foreseen(const std::string& text) {
  try {
    const auto json = Json::parse(text);
    Foreseen found;
    found.judged = json.at("judged");
    found.complete = json.at("complete");
    found.further = json.at("further");
    found.file = json.at("file");
    found.observes = json.at("observes");
    for (const auto& one : json.at("lost")) {
      auto row = row_of(one);
      if (!row) return fail("the running portcullis is of another version");
      found.lost.insert(std::move(*row));
    }
    return found;
  } catch (const Json::exception&) {
    return fail("the running portcullis is of another version");
  }
}

}  // namespace portcullis::app
