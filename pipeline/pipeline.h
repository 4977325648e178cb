// pipeline: a source and stages wired together at compile time.
//
// A source fills batches; every stage takes a batch from one phase to the next. The chain is a
// type: a stage in the wrong place, or a missing one, does not compile. There is one virtual-free
// call per stage and batch; nothing here runs per event. The only template machinery of the
// project.
#pragma once

#include <concepts>
#include <cstddef>
#include <tuple>
#include <utility>

#include "pipeline/batch.h"
#include "pipeline/result.h"

namespace hecate {

/// Yields batches. next() clears and fills the batch; false means that the object is read to its
/// end and the batch is empty. An Error ends the object; batches handed out before stay good.
template <typename S>
concept Source = requires(S source, Batch& batch) {
  { S::name } -> std::convertible_to<const char*>;
  { S::to } -> std::convertible_to<Phase>;
  { source.next(batch) } -> std::same_as<Result<bool>>;
};

/// Moves a batch from phase `from` to phase `to`. Single-threaded; reused for every batch.
template <typename S>
concept Stage = requires(S stage, Batch& batch) {
  { S::name } -> std::convertible_to<const char*>;
  { S::from } -> std::convertible_to<Phase>;
  { S::to } -> std::convertible_to<Phase>;
  { stage.process(batch) } -> std::same_as<Status>;
};

namespace detail {
/// True when every stage starts in the phase in which the one before it ends.
template <Phase at>
constexpr bool wired() {
  return true;
}
template <Phase at, typename First, typename... Rest>
constexpr bool wired() {
  return First::from == at && wired<First::to, Rest...>();
}
}  // namespace detail

template <Source Src, Stage... Stages>
class Pipeline {
  static_assert(detail::wired<Src::to, Stages...>(),
                "a stage of this pipeline starts in another phase than the one before it ends in");

 public:
  explicit Pipeline(Src source, Stages... stages)
      : source_(std::move(source)), stages_(std::move(stages)...) {}

  [[nodiscard]] Src& source() noexcept { return source_; }
  [[nodiscard]] const Src& source() const noexcept { return source_; }
  template <typename S>
  [[nodiscard]] S& stage() noexcept {
    return std::get<S>(stages_);
  }

  /// The next batch, through all stages. False: the object has ended.
  Result<bool> next(Batch& batch) {
    Result<bool> more = source_.next(batch);
    if (!more || !*more) return more;
    Status status;
    // Folds over the stages in order and stops at the first that fails.
    const bool ok = std::apply(
        [&](auto&... stage) {
          return ((status = stage.process(batch), status.has_value()) && ...);
        },
        stages_);
    if (!ok) return fail(std::move(status.error()));
    return true;
  }

 private:
  Src source_;
  std::tuple<Stages...> stages_;
};

}  // namespace hecate
