#include "proxy/session/login_attempts.h"

#include <algorithm>
#include <string>

#include "proxy/session/login.h"
#include "proxy/xmpp/login_refusal.h"

namespace portcullis::session {
namespace {

constexpr std::string_view kIqAuth = "jabber:iq:auth";
constexpr std::string_view kIqRegister = "jabber:iq:register";

bool is_get(const xmpp::Element& iq) {
  const auto* const type = iq.attribute("type");
  return type != nullptr && *type == "get";
}

// Prosody logs in whoever shows a password, also with a "get".
bool shows_password(const xmpp::Element& query) {
  return std::any_of(query.children.begin(), query.children.end(), [](const auto& child) {
    return child.name == "password" || child.name == "digest";
  });
}

std::optional<Attempt> attempt_of_query(const xmpp::Element& iq, const xmpp::Element& query) {
  if (query.ns == kIqAuth && (!is_get(iq) || shows_password(query))) return Attempt::kLogin;
  if (query.ns == kIqRegister && !is_get(iq)) return Attempt::kRegistration;
  return std::nullopt;
}

bool is_iq_error(const xmpp::Element& element) {
  const auto* const type = element.attribute("type");
  return element.is(xmpp::ns::kClient, "iq") && type != nullptr && *type == "error";
}

// The client has taken it back, or the backend could not judge it: no password was found wrong.
bool says_nothing_of_a_password(const xmpp::Element& failure) {
  const auto condition = xmpp::failure_condition(failure);
  return condition == "aborted" || condition == "temporary-auth-failure";
}

}  // namespace

std::optional<Attempt> attempt_of(const xmpp::Element& element) {
  if (element.is(xmpp::ns::kSasl, "auth") || element.is(xmpp::ns::kSasl2, "authenticate"))
    return Attempt::kLogin;
  if (!element.is(xmpp::ns::kClient, "iq")) return std::nullopt;
  for (const auto& child : element.children)
    if (const auto attempt = attempt_of_query(element, child)) return attempt;
  return std::nullopt;
}

std::string_view told_to_wait(Attempt attempt) {
  return attempt == Attempt::kLogin
             ? "Too many logins from your address have failed. Try again in some minutes."
             : "Too many accounts were registered from your address. Try again in an hour.";
}

void OpenLogin::begins(const xmpp::Element& attempt, const AttemptCounter& counter) {
  if (way != Way::kNone) fails(counter);
  way = attempt.ns == xmpp::ns::kClient ? Way::kIq : Way::kSasl;
}

void OpenLogin::hears(const xmpp::Element& answer, const AttemptCounter& counter) {
  if (way == Way::kIq) {
    if (is_iq_error(answer)) fails(counter);
    return;
  }
  if (way == Way::kNone || (answer.ns != xmpp::ns::kSasl && answer.ns != xmpp::ns::kSasl2)) return;
  if (answer.name == "success") way = Way::kNone;
  if (answer.name != "failure") return;
  if (says_nothing_of_a_password(answer))
    way = Way::kNone;
  else
    fails(counter);
}

void OpenLogin::fails(const AttemptCounter& counter) {
  way = Way::kNone;
  if (counter.login_failed) counter.login_failed();
}

}  // namespace portcullis::session
