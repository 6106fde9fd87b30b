#include "policy/load/json_schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "policy/load/config_keys.h"

namespace portcullis::policy {
namespace {

using nlohmann::json;

// The part of the schema that is about a table: "s2s.rule".
const json& table(const json& schema, const std::string& name) {
  const json* at = &schema;
  for (std::size_t from = 0; from < name.size();) {
    const auto dot = std::min(name.find('.', from), name.size());
    at = &at->at("properties").at(name.substr(from, dot - from));
    if (at->value("type", "") == "array") at = &at->at("items");
    from = dot + 1;
  }
  return *at;
}

TEST(JsonSchema, HoldsEveryKeyAndNoOther) {
  const auto schema = json::parse(json_schema());
  std::map<std::string, std::size_t> keys;
  for (const auto& key : config_keys()) {
    EXPECT_TRUE(table(schema, key.table).at("properties").contains(key.name)) << key.name;
    ++keys[key.table];
  }
  EXPECT_EQ(table(schema, "limits").at("properties").size(), keys["limits"]);
  EXPECT_FALSE(table(schema, "limits").at("additionalProperties").get<bool>());
  EXPECT_TRUE(table(schema, "s2s.rule").at("properties").contains("min_tls"));
  EXPECT_FALSE(table(schema, "s2s.rule").at("properties").contains("dialback_secret"));
}

TEST(JsonSchema, TellsWhatAValueMayBe) {
  const auto schema = json::parse(json_schema());
  const auto key = [&](const std::string& of, const std::string& name) {
    const auto shape = table(schema, of).at("properties").at(name);
    const bool may_be_from_environment =
        shape.contains("anyOf") && shape.at("anyOf").back().contains("$ref");
    return may_be_from_environment ? shape.at("anyOf").front() : shape;
  };
  EXPECT_EQ(key("policy", "mode").at("enum"), json({"observe", "enforce"}));
  EXPECT_EQ(key("s2s", "tls").at("enum"), json({"required"}));
  EXPECT_EQ(key("s2s", "min_rsa_bits").at("minimum"), 2048);
  EXPECT_EQ(key("s2s", "x509_strict").at("enum"), json({true, false, "true", "false"}));
  EXPECT_EQ(key("outbound", "allowed_ports").at("items").at("type"), "integer");
  EXPECT_EQ(key("listen", "s2s").at("anyOf").size(), 2U);
  EXPECT_EQ(key("s2s.exception", "until").at("format"), "date");
  EXPECT_EQ(key("host", "certificates").at("items").at("required"), json({"chain", "key"}));
  EXPECT_EQ(table(schema, "host").at("required"), json({"domain"}));
}

// A key whose shape was forgotten would pass for any text.
TEST(JsonSchema, HasAShapeForEveryKind) {
  for (const auto& key : config_keys()) {
    // A size is written in either way.
    if (key.fallback.empty() || key.shape.type == ValueShape::Type::kSize) continue;
    const bool is_text = key.shape.type == ValueShape::Type::kText && !key.shape.is_list;
    EXPECT_EQ(key.fallback.front() == '"', is_text)
        << key.table << "." << key.name << " = " << key.fallback;
  }
}

}  // namespace
}  // namespace portcullis::policy
