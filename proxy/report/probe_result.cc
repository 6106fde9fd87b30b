#include "proxy/report/probe_result.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/key_type.h"

namespace portcullis::report {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kSchema = 1;
constexpr std::size_t kDeepest = 12;
constexpr std::size_t kMostValues = 50000;  // probe bounds each of its lists, and stays far below
constexpr std::size_t kMostAddresses = 16;  // that probe examines
constexpr std::size_t kMostOthers = 2;

// Notes the first thing that probe would not have written, and goes on with nothing in its place.
class Reading {
 public:
  void unexpected(std::string why) {
    if (fault_.empty()) fault_ = std::move(why);
  }
  const std::string& fault() const { return fault_; }

  const Json& member(const Json& object, const char* name) {
    if (object.is_object())
      if (const auto found = object.find(name); found != object.end()) return *found;
    unexpected(quoted(name) + " is missing");
    return nothing_;
  }
  const std::string& text(const Json& object, const char* name) {
    const auto& value = member(object, name);
    if (value.is_string()) return value.get_ref<const std::string&>();
    unexpected(quoted(name) + " is no text");
    return no_text_;
  }
  const Json& list(const Json& object, const char* name, std::size_t most) {
    const auto& value = member(object, name);
    if (value.is_array() && value.size() <= most) return value;
    unexpected(quoted(name) + (value.is_array() ? " is too long" : " is no list"));
    return no_list_;
  }
  bool truth(const Json& object, const char* name) {
    const auto& value = member(object, name);
    if (value.is_boolean()) return value.get<bool>();
    unexpected(quoted(name) + " is neither true nor false");
    return false;
  }
  std::uint64_t number(const Json& object, const char* name) {
    const auto& value = member(object, name);
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    unexpected(quoted(name) + " is no number");
    return 0;
  }

 private:
  static std::string quoted(const char* name) { return "\"" + std::string(name) + "\""; }

  const Json nothing_;
  const Json no_list_ = Json::array();
  const std::string no_text_;
  std::string fault_;
};

// Looks at the text before anything is built of it, and stops at the first thing that probe would
// not have written: what is nested too deeply, more values than it has, or a name that stands in an
// object twice, because of two values a reader could take either. The library can ask the same
// while it builds, but then goes through all that an array holds whenever one of its members ends.
class Strictness : public Json::json_sax_t {
 public:
  // Empty: it is no JSON, if it did not pass.
  const std::string& fault() const { return fault_; }

