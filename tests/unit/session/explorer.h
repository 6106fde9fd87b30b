#pragma once

#include <cstddef>
#include <deque>
#include <numeric>
#include <ostream>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

// Everything that can happen in a small world, step by step and without repeating a state.
//
// A world is a value with
//   moves()        what can happen next, each with a `name`; none: the world is over,
//   after(move)    the worlds to which it leads; several where somebody else has a choice,
//   fingerprint()  a text that two worlds share only if nothing can tell them apart,
//   broken()       the promise that was broken on the way; empty: none was,
//   broken_by_time()   the same, if nothing but time passes from here on,
//   sights()       what is to be seen here, for who wants to know that it was reached.
namespace portcullis::session {

struct Explored {
  static constexpr std::size_t kPathLength = 20;

  std::size_t states = 0;
  std::size_t edges = 0;
  std::size_t depth = 0;  // of the state that is farthest from the first one
  double paths = 0;       // of at most kPathLength moves; each is covered, not each was walked
  bool complete = false;  // no new state was left
  std::string broken;     // the promise that was broken, and the moves that led there
  std::set<std::string> sights;
};

inline std::ostream& operator<<(std::ostream& out, const Explored& explored) {
  return out << explored.states << " states, " << explored.edges << " edges, depth "
             << explored.depth << ", " << explored.paths << " paths of at most "
             << Explored::kPathLength << " moves";
}

template <class World>
class Explorer {
 public:
  // Goes on until no new state appears, or to states that are `max_depth` moves away.
  Explored explore(World first, std::size_t max_depth) {
    (void)visit(std::move(first), Node{0, 0, {}, {}});
    while (!waiting_.empty() && explored_.broken.empty()) {
      const auto [world, index] = std::move(waiting_.front());
      waiting_.pop_front();
      if (nodes_[index].depth == max_depth) return finish(false);
      for (const auto& move : world.moves()) {
        for (auto& next : world.after(move)) {
          const auto to =
              visit(std::move(next), Node{index, nodes_[index].depth + 1, move.name, {}});
          nodes_[index].next.push_back(to);
          if (!explored_.broken.empty()) return finish(false);
        }
      }
    }
    return finish(explored_.broken.empty());
  }

 private:
  struct Node {
    std::size_t parent;
    std::size_t depth;
    std::string move;  // that led here first
    std::vector<std::size_t> next;
  };

  std::size_t visit(World world, Node node) {
    const auto [known, is_new] = known_.emplace(world.fingerprint(), nodes_.size());
    if (!world.broken().empty()) explored_.broken = world.broken() + path_to(node);
    if (!is_new) return known->second;
    if (const auto broken = world.broken_by_time(); !broken.empty())
      explored_.broken = broken + path_to(node);
    explored_.depth = node.depth;
    for (auto& sight : world.sights()) explored_.sights.insert(std::move(sight));
    nodes_.push_back(std::move(node));
    waiting_.emplace_back(std::move(world), known->second);
    return known->second;
  }

  std::string path_to(const Node& last) const {
    std::string path = "\n  " + last.move;
    for (auto at = last.parent; at != 0; at = nodes_[at].parent)
      path = "\n  " + nodes_[at].move + path;
    return " after" + path;
  }

  Explored finish(bool complete) {
    explored_.complete = complete;
    explored_.states = nodes_.size();
    for (const auto& node : nodes_) explored_.edges += node.next.size();
    explored_.paths = count_paths();
    return explored_;
  }

  double count_paths() const {
    std::vector<double> ending_at(nodes_.size(), 0);
    ending_at[0] = 1;
    double all = 0;
    for (std::size_t length = 0; length < Explored::kPathLength; ++length) {
      std::vector<double> longer(nodes_.size(), 0);
      for (std::size_t from = 0; from < nodes_.size(); ++from)
        for (const auto to : nodes_[from].next) longer[to] += ending_at[from];
      all += std::accumulate(longer.begin(), longer.end(), 0.0);
      ending_at = std::move(longer);
    }
    return all;
  }

  std::vector<Node> nodes_;
  std::deque<std::pair<World, std::size_t>> waiting_;
  std::unordered_map<std::string, std::size_t> known_;
  Explored explored_;
};

}  // namespace portcullis::session
