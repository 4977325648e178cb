#include "stages/notice.h"

namespace hecate {

void Notices::say(std::string_view kind, std::string_view text) {
  if (!print_) return;
  const std::scoped_lock lock(mutex_);
  const auto now = clock_.now();
  const auto found = kinds_.find(kind);
  if (found == kinds_.end()) {
    kinds_.emplace(kind, Kind{now, 0});
    print_(text);
    return;
  }
  Kind& known = found->second;
  if (now - known.said_at < interval) {
    ++known.held_back;
    return;
  }
  std::string line(text);
  if (known.held_back > 0) {
    line += " (and " + std::to_string(known.held_back) + " more like this)";
  }
  known = Kind{now, 0};
  print_(line);
}

}  // namespace hecate
