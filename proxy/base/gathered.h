#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace portcullis {

// Text that is put together out of pieces. Nothing is copied as long as all pieces are lent, and
// each stands in memory right behind the one before.
class Gathered {
 public:
  // Adds a piece that stays where it is until clear(). All pieces that are lent between two
  // clear() are parts of one text.
  void lend(std::string_view piece) {
    if (piece.empty()) return;
    if (copied_.empty() && lent_.empty()) {
      lent_ = piece;
    } else if (copied_.empty() && lent_.data() + lent_.size() == piece.data()) {
      lent_ = {lent_.data(), lent_.size() + piece.size()};
    } else {
      append(piece);
    }
  }

  // Adds a copy of the piece.
  void append(std::string_view piece) {
    if (copied_.empty()) copied_ = lent_;
    copied_.append(piece);
  }

  // Valid until the next call of another function.
  std::string_view text() const { return copied_.empty() ? lent_ : std::string_view(copied_); }
  std::size_t size() const { return text().size(); }
  bool empty() const { return text().empty(); }

  // The room for copies is kept.
  void clear() {
    lent_ = {};
    copied_.clear();
  }

 private:
  std::string_view lent_;  // all of the text as long as nothing is copied
  std::string copied_;
};

}  // namespace portcullis
