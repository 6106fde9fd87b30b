#include <nlohmann/json.hpp>

#include "proxy/report/record_fields.h"

namespace portcullis::report {
namespace {

using Json = nlohmann::json;

// Keeps only the strings that are members of the outermost object, so that deep nesting needs no
// memory.
class Collector : public Json::json_sax_t {
 public:
  RecordFields fields;

  bool start_object(std::size_t) override { return descend(); }
  bool end_object() override { return ascend(); }
  // The outermost value must be an object.
  bool start_array(std::size_t) override { return depth_ > 0 && descend(); }
  bool end_array() override { return ascend(); }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = std::move(name);
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 1) fields.set(key_, std::move(value));
    return depth_ > 0;
  }
  bool null() override { return depth_ > 0; }
  bool boolean(bool) override { return depth_ > 0; }
  bool number_integer(number_integer_t) override { return depth_ > 0; }
  bool number_unsigned(number_unsigned_t) override { return depth_ > 0; }
  bool number_float(number_float_t, const string_t&) override { return depth_ > 0; }
  bool binary(binary_t&) override { return false; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool descend() {
    ++depth_;
    return true;
  }
  bool ascend() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  std::string key_;
};

}  // namespace

std::optional<RecordFields> parse_json(std::string_view record) {
  Collector collector;
  if (!Json::sax_parse(record.begin(), record.end(), &collector)) return std::nullopt;
  return std::move(collector.fields);
}

}  // namespace portcullis::report
