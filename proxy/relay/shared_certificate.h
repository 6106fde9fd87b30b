#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "certs/x509/openssl_ptr.h"
#include "policy/reasons/reason.h"
#include "proxy/base/key_type.h"

namespace portcullis::relay {

// channel_binding = "end-point": a client's login may be bound to the certificate that it was
// served, if the backend shows the very same one on the other leg (RFC 5929 section 4). A value: it
// does no I/O.
class SharedCertificate {
 public:
  // Nothing is shared.
  SharedCertificate() = default;
  // `served`: our certificate that the client was shown. Null, as in a resumed session: it is not
  // known, and nothing can be the same.
  explicit SharedCertificate(std::shared_ptr<X509> served)
      : served_(std::move(served)), wanted_(true) {}

  bool wanted() const { return wanted_; }
  // The type of key that the backend is asked for, because it may hold certificates of several;
  // nullopt: any. A handshake begins with it.
  std::optional<KeyType> begin_handshake();
  // It has come about, so the type of key was not what is wrong, if anything is.
  void end_handshake() { asks_ = false; }
  // The attempt has failed. True, once: it may be because the backend has no certificate of that
  // type, and one that takes any is worth another attempt.
  bool may_try_any();
  // The backend has shown `leaf`, and is the right one. Why it is not the same, or nullopt.
  std::optional<policy::Refusal> difference(X509* leaf);

 private:
  std::shared_ptr<X509> served_;
  bool wanted_ = false;
  bool asks_ = false;  // the handshake under way is for one type
  bool takes_any_ = false;
};

}  // namespace portcullis::relay
