#include "proxy/session/login_attempts.h"

#include <algorithm>
#include <string>

#include "proxy/session/login.h"
#include "proxy/xmpp/login_refusal.h"

namespace portcullis::session {
namespace {

constexpr std::string_view kIqRegister = "jabber:iq:register";

bool has_type(const xmpp::Element& iq, std::string_view wanted) {
  const auto* const type = iq.attribute("type");
  return type != nullptr && *type == wanted;
}

bool is_registration(const xmpp::Element& iq) {
  return !has_type(iq, "get") &&
         std::any_of(iq.children.begin(), iq.children.end(),
                     [](const auto& child) { return child.ns == kIqRegister; });
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
  if (is_iq_login(element)) return Attempt::kLogin;
  if (is_registration(element)) return Attempt::kRegistration;
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
  if (way == Way::kIq && answer.ns == xmpp::ns::kClient) {
    if (has_type(answer, "error")) fails(counter);
    way = Way::kNone;
    return;
  }
  if (way != Way::kSasl || (answer.ns != xmpp::ns::kSasl && answer.ns != xmpp::ns::kSasl2)) return;
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
