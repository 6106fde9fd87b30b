#include "proxy/xmpp/dialback_answer.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/xmpp/dialback.h"

namespace portcullis::xmpp {
namespace {

using Type = DialbackAnswer::Type;

Element answer(std::string_view name, std::string_view type) {
  Element made;
  made.ns = ns::kDialback;
  made.name = name;
  made.attributes = {
      {"", "from", "legacy.example"}, {"", "to", "peer.example"}, {"", "type", std::string(type)}};
  if (name == "verify") made.attributes.push_back({"", "id", "stream"});
  return made;
}

void set(Element& element, std::string_view attribute, std::string value) {
  for (auto& one : element.attributes)
    if (one.name == attribute) one.value = std::move(value);
}

void drop(Element& element, std::string_view attribute) {
  std::erase_if(element.attributes, [&](const auto& one) { return one.name == attribute; });
}

TEST(DialbackAnswer, ThatAKeyIsValid) {
  const auto read = read_dialback_answer(answer("result", "valid"));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->verify);
  EXPECT_EQ(read->type, Type::kValid);
  EXPECT_EQ(read->from.a_label(), "legacy.example");
  EXPECT_EQ(read->to.a_label(), "peer.example");
  EXPECT_EQ(read->id, "");
}

// Prosody repeats id and key, jabberd2 writes upper case where its operator did.
TEST(DialbackAnswer, WhatServersWriteBesideIt) {
  auto said = answer("result", "valid");
  said.attributes.push_back({"", "id", "9f8e"});
  said.trailing_text = "0beace3b";
  set(said, "from", "LEGACY.Example");
  const auto read = read_dialback_answer(said);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->from.a_label(), "legacy.example");
  EXPECT_EQ(read->id, "");
}

TEST(DialbackAnswer, ThatAKeyIsInvalid) {
  EXPECT_EQ(read_dialback_answer(answer("result", "invalid"))->type, Type::kInvalid);
  const auto verify = read_dialback_answer(answer("verify", "invalid"));
  EXPECT_TRUE(verify->verify);
  EXPECT_EQ(verify->id, "stream");
}

TEST(DialbackAnswer, AnErrorHasItsCondition) {
  for (const auto error_ns : {ns::kServer, ns::kDialback}) {
    auto said = answer("result", "error");
    Element error;
    error.ns = error_ns;
    error.name = "error";
    Element condition;
    condition.ns = "urn:ietf:params:xml:ns:xmpp-stanzas";
    condition.name = "remote-server-not-found";
    Element text = condition;
    text.name = "text";
    error.children = {text, condition};
    said.children = {error};
    const auto read = read_dialback_answer(said);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type, Type::kError);
    EXPECT_EQ(read->condition, "remote-server-not-found");
  }
  EXPECT_EQ(read_dialback_answer(answer("result", "error"))->condition, "");
}

// ---- What is none

TEST(DialbackAnswer, ARequestIsNone) {
  auto said = answer("result", "valid");
  drop(said, "type");
  EXPECT_FALSE(read_dialback_answer(said));
}

TEST(DialbackAnswer, NorIsAnotherType) {
  for (const auto* const type : {"", "VALID", " valid", "result", "validity"})
    EXPECT_FALSE(read_dialback_answer(answer("result", type))) << type;
}

TEST(DialbackAnswer, NorIsAnotherElement) {
  auto said = answer("result", "valid");
  said.ns = ns::kServer;
  EXPECT_FALSE(read_dialback_answer(said));
  EXPECT_FALSE(read_dialback_answer(answer("results", "valid")));
}

TEST(DialbackAnswer, ItNamesBothDomains) {
  for (const auto* const attribute : {"from", "to"}) {
    auto said = answer("result", "valid");
    for (const auto* const value : {"", "user@peer.example", "peer.example/x", "192.0.2.1"}) {
      set(said, attribute, value);
      EXPECT_FALSE(read_dialback_answer(said)) << value;
    }
    drop(said, attribute);
    EXPECT_FALSE(read_dialback_answer(said)) << attribute;
  }
}

TEST(DialbackAnswer, ToAQuestionItHasTheIdOfTheStream) {
  auto said = answer("verify", "valid");
  set(said, "id", std::string(kMaxDialbackText + 1, 'i'));
  EXPECT_FALSE(read_dialback_answer(said));
  set(said, "id", "");
  EXPECT_FALSE(read_dialback_answer(said));
  drop(said, "id");
  EXPECT_FALSE(read_dialback_answer(said));
}

}  // namespace
}  // namespace portcullis::xmpp
