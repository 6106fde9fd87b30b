#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp {

// A first-level element of a server that writes every domain with A-labels (NameForm::kALabels).
// Other servers would take xn--bcher-kva.example for another domain than bücher.example (RFC 7622
// section 3.2.1), so the stream's own two domains are written as wire() where they stand, in
// exactly these letters, as the domain of `from` or `to`. Nothing else is changed.
//
// This decides nothing: the guard judges unit() by all its rules, and sends on what it judged.
class AddressForm {
 public:
  // `unit` begins with a start tag of `tag` bytes. It and `rules` must outlive this.
  AddressForm(std::string_view unit, std::size_t tag, const GuardRules& rules);
  AddressForm(const AddressForm&) = delete;
  AddressForm& operator=(const AddressForm&) = delete;

  // The element to be judged; `unit` itself if there was nothing to change.
  std::string_view unit() const { return unit_; }

 private:
  std::string changed_;
  std::string_view unit_;
};

}  // namespace portcullis::xmpp
