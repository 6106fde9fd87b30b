#include "policy/load/json_schema.h"

#include <nlohmann/json.hpp>

#include <array>
#include <string_view>
#include <utility>

#include "policy/load/config_keys.h"

namespace portcullis::policy {
namespace {

using Json = nlohmann::ordered_json;
using Type = ValueShape::Type;

constexpr std::string_view kCertificates = "host.certificates";

Json text_shape(const ValueShape& shape) {
  Json json{{"type", "string"}};
  if (!shape.words.empty()) json["enum"] = shape.words;
  if (!shape.pattern.empty()) json["pattern"] = shape.pattern;
  if (shape.type == Type::kText && shape.most != ValueShape().most) json["maxLength"] = shape.most;
  return json;
}

Json integer_shape(const ValueShape& shape) {
  return {{"type", "integer"}, {"minimum", shape.least}, {"maximum", shape.most}};
}

Json table_shape(std::string_view table);

// Texts may come from the environment, and so may what is true or false: as texts that hold
// ${NAME}.
Json or_from_environment(Json json) {
  return {{"anyOf", {std::move(json), {{"$ref", "#/definitions/from_environment"}}}}};
}

Json plain_shape(const ValueShape& shape) {
  switch (shape.type) {
    case Type::kText:
      return text_shape(shape);
    case Type::kTruth:
      return {{"enum", {true, false, "true", "false"}}};
    case Type::kInteger:
      return integer_shape(shape);
    case Type::kSize:
      return {{"anyOf", {integer_shape(shape), text_shape(shape)}}};
    case Type::kDate:
      // A date of TOML is a text in JSON.
      return {{"type", "string"}, {"format", "date"}};
    case Type::kTable:
      return table_shape(kCertificates);
  }
  return {};
}

Json element_shape(const ValueShape& shape) {
  const bool is_any_text =
      shape.type == Type::kText && shape.words.empty() && shape.pattern.empty();
  auto json = plain_shape(shape);
  const bool is_never_text =
      shape.type == Type::kTable || shape.type == Type::kInteger || shape.type == Type::kDate;
  if (is_any_text || is_never_text) return json;
  return or_from_environment(std::move(json));
}

Json list_of(Json element) {
  return {{"type", "array"}, {"items", std::move(element)}};
}

Json value_shape(const ValueShape& shape) {
  if (!shape.is_list) return element_shape(shape);
  auto list = list_of(element_shape(shape));
  if (!shape.may_be_off) return list;
  return {{"anyOf", {std::move(list), {{"enum", {"off", ""}}}}}};
}

void add_key(Json& table, const ConfigKey& key) {
  auto value = value_shape(key.shape);
  value["description"] = key.doc;
  if (!key.fallback.empty()) value["description"] = key.doc + " (default: " + key.fallback + ")";
  table["properties"][std::string(key.name)] = std::move(value);
  if (key.kind == KeyKind::kRequired) table["required"].push_back(key.name);
}

Json table_shape(std::string_view table) {
  Json json{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const auto& key : config_keys())
    if (key.table == table || (table == "s2s.rule" && key.also_in_rules)) add_key(json, key);
  return json;
}

// Which tables there are, and which of them are lists. A table comes behind the one that it is in.
struct Table {
  std::string_view name;
  std::string_view in;  // empty: the file
  bool is_list = false;
};
constexpr std::array kTables{
    Table{"listen", ""},
    Table{"outbound", ""},
    Table{"dns", ""},
    Table{"local_ca", ""},
    Table{"policy", ""},
    Table{"federation", ""},
    Table{"s2s", ""},
    Table{"c2s", ""},
    Table{"limits", ""},
    Table{"log", ""},
    Table{"process", ""},
    Table{"host", "", true},
    Table{"host.backend", "host"},
    Table{"s2s.rule", "s2s", true},
    Table{"s2s.exception", "s2s", true},
};

Json with_tables(std::string_view name) {
  auto json = table_shape(name);
  for (const auto& table : kTables) {
    if (table.in != name) continue;
    const auto key = table.name.substr(table.in.empty() ? 0 : table.in.size() + 1);
    json["properties"][std::string(key)] =
        table.is_list ? list_of(with_tables(table.name)) : with_tables(table.name);
  }
  return json;
}

}  // namespace

std::string json_schema() {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "portcullis.toml"}};
  schema["definitions"]["from_environment"] = {{"type", "string"}, {"pattern", R"(\$\{)"}};
  schema.update(with_tables(""));
  return schema.dump(2) + "\n";
}

}  // namespace portcullis::policy
