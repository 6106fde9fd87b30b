#include "proxy/session/login.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "proxy/session/ending.h"
#include "proxy/xmpp/guard_rules.h"

namespace portcullis::session {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::string_view kIqAuth = "jabber:iq:auth";

std::string value_of(const xmpp::Element& element, std::string_view name) {
  const auto* const value = element.attribute(name);
  return value == nullptr ? std::string() : *value;
}

bool is_iq_answer(const xmpp::Element& element) {
  const auto type = value_of(element, "type");
  return element.is(xmpp::ns::kClient, "iq") && (type == "result" || type == "error");
}

// Prosody logs in whoever shows a password, also with a "get".
bool shows_password(const xmpp::Element& query) {
  return std::any_of(query.children.begin(), query.children.end(), [](const auto& child) {
    return child.name == "password" || child.name == "digest";
  });
}

bool is_client_stanza(const xmpp::Element& element) {
  return element.ns == xmpp::ns::kClient && is_stanza(element);
}

}  // namespace

bool is_client_login_element(const xmpp::Element& element) {
  constexpr std::array<std::string_view, 3> kSasl{"auth", "response", "abort"};
  constexpr std::array<std::string_view, 4> kSasl2{"authenticate", "response", "next", "abort"};
  if (element.ns == xmpp::ns::kSasl) return is_one_of(element.name, kSasl);
  if (element.ns == xmpp::ns::kSasl2) return is_one_of(element.name, kSasl2);
  return is_client_stanza(element);
}

bool is_host_login_element(const xmpp::Element& element) {
  constexpr std::array<std::string_view, 3> kSasl{"challenge", "success", "failure"};
  constexpr std::array<std::string_view, 4> kSasl2{"challenge", "success", "failure", "continue"};
  if (element.ns == xmpp::ns::kSasl) return is_one_of(element.name, kSasl);
  if (element.ns == xmpp::ns::kSasl2) return is_one_of(element.name, kSasl2);
  return is_client_stanza(element);
}

bool may_follow_login(const xmpp::Element& element) {
  constexpr std::array<std::string_view, 8> kNeighbours{
      xmpp::ns::kStream,   xmpp::ns::kTls,      xmpp::ns::kSasl,   xmpp::ns::kSasl2,
      xmpp::ns::kDialback, xmpp::ns::kCompress, xmpp::ns::kServer, xmpp::ns::kCompressFeature};
  return !is_one_of(element.ns, kNeighbours);
}

bool is_iq_request(const xmpp::Element& element) {
  return element.is(xmpp::ns::kClient, "iq") && !is_iq_answer(element);
}

bool is_iq_login(const xmpp::Element& element) {
  if (!element.is(xmpp::ns::kClient, "iq")) return false;
  const bool asks_only = value_of(element, "type") == "get";
  return std::any_of(element.children.begin(), element.children.end(), [&](const auto& child) {
    return child.ns == kIqAuth && (!asks_only || shows_password(child));
  });
}

void IqRequest::asks(const xmpp::Element& element) {
  if (!is_iq_request(element)) return;
  id = value_of(element, "id");
  logs_in = is_iq_login(element);
}

IqRequest::Answer IqRequest::hears(const xmpp::Element& element) {
  if (!id || !is_iq_answer(element) || value_of(element, "id") != *id) return Answer::kNone;
  id.reset();
  const bool granted = logs_in && value_of(element, "type") == "result" && element.children.empty();
  return granted ? Answer::kGranted : Answer::kAnswered;
}

bool begins_stream_management(const xmpp::Element& element) {
  const auto says = [](const xmpp::Element& one) {
    return xmpp::begins_stream_management(one.ns, one.name);
  };
  const auto one_says = [&](const xmpp::Element& parent) {
    return std::any_of(parent.children.begin(), parent.children.end(), says);
  };
  if (says(element)) return true;
  if (!is_sasl2_success(element)) return false;
  const auto* const bound = element.child("urn:xmpp:bind:0", "bound");
  return one_says(element) || (bound != nullptr && one_says(*bound));
}

}  // namespace portcullis::session
