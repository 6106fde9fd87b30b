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
  // The random one of the process that we take over from: the octets() of it.
  static DialbackSecret of(std::string_view octets) { return DialbackSecret(octets, true); }
  // That of a file, without the line feed at its end, so that other instances know the keys, too.
  // Fails when certs::read_key_file() fails, or the secret is shorter than 16 octets.
  static Result<DialbackSecret> load(const std::string& path, const certs::ServiceUser& us);

  // What a successor needs to know the keys; "" for one from a file, which it reads itself.
  const std::string& octets() const { return *octets_; }
  const Keys& keys(xmpp::DialbackPlace place) const {
    return place == xmpp::DialbackPlace::kBackend ? backend_ : wan_;
  }

 private:
  DialbackSecret(std::string_view secret, bool is_to_be_told);

  Keys backend_;
  Keys wan_;
  std::shared_ptr<const std::string> octets_;
};

}  // namespace portcullis::relay
