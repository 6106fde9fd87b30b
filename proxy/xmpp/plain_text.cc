#include "proxy/xmpp/plain_text.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace portcullis::xmpp {
namespace {

constexpr std::ptrdiff_t kBlock = 16;
constexpr std::ptrdiff_t kWideBlock = 32;
constexpr std::ptrdiff_t kTogether = 4;  // so many blocks are looked at together in long text
// Vector types, an extension of GCC and clang. Operators work on each byte of them.
using Block = signed char __attribute__((vector_size(kBlock)));
using WideBlock = signed char __attribute__((vector_size(kWideBlock)));
using Halves = std::array<std::uint64_t, 2>;

// The offset in memory of the first byte of `half` that is not 0. `half` must not be 0.
int first_byte(std::uint64_t half) {
  if constexpr (std::endian::native == std::endian::little) return std::countr_zero(half) / 8;
  return std::countl_zero(half) / 8;
}

// Adds to `found` which of the next bytes are '<', '>' or '&', or are not printable ASCII: those
// are not 0. Inlined always, and so compiled for the kind of processor that its caller is for.
template <class Vector>
[[gnu::always_inline]] inline void find_special(const char* at, Vector& found) {
  Vector block;
  std::memcpy(&block, at, sizeof block);
  // Bytes that are not ASCII are negative.
  found |= (block < ' ') | ((block | 2) == '>') | (block == '&');
}

// Skips kTogether vectors at a time, as long as none of their bytes is special.
template <class Vector>
[[gnu::always_inline]] inline const char* skip_vectors(const char* at, const char* end) {
  constexpr auto kSize = static_cast<std::ptrdiff_t>(sizeof(Vector));
  for (; end - at >= kTogether * kSize; at += kTogether * kSize) {
    Vector found{};
    for (std::ptrdiff_t i = 0; i < kTogether; ++i) find_special(at + i * kSize, found);
    std::array<std::uint64_t, sizeof(Vector) / 8> parts;
    std::memcpy(parts.data(), &found, sizeof found);
    std::uint64_t any = 0;
    for (const auto part : parts) any |= part;
    if (any != 0) break;
  }
  return at;
}

#ifdef __x86_64__
// Debian runs on processors without AVX2, too, so this is asked when the program runs.
const bool kHasAvx2 = __builtin_cpu_supports("avx2") != 0;

[[gnu::target("avx2")]] const char* skip_with_avx2(const char* at, const char* end) {
  return skip_vectors<WideBlock>(at, end);
}

const char* skip_long_plain(const char* at, const char* end) {
  if (kHasAvx2) at = skip_with_avx2(at, end);
  return skip_vectors<Block>(at, end);
}
#else
const char* skip_long_plain(const char* at, const char* end) {
  return skip_vectors<Block>(at, end);
}
#endif

// Which of the next kBlock bytes are special, or are the quote that ends a value.
template <class Stops>
Block special(const char* at, const Stops& stops) {
  Block found{};
  find_special(at, found);
  if constexpr (Stops::kInQuotes) {
    Block block;
    std::memcpy(&block, at, sizeof block);
    found |= block == static_cast<signed char>(stops.quote);
  }
  return found;
}

// How many of the next kBlock bytes come before the first that is.
template <class Stops>
std::ptrdiff_t plain_prefix(const char* at, const Stops& stops) {
  const auto halves = std::bit_cast<Halves>(special(at, stops));
  if (halves[0] != 0) return first_byte(halves[0]);
  if (halves[1] != 0) return kBlock / 2 + first_byte(halves[1]);
  return kBlock;
}

bool in_range(char c, unsigned low, unsigned high) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= low && byte <= high;
}

// Skips one UTF-8 character (RFC 3629 section 4) that is not ASCII. U+FFFE and U+FFFF are not
// accepted, because XML 1.0 does not count them as characters. Returns `at` if there is no such
// character.
const char* skip_multibyte(const char* at, const char* end) {
  const auto lead = static_cast<unsigned char>(*at);
  if (lead < 0xC2 || lead > 0xF4) return at;
  const std::ptrdiff_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (end - at < size) return end;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (!in_range(at[1], low, high)) return at;
  for (std::ptrdiff_t i = 2; i < size; ++i)
    if (!in_range(at[i], 0x80, 0xBF)) return at;
  if (lead == 0xEF && in_range(at[1], 0xBF, 0xBF) && in_range(at[2], 0xBE, 0xBF)) return at;
  return at + size;
}

// Skips characters up to one for which `stops` is true. It is asked only about bytes that have a
// meaning in some place.
template <class Stops>
const char* skip_characters(const char* at, const char* end, Stops stops) {
  while (at != end) {
    if (end - at >= kBlock) {
      const std::ptrdiff_t plain = plain_prefix(at, stops);
      at += plain;
      if (plain == kBlock) {
        if constexpr (Stops::kOftenLong) at = skip_long_plain(at, end);
        continue;
      }
    }
    // Letters of other scripts usually come several in a row, so they are read in a loop of their
    // own.
    while (at != end && static_cast<signed char>(*at) < 0) {
      const char* const behind = skip_multibyte(at, end);
      if (behind == at) return at;
      at = behind;
    }
    if (at == end) return at;
    if (!has_class(*at, kPlain) && stops(at)) return at;
    ++at;
  }
  return at;
}

struct StopsText {
  static constexpr bool kOftenLong = true;
  static constexpr bool kInQuotes = false;
  const char* begin;

  bool operator()(const char* here) const {
    if (*here == '\'' || *here == '"') return false;
    const bool closes_cdata = here - begin >= 2 && here[-1] == ']' && here[-2] == ']';
    return *here != '>' || closes_cdata;
  }
};

struct StopsValue {
  static constexpr bool kOftenLong = false;
  static constexpr bool kInQuotes = true;
  char quote;

  bool operator()(const char* here) const {
    const bool harmless = *here == '>' || *here == '\'' || *here == '"';
    return !harmless || *here == quote;
  }
};

}  // namespace

const char* skip_text(const char* at, const char* end) {
  return skip_characters(at, end, StopsText{at});
}

const char* skip_value(const char* at, const char* end, char quote) {
  return skip_characters(at, end, StopsValue{quote});
}

const char* skip_reference(const char* at, const char* end) {
  const std::string_view bytes(at, static_cast<std::size_t>(end - at));
  for (const std::string_view one : {"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"}) {
    if (bytes.starts_with(one)) return at + one.size();
    if (one.starts_with(bytes)) return end;
  }
  return at;
}

}  // namespace portcullis::xmpp
