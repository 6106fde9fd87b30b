#include "proxy/relay/shared_certificate.h"

#include <string>
#include <utility>

#include "certs/own/credentials.h"
#include "certs/x509/certificate_text.h"

namespace portcullis::relay {
namespace {

std::string words(const X509* leaf) {
  const auto type = certs::key_type_of_leaf(leaf);
  return std::string(type ? name(*type) : "unknown") + ", valid until " +
         certs::minute_text(certs::not_after(leaf));
}

}  // namespace

std::optional<KeyType> SharedCertificate::begin_handshake() {
  const auto type = served_ && !takes_any_ ? certs::key_type_of_leaf(served_.get()) : std::nullopt;
  asks_ = type.has_value();
  return type;
}

bool SharedCertificate::may_try_any() {
  if (!std::exchange(asks_, false)) return false;
  return takes_any_ = true;
}

std::optional<policy::Refusal> SharedCertificate::difference(X509* leaf) {
  if (certs::same_certificate(served_.get(), leaf)) return std::nullopt;
  std::string text = "The backend shows clients another certificate than is served to them here";
  if (served_ && leaf != nullptr)
    text += " (" + words(leaf) + "; here: " + words(served_.get()) + ")";
  text +=
      ", so that no login can be bound to it. Give the backend the served certificate with its "
      "key, and reload it after each renewal.";
  return policy::Refusal{policy::Reason::kBackendWithoutBinding, std::move(text)};
}

}  // namespace portcullis::relay