  bool start_object(std::size_t) override { return one_more() && descend(); }
  bool end_object() override { return ascend(); }
  bool start_array(std::size_t) override { return one_more() && descend(); }
  bool end_array() override { return ascend(); }
  bool key(string_t& name) override {
    const auto [known, is_new] = names_.back().insert(std::move(name));
    return is_new ||
           stop("the name \"" + policy::printable(*known, kLongestName) + "\" stands there twice");
  }
  bool string(string_t&) override { return one_more(); }
  bool null() override { return one_more(); }
  bool boolean(bool) override { return one_more(); }
  bool number_integer(number_integer_t) override { return one_more(); }
  bool number_unsigned(number_unsigned_t) override { return one_more(); }
  bool number_float(number_float_t, const string_t&) override { return one_more(); }
  bool binary(binary_t&) override { return false; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  static constexpr std::size_t kLongestName = 60;

  bool stop(std::string why) {
    fault_ = std::move(why);
    return false;
  }
  bool one_more() {
    return ++values_ <= kMostValues ||
           stop("it holds more than " + std::to_string(kMostValues) + " values");
  }
  bool descend() {
    names_.emplace_back();
    return names_.size() <= kDeepest || stop("it is nested too deeply");
  }
  bool ascend() {
    names_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> names_;  // of each object that is open; an array has none
  std::size_t values_ = 0;
  std::string fault_;
};

// Of what probe writes about a certificate: "RSA 2048 bits", "ECDSA P-256", or another kind.
std::optional<KeyType> kind_of(Reading& reading, const Json& certificate) {
  const auto& key = reading.text(certificate, "key");
  if (key.starts_with("RSA ")) return KeyType::kRsa;
  if (key.starts_with("ECDSA ")) return KeyType::kEcdsa;
  return std::nullopt;
}

std::optional<KeyType> asked_of(Reading& reading, const Json& other) {
  const auto& asked = reading.text(other, "asked");
  for (const auto type : {KeyType::kRsa, KeyType::kEcdsa})
    if (asked == name(type)) return type;
  reading.unexpected("\"asked\" is neither \"rsa\" nor \"ecdsa\"");
  return std::nullopt;
}

// The server ended the handshake in which the other kind was asked for, by the alert that says that
// both have nothing in common. A connection that was not made or broke off, and a time that ran
// out, may have another cause.
bool was_refused(Reading& reading, const Json& other) {
  if (!other.contains("failure")) return false;
  const auto& failure = reading.member(other, "failure");
  const auto& reason = reading.text(failure, "reason");
  return reading.text(failure, "stage") == "handshake" &&
         reason == policy::id(policy::Reason::kTlsNoCommonSuite);
}

// `shown`: the kind that the server prefers.
KeyKinds with_other(Reading& reading, KeyType shown, const Json& other) {
  const auto asked = asked_of(reading, other);
  if (asked == shown) reading.unexpected("the kind of key that was shown was asked for once more");
  const auto& certificate = reading.member(other, "certificate");
  if (!certificate.is_null()) {
    if (kind_of(reading, certificate) != asked)
      reading.unexpected("a certificate of another kind came than was asked for");
    return KeyKinds::kBoth;
  }
  if (!was_refused(reading, other)) return KeyKinds::kUnproved;
  return shown == KeyType::kRsa ? KeyKinds::kOnlyRsa : KeyKinds::kOnlyEcdsa;
}

KeyKinds kinds_at(Reading& reading, const Json& address) {
  // Who called through a proxy has not seen where the server is.
  if (reading.truth(address, "by_proxy") || !address.contains("certificate"))
    return KeyKinds::kUnproved;
  const auto& certificate = reading.member(address, "certificate");
  const auto& others = reading.list(address, "other_certificates", kMostOthers);
  if (certificate.is_null()) return KeyKinds::kUnproved;
  const auto shown = kind_of(reading, certificate);
  if (!shown || others.size() != 1) return KeyKinds::kUnproved;
  return with_other(reading, *shown, others[0]);
}

KeyKinds kinds_of(Reading& reading, const Json& found) {
  const auto left_out = reading.number(found, "addresses_left_out");
  std::vector<KeyKinds> all;
  for (const auto& address : reading.list(found, "addresses", kMostAddresses))
    all.push_back(kinds_at(reading, address));
  const auto has = [&](KeyKinds one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  if (has(KeyKinds::kBoth) || (has(KeyKinds::kOnlyRsa) && has(KeyKinds::kOnlyEcdsa)))
    return KeyKinds::kBoth;
  // A way that was not looked at may lead to a key of the other kind.
  if (all.empty() || has(KeyKinds::kUnproved) || left_out > 0) return KeyKinds::kUnproved;
  return all.front();
}

ProbeResult result_of(Reading& reading, const Json& found) {
  if (reading.number(found, "schema") != kSchema)
    reading.unexpected("its \"schema\" is not 1; another version of portcullis has written it");
  ProbeResult result{reading.text(found, "domain"), KeyKinds::kUnproved};
  const auto name = DomainName::parse(result.domain);
  if (!name || name->a_label() != result.domain)
    reading.unexpected("\"domain\" is no domain in A-labels");
  if (reading.text(found, "kind") != "s2s")
    reading.unexpected("its servers for clients were probed; leave out --c2s");
  result.kinds = kinds_of(reading, found);
  return result;
}

}  // namespace

Result<ProbeResult> read_probe(std::string_view text) {
  if (text.size() > kMostProbeText) return fail("it is larger than 1 MiB");
  Strictness strictness;
  if (!Json::sax_parse(text.begin(), text.end(), &strictness))
    return fail(strictness.fault().empty() ? "it is no JSON, or more than one object"
                                           : strictness.fault());
  const auto found = Json::parse(text.begin(), text.end(), nullptr, false);
  if (found.is_discarded()) return fail("it is no JSON, or more than one object");
  Reading reading;
  auto result = result_of(reading, found);
  if (!reading.fault().empty()) return fail(reading.fault());
  return result;
}

}  // namespace portcullis::report
