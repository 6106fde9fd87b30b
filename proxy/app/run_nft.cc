#include "proxy/app/run_nft.h"

#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

#include "proxy/app/bounded_child.h"

namespace portcullis::app {
namespace {

constexpr std::array kPlaces{"/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft"};
constexpr std::size_t kMostSaid = 2'048;  // of what is shown
constexpr std::size_t kMostListed = std::size_t{256} * 1024;
// The kernel answers at once; but it waits while another program changes a large ruleset.
constexpr std::chrono::seconds kTime{10};

const char* find_nft() {
  for (const auto* const place : kPlaces)
    if (::access(place, X_OK) == 0) return place;
  return nullptr;
}

// What root would have been allowed.
std::string advice(const std::string& said) {
  if (said.find("Operation not permitted") == said.npos) return {};
  return "\nportcullis: the packet filter takes this from root only (CAP_NET_ADMIN); run it as "
         "root, in the network namespace of the backend";
}

// What it has printed. `options` are those of nft.
Result<std::string> converse(std::vector<std::string> options, const std::string& text) {
  const auto* const program = find_nft();
  if (program == nullptr)
    return fail(
        "nft(8) is not there; install the package nftables, or give what this command "
        "prints to the nft of another place");
  options.insert(options.end(), {"--file", "-"});
  auto done = run_child({.program = program,
                         .arguments = std::move(options),
                         .input = text,
                         .environment = {"LC_ALL=C"},
                         .time = kTime,
                         .most_output = kMostListed});
  if (!done) return tl::unexpected(done.error());
  if (done->status == 0) return std::move(done->out);
  auto said = (done->out + done->err).substr(0, kMostSaid);
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return fail(std::string(program) + " refuses it:\n" + said + advice(said));
}

}  // namespace

Result<void> run_nft(NftMode mode, const std::string& ruleset) {
  std::vector<std::string> options;
  if (mode == NftMode::kCheck) options.emplace_back("--check");
  const auto said = converse(std::move(options), ruleset);
  if (!said) return tl::unexpected(said.error());
  return {};
}

Result<std::string> ask_nft(const std::string& question) {
  return converse({"--stateless"}, question);
}

}  // namespace portcullis::app
