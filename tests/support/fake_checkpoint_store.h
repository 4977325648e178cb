// fake_checkpoint_store: a checkpoint in memory that records what was saved, and fails on demand.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/checkpoint.h"

namespace hecate {

class FakeCheckpointStore final : public CheckpointStore {
 public:
  Result<std::optional<ObjectState>> load(std::string_view uri,
                                          std::string_view identity) override {
    if (failing) return fail(Errc::storage, "the fake checkpoint cannot be read");
    return find(uri, identity);
  }

  Status save(std::span<const ObjectState> saved) override {
    if (failing) return fail(Errc::storage, "the fake checkpoint cannot be written");
    save_sizes.push_back(saved.size());
    for (const ObjectState& state : saved) states[{state.uri, state.identity}] = state;
    return {};
  }

  [[nodiscard]] std::optional<ObjectState> find(std::string_view uri,
                                                std::string_view identity = "v1") const {
    const auto found = states.find({std::string(uri), std::string(identity)});
    if (found == states.end()) return std::nullopt;
    return found->second;
  }

  std::map<std::pair<std::string, std::string>, ObjectState> states;
  std::vector<std::size_t> save_sizes;  ///< per save(): how many states
  bool failing = false;
};

}  // namespace hecate
