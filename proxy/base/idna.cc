#include "proxy/base/idna.h"

#include <idn2.h>
#include <stringprep.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace portcullis::idna {
namespace {

using OwnedText = std::unique_ptr<char, decltype(&std::free)>;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace

Result<std::string> to_a_labels(std::string_view text) {
  // Nothing is to be converted. libidn2 would refuse labels such as "ab--cd", which IDNA2008
  // reserves for other prefixes than "xn--". They are in use, and mean the same to everybody.
  if (is_ascii(text)) {
    auto lower = ascii_lower(text);
    if (lower.find("xn--") == std::string::npos) return lower;
  }
  char* raw = nullptr;
  const std::string input(text);
  const int status =
      idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(input.c_str()),
                     reinterpret_cast<std::uint8_t**>(&raw), IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const OwnedText owned(raw, &std::free);
  if (status != IDN2_OK) return fail(idn2_strerror(status));
  return ascii_lower(raw);
}

Result<std::string> to_u_labels(const std::string& a_labels) {
  char* raw = nullptr;
  const int status = idn2_to_unicode_8z8z(a_labels.c_str(), &raw, IDN2_NONTRANSITIONAL);
  const OwnedText owned(raw, &std::free);
  if (status != IDN2_OK) return fail(idn2_strerror(status));
  return std::string(raw);
}

Result<std::string> nameprep(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return fail("it contains NUL");
  // All that nameprep does to ASCII; stream headers in capitals need no table for it.
  if (is_ascii(text)) return ascii_lower(text);
  char* raw = nullptr;
  const std::string input(text);
  const int status =
      stringprep_profile(input.c_str(), &raw, "Nameprep", static_cast<Stringprep_profile_flags>(0));
  const OwnedText owned(raw, &std::free);
  if (status != STRINGPREP_OK) return fail(stringprep_strerror(static_cast<Stringprep_rc>(status)));
  return std::string(raw);
}

}  // namespace portcullis::idna
