#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "proxy/xmpp/stream_reader.h"

// A header that was read and written is read again as the same header.
namespace {

using namespace portcullis::xmpp;

std::optional<StreamHeader> read(std::string_view bytes) {
  StreamReader reader({.header_bytes = 1 << 20});
  reader.push(bytes);
  auto event = reader.next();
  if (!event || !std::holds_alternative<StreamHeader>(*event)) return std::nullopt;
  return std::get<StreamHeader>(std::move(*event));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto header = read({reinterpret_cast<const char*>(data), size});
  if (!header) return 0;
  // Declared again on demand only.
  const auto removed =
      std::erase_if(header->declared, [](const auto& one) { return one.prefix == "db"; });
  if (removed > 1) std::abort();
  if (read(write_header(*header)) != header) std::abort();
  const auto with_dialback = read(write_header(*header, true));
  if (!with_dialback || with_dialback->to != header->to) std::abort();
  return 0;
}
