// rules: the patterns of a configuration, compiled once and shared by all workers.
//
// All patterns go into one Hyperscan database that is run over many messages at once (classify.h).
// What such a scan cannot be sure of is confirmed with the single pattern as written; those are
// compiled when first needed. Compiling many patterns takes a while, so the big database is kept in
// a cache under a key made of the patterns, the library's version and the CPU.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/batch.h"
#include "pipeline/config.h"
#include "pipeline/io.h"
#include "pipeline/result.h"
#include "stages/pattern.h"

struct hs_database;
struct hs_scratch;
namespace re2 {
class RE2;
}

namespace hecate {

struct HsDatabaseFree {
  void operator()(hs_database* database) const noexcept;
};
using HsDatabase = std::unique_ptr<hs_database, HsDatabaseFree>;

/// What one thread needs to scan with any of the databases it was prepared for.
class HsScratch {
 public:
  HsScratch() = default;
  ~HsScratch();
  HsScratch(HsScratch&& other) noexcept : scratch_(std::exchange(other.scratch_, nullptr)) {}
  HsScratch& operator=(HsScratch&& other) noexcept {
    std::swap(scratch_, other.scratch_);
    return *this;
  }
  Status prepare(const hs_database& database);
  [[nodiscard]] hs_scratch* get() const noexcept { return scratch_; }

 private:
  hs_scratch* scratch_ = nullptr;
};

class CompiledRules {
 public:
  /// What a report of a rule's pattern is worth.
  enum class Certainty : std::uint8_t {
    sure,
    sure_in_one_line,  ///< unless the message has a newline in it
    candidate,         ///< to be confirmed in the message alone
  };
  struct Rule {
    ScanPattern scan;
    Certainty certainty = Certainty::candidate;
    std::unique_ptr<re2::RE2> log_group;  ///< null: any group
    std::string pattern;                  ///< as written
    PatternFlags flags;
  };

  /// Compiles the rules of `config`. All bad patterns are reported in `problems`; then the result
  /// must not be used. `cache` may be null.
  static std::shared_ptr<const CompiledRules> compile(const Config& config, BlobCache* cache,
                                                      std::vector<ConfigProblem>& problems);
  /// Reports bad patterns without compiling anything.
  static void check(const Config& config, std::vector<ConfigProblem>& problems);
  ~CompiledRules();
  CompiledRules(const CompiledRules&) = delete;
  CompiledRules& operator=(const CompiledRules&) = delete;

  [[nodiscard]] const std::vector<Rule>& rules() const noexcept { return rules_; }
  /// All patterns that can be scanned for across messages; null when there are none.
  [[nodiscard]] const hs_database* scan_database() const noexcept { return scan_.get(); }
  /// Rules that are searched for in each message by itself, because their patterns are unusual;
  /// null when there are none. Reports rule indices, like the above.
  [[nodiscard]] const hs_database* single_database() const noexcept { return single_.get(); }
  /// The pattern of one rule as written, for one message. Compiled on first use; thread-safe. Null
  /// only when the engine fails now at what it could do when the rules were checked.
  [[nodiscard]] const hs_database* confirm_database(std::uint16_t rule) const;
  [[nodiscard]] bool from_cache() const noexcept { return from_cache_; }

 private:
  CompiledRules() = default;
  void add_rule(const RuleConfig& config, std::vector<ConfigProblem>& problems);
  bool compile_scan(BlobCache* cache, std::optional<std::size_t>& culprit);
  void compile_single(const Config& config, std::vector<ConfigProblem>& problems);
  [[nodiscard]] std::string cache_key() const;

  std::vector<Rule> rules_;
  HsDatabase scan_;
  HsDatabase single_;
  bool from_cache_ = false;
  mutable std::mutex confirm_mutex_;
  mutable std::vector<HsDatabase> confirm_;
};

}  // namespace hecate
