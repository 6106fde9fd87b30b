#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/relay/buffered_socket.h"
#include "proxy/relay/stranger_turns.h"

namespace portcullis::relay {

// What comes from one socket. From a stranger it waits for its turn, and nothing more is read
// meanwhile, so that what waits is bounded by one read; and by what the kernel holds where that is
// read at once, because the connection has failed.
class StrangerInput final : private StrangerTurns::Guest {
 public:
  using Take = std::function<void(std::string_view bytes)>;
  using Lose = std::function<void(std::string detail)>;

  // `take` gets the bytes, in order, and `lose` that nothing more will come, behind them. `turns`
  // may be nullptr: then nothing waits. The references and `turns` must outlive this.
  StrangerInput(BufferedSocket& socket, StrangerTurns* turns, Take take, Lose lose);
  StrangerInput(const StrangerInput&) = delete;
  StrangerInput& operator=(const StrangerInput&) = delete;
  ~StrangerInput() override;

  // The socket has read `bytes`. With `first` it is no stranger any more, and they are taken at
  // once, unless others wait.
  void came(std::string_view bytes, bool first);
  void lost(std::string detail);
  // The owner does not want more, until resume().
  void pause();
  void resume();
  bool paused() const { return paused_; }

 private:
  void take_turn() override;

  BufferedSocket& socket_;
  StrangerTurns* turns_;
  Take take_;
  Lose lose_;
  std::string waiting_;
  std::optional<std::string> lost_;  // behind what waits
  bool queued_ = false;              // with `turns_`
  bool paused_ = false;
};

}  // namespace portcullis::relay
