#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/load/config_section.h"
#include "policy/load/config_value.h"
#include "policy/load/toml_text.h"
#include "policy/model/quantity.h"
#include "policy/model/spki_pin.h"

namespace portcullis::policy {

// The kinds of values. Each knows how it is read, how it is written, and between which bounds it
// lies, so that a row of the schema only has to name its kind.

struct TruthField {
  static void read(const Value& value, bool& target) { read_bool(value, target); }
  static std::string write(bool value) { return value ? "true" : "false"; }
  static ValueShape shape() { return {.type = ValueShape::Type::kTruth}; }
};

template <std::size_t Most>
struct TextField {
  static void read(const Value& value, std::string& target) { read_text(value, target, Most); }
  static std::string write(const std::string& value) { return toml_string(value); }
  static std::string range() { return "at most " + std::to_string(Most) + " octets"; }
  static ValueShape shape() { return {.most = Most}; }
};

// Without a path there is nothing to write.
struct PathField {
  static void read(const Value& value, std::string& target) { read_path(value, target); }
  static std::string write(const std::string& value) {
    return value.empty() ? std::string() : toml_string(value);
  }
};

struct ListOfTexts {
  static ValueShape shape() { return {.is_list = true}; }
};

struct FilePatternsField : ListOfTexts {
  static void read(const Value& value, std::vector<std::string>& target) {
    read_file_patterns(value, target);
  }
  static std::string write(const std::vector<std::string>& value) { return toml_list(value); }
};

// The bounds of a duration, in milliseconds.
template <std::int64_t Least, std::int64_t Most>
struct DurationField {
  using Duration = std::chrono::milliseconds;
  static void read(const Value& value, Duration& target) {
    read_duration(value, target, {Duration(Least), Duration(Most)});
  }
  static std::string write(Duration value) { return toml_string(quantity_text(value)); }
  static std::string range() {
    return quantity_text(Duration(Least)) + " to " + quantity_text(Duration(Most));
  }
  static ValueShape shape() { return {.pattern = "^[0-9]+(ms|s|m|h)$"}; }
};

// In octets; a number without a unit is written as such.
template <std::size_t Least, std::size_t Most>
struct SizeField {
  static void read(const Value& value, std::size_t& target) {
    read_size(value, target, {Least, Most});
  }
  static std::string write(std::size_t value) {
    const std::string text = quantity_text(value);
    return text == std::to_string(value) ? text : toml_string(text);
  }
  static std::string range() { return quantity_text(Least) + " to " + quantity_text(Most); }
  static ValueShape shape() {
    return {
        .type = ValueShape::Type::kSize, .pattern = "^[0-9]+[KM]iB$", .least = Least, .most = Most};
  }
};

template <std::size_t Least, std::size_t Most>
struct CountField {
  template <class Number>
  static void read(const Value& value, Number& target) {
    auto count = static_cast<std::size_t>(target);
    read_count(value, count, {Least, Most});
    target = static_cast<Number>(count);
  }
  template <class Number>
  static std::string write(Number value) {
    return std::to_string(value);
  }
  static std::string range() { return std::to_string(Least) + " to " + std::to_string(Most); }
  static ValueShape shape() {
    return {.type = ValueShape::Type::kInteger, .least = Least, .most = Most};
  }
};

template <class Meaning>
using Word = std::pair<std::string_view, Meaning>;

template <const auto& Words>
std::vector<std::string> texts_of_words() {
  std::vector<std::string> texts;
  for (const auto& [word, meaning] : Words) texts.emplace_back(word);
  return texts;
}

// One word out of an array of Word<Enum>.
template <const auto& Words>
struct ChoiceField {
  template <class Enum>
  static void read(const Value& value, Enum& target) {
    read_choice(value, target, Words);
  }
  template <class Enum>
  static std::string write(Enum value) {
    for (const auto& [word, meaning] : Words)
      if (meaning == value) return toml_string(word);
    return {};
  }
  static ValueShape shape() { return {.words = texts_of_words<Words>()}; }
};

// A list of words out of an array of Word<bool Flags::*>.
template <const auto& Words>
struct FlagsField {
  template <class Flags>
  static void read(const Value& value, Flags& target) {
    read_flags(value, target, Words);
  }
  template <class Flags>
  static std::string write(const Flags& value) {
    std::vector<std::string> set;
    for (const auto& [word, flag] : Words)
      if (value.*flag) set.emplace_back(word);
    return toml_list(set);
  }
  static ValueShape shape() { return {.is_list = true, .words = texts_of_words<Words>()}; }
};

// The array of what `text` makes of each value.
template <class Value, class Text>
std::string written_list(const std::vector<Value>& values, Text text) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const auto& value : values) texts.push_back(text(value));
  return toml_list(texts);
}

