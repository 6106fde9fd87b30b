#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "certs/own/file_writers.h"
#include "proxy/base/result.h"
#include "proxy/xmpp/dialback_key.h"

namespace portcullis::relay {

// The secret of server dialback, as the keys that are made with it. A value, shared by all
// generations and workers that use the same secret.
class DialbackSecret {
 public:
  using Keys = std::shared_ptr<const xmpp::DialbackKeys>;

  // Known to this process only, for as long as it runs.
  static DialbackSecret random();
  // That of a file, without the line feed at its end, so that other instances know the keys, too.
  // Fails when certs::read_key_file() fails, or the secret is shorter than 16 octets.
  static Result<DialbackSecret> load(const std::string& path, const certs::ServiceUser& us);

  const Keys& keys(xmpp::DialbackPlace place) const {
    return place == xmpp::DialbackPlace::kBackend ? backend_ : wan_;
  }

 private:
  explicit DialbackSecret(std::string_view secret);

  Keys backend_;
  Keys wan_;
};

}  // namespace portcullis::relay
