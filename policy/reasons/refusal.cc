#include <algorithm>
#include <utility>

#include "policy/reasons/home_arguments.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxText = 512;
// So that one endless name cannot push the rest of the sentence out. The lesser ones are for
// sentences with several of them.
constexpr std::array<std::size_t, 4> kMaxArgument{320, 160, 110, 70};

constexpr std::string_view kBlank = " \t\r\n";

// Something that nothing but punctuation is left of says nothing.
bool says_something(std::string_view value) {
  return value.find_first_not_of(" .,;:!?-") != std::string_view::npos;
}

// Fills one sentence.
class Filler {
 public:
  Filler(const Arguments& arguments, std::size_t longest)
      : arguments_(arguments), longest_(longest) {}

  std::string fill(std::string_view sentence) const {
    std::string text;
    while (!sentence.empty()) {
      const auto at = sentence.find_first_of("{[");
      text += sentence.substr(0, at);
      if (at == std::string_view::npos) break;
      const bool may_go = sentence[at] == '[';
      const auto end = sentence.find(may_go ? ']' : '}', at);
      const auto inside = sentence.substr(at + 1, end - at - 1);
      sentence.remove_prefix(end + 1);
      text += may_go ? part_of(inside) : value_of(inside);
    }
    return text;
  }

 private:
  const std::string* find(std::string_view name) const {
    const auto found = std::find_if(arguments_.begin(), arguments_.end(),
                                    [&](const auto& one) { return one.first == name; });
    return found == arguments_.end() ? nullptr : &found->second;
  }

  std::string value_of(std::string_view name) const {
    const auto* const value = find(name);
    return value == nullptr ? "?" : printable(*value, longest_);
  }

  std::string part_of(std::string_view inside) const {
    for (auto rest = inside; rest.find('{') != std::string_view::npos;) {
      rest.remove_prefix(rest.find('{') + 1);
      if (find(rest.substr(0, rest.find('}'))) == nullptr) return {};
    }
    return fill(inside);
  }

  const Arguments& arguments_;
  std::size_t longest_;
};

std::string filled(std::string_view sentence, const Arguments& arguments) {
  std::string text;
  for (const auto longest : kMaxArgument) {
    text = Filler(arguments, longest).fill(sentence);
    if (text.size() <= kMaxText) break;
  }
  return printable(text, kMaxText);
}

std::string_view or_words(std::string_view name, std::string_view words) {
  return name.empty() ? words : name;
}

}  // namespace

std::string_view without_full_stop(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  text.remove_prefix(first);
  const auto last = text.find_last_not_of(". \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

Refusal refuse(Reason reason, std::initializer_list<Argument> arguments) {
  Arguments known;
  const auto keep = [&](std::string_view name) {
    const auto* const given = std::find_if(arguments.begin(), arguments.end(),
                                           [&](const Argument& one) { return one.first == name; });
    if (given == arguments.end()) return;
    auto value = printable(without_full_stop(given->second), kMaxArgument.front());
    if (says_something(value)) known.emplace_back(name, std::move(value));
  };
  for (const auto& name : kArgumentNames) keep(name);
  for (const auto& name : kHomeArgumentNames) keep(name);
  auto text = filled(info(reason).sentence, known);
  return {reason, std::move(text), std::move(known)};
}

std::string at_home(const Refusal& refusal, const Ends& ends) {
  const auto& row = info(refusal.reason);
  if (!refusal.arguments) return refusal.text;
  if (row.at_home.empty()) return filled(row.sentence, *refusal.arguments);
  const bool client = ends.kind == StreamKind::kC2s;
  const auto remote = or_words(ends.remote, client ? "the client" : "the remote domain");
  const auto local = or_words(ends.local, "this domain");
  auto arguments = *refusal.arguments;
  arguments.emplace_back("remote", remote);
  arguments.emplace_back("local", local);
  const bool is_theirs = fault_of(refusal.reason, ends.kind) == Fault::kPeer;
  arguments.emplace_back("they", is_theirs ? remote : local);
  return filled(row.at_home, arguments);
}

Refusal for_strangers(const Refusal& refusal) {
  // Its sentence is for the program that is not our backend.
  if (refusal.reason == Reason::kNotTheBackend) return refuse(Reason::kBackendMisconfigured);
  return is_about_us(refusal.reason) ? refuse(refusal.reason) : refusal;
}

Refusal for_our_users(Refusal refusal) {
  if (refusal.arguments)
    std::erase_if(*refusal.arguments, [](const auto& one) {
      return std::find(kHomeArgumentNames.begin(), kHomeArgumentNames.end(), one.first) !=
             kHomeArgumentNames.end();
    });
  return refusal;
}

Refusal unreached_for_our_users() {
  return refuse(Reason::kPeerUnreachable, {{"detail", "the log of this gate says why"}});
}

}  // namespace portcullis::policy