struct PinsField {
  static ValueShape shape() {
    return {.is_list = true, .pattern = "^spki-sha256:[A-Za-z0-9+/]{43}=$"};
  }
  static void read(const Value& value, std::vector<SpkiPin>& target) { read_pins(value, target); }
  static std::string write(const std::vector<SpkiPin>& value) {
    return written_list(value, &pin_text);
  }
};

template <class Member>
struct MemberOf;
template <class Target, class Type>
struct MemberOf<Type Target::*> {
  using Of = Target;
};

// The row for a member of the typed configuration.
template <auto Member, class Field>
constexpr auto key(KeyText text, KeyKind kind = KeyKind::kOptional) {
  using Target = typename MemberOf<decltype(Member)>::Of;
  Key<Target> row{text,
                  [](const Value& value, Target& target) { Field::read(value, target.*Member); }};
  row.kind = kind;
  row.write = [](const Target& target) { return Field::write(target.*Member); };
  if constexpr (requires { Field::range(); }) row.range = &Field::range;
  if constexpr (requires { Field::shape(); }) row.shape = &Field::shape;
  if constexpr (requires { Field::kUnset; }) row.unset = Field::kUnset;
  return row;
}

// The row for what has a way of its own to be read, and holds keys of its own.
template <class Target>
constexpr Key<Target> key(KeyText text, void (*read)(const Value& value, Target& target)) {
  return {text, read, nullptr, nullptr, KeyKind::kTable};
}

// The row for a key with one value, written down so that nobody looks for another.
template <class Target, const std::string_view& Only>
constexpr Key<Target> only_value(KeyText text) {
  Key<Target> row{text, [](const Value& value, Target& /*target*/) {
                    const std::array allowed{Only};
                    read_word(value, allowed, {});
                  }};
  row.write = [](const Target& /*target*/) { return toml_string(Only); };
  row.shape = [] { return ValueShape{.words = {std::string(Only)}}; };
  return row;
}
inline constexpr std::string_view kRequiredWord = "required";

// Words that several tables know.
// Of [s2s] and [c2s].
inline constexpr std::array kFiniteFields{Word<FiniteField>{"off", FiniteField::kOff},
                                          Word<FiniteField>{"ffdhe2048", FiniteField::kFfdhe2048}};
inline constexpr std::string_view kFiniteFieldDoc =
    "`\"off\"`, or `\"ffdhe2048\"`: key exchange over this one finite field (RFC 7919) is offered "
    "and accepted, too. Larger ones are not, because a stranger can make us compute with them for "
    "nothing";
inline constexpr std::array kModes{Word<Mode>{name(Mode::kObserve), Mode::kObserve},
                                   Word<Mode>{name(Mode::kEnforce), Mode::kEnforce}};
inline constexpr std::array kTlsVersions{Word<TlsVersion>{"1.2", TlsVersion::kTls12},
                                         Word<TlsVersion>{"1.3", TlsVersion::kTls13}};

struct TlsFloorField : ChoiceField<kTlsVersions> {
  static void read(const Value& value, TlsVersion& target) {
    read_choice(value, target, kTlsVersions, "; the floor can only rise");
  }
};

}  // namespace portcullis::policy
