#include "stages/rules.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <hs/hs.h>
#include <re2/re2.h>
#include <xxhash.h>

#include "pipeline/check.h"
#include "pipeline/limits.h"

namespace hecate {
namespace {

// Rules taken out of the common scan one by one before it is given up.
constexpr std::size_t culprits_max = 16;

unsigned engine_flags(std::string_view pattern, PatternFlags flags) {
  unsigned bits = 0;
  if (flags.caseless) bits |= HS_FLAG_CASELESS;
  if (flags.dotall) bits |= HS_FLAG_DOTALL;
  if (flags.multiline) bits |= HS_FLAG_MULTILINE;
  const bool ascii =
      std::all_of(pattern.begin(), pattern.end(), [](char c) { return (c & 0x80) == 0; });
  if (!ascii) bits |= HS_FLAG_UTF8 | HS_FLAG_UCP;
  return bits;
}

// Whether it goes by characters is a matter of the pattern as written: what was trimmed off it may
// have been all that was not ASCII.
unsigned scan_flags(const CompiledRules::Rule& rule) {
  return engine_flags(rule.pattern, rule.scan.flags) | HS_FLAG_MULTILINE;
}

bool in_scan_database(const CompiledRules::Rule& rule) {
  return rule.scan.understood && !rule.scan.always && rule.scan.bits.empty();
}

CompiledRules::Certainty certainty_of(const ScanPattern& scan) {
  using Certainty = CompiledRules::Certainty;
  if (!scan.bits.empty()) return scan.bits_filter_only ? Certainty::candidate : Certainty::sure;
  if (scan.filter_only || scan.spans_lines) return Certainty::candidate;
  return scan.anchored ? Certainty::sure_in_one_line : Certainty::sure;
}

struct Expressions {
  std::vector<const char*> texts;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  void add(const std::string& text, unsigned bits, std::size_t rule) {
    texts.push_back(text.c_str());
    flags.push_back(bits);
    ids.push_back(static_cast<unsigned>(rule));
  }
};

struct CompileFailure {
  std::string why;
  std::optional<std::size_t>
      rule;  // whose pattern it was; nothing when it was all of them together
};

// Compiles all of `expressions` into one database; null and the reason when that fails.
HsDatabase compile_database(const Expressions& expressions, CompileFailure& failure) {
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  const hs_error_t code = hs_compile_multi(
      expressions.texts.data(), expressions.flags.data(), expressions.ids.data(),
      static_cast<unsigned>(expressions.texts.size()), HS_MODE_BLOCK, nullptr, &database, &error);
  if (code != HS_SUCCESS) {
    failure = {error != nullptr ? error->message : "out of memory", std::nullopt};
    if (error != nullptr && error->expression >= 0)
      failure.rule = expressions.ids[static_cast<std::size_t>(error->expression)];
    hs_free_compile_error(error);
    return nullptr;
  }
  return HsDatabase(database);
}

// What the engine says to a pattern as written; empty when it takes it.
std::string complaint(const std::string& pattern, unsigned flags) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_expression_info(pattern.c_str(), flags, &info, &error) == HS_SUCCESS) {
    std::free(info);
    return {};
  }
  std::string why = error != nullptr ? error->message : "out of memory";
  hs_free_compile_error(error);
  return why;
}

std::string explain(std::string why) {
  if (why.find("ook-") != why.npos || why.find("zero-width") != why.npos ||
      why.find("assertion") != why.npos) {
    why +=
        "; look-around cannot be searched for in one pass: match the text itself and use the "
        "order of the rules";
  } else if (why.find("ack-reference") != why.npos || why.find("ack reference") != why.npos) {
    why += "; back-references cannot be searched for in one pass: write the alternatives out";
  }
  return why;
}

ConfigProblem pattern_problem(const RuleConfig& rule, std::string_view why) {
  return {rule.pattern_at.line, rule.pattern_at.column,
          fmt::format("rule '{}': pattern: {}", rule.name, why)};
}

}  // namespace

void HsDatabaseFree::operator()(hs_database* database) const noexcept {
  hs_free_database(database);
}

HsScratch::~HsScratch() {
  hs_free_scratch(scratch_);
}

Status HsScratch::prepare(const hs_database& database) {
  if (hs_alloc_scratch(&database, &scratch_) != HS_SUCCESS)
    return fail(Errc::internal, "no memory for pattern matching");
  return {};
}

CompiledRules::~CompiledRules() = default;

std::shared_ptr<const CompiledRules> CompiledRules::compile(const Config& config, BlobCache* cache,
                                                            std::vector<ConfigProblem>& problems) {
  std::shared_ptr<CompiledRules> compiled(new CompiledRules());
  compiled->rules_.reserve(config.rules.size());
  const std::size_t known = problems.size();
  for (const RuleConfig& rule : config.rules) compiled->add_rule(rule, problems);
  compiled->confirm_.resize(compiled->rules_.size());
  if (problems.size() > known) return compiled;
  // Trimming may make something that the engine does not like: that rule is searched for as it is
  // written then, and all of them when it is not one rule's fault.
  std::optional<std::size_t> culprit;
  for (std::size_t tries = 0; !compiled->compile_scan(cache, culprit); ++tries) {
    for (std::size_t i = 0; i < compiled->rules_.size(); ++i) {
      Rule& rule = compiled->rules_[i];
      const bool blamed = culprit && tries < culprits_max ? i == *culprit : in_scan_database(rule);
      if (blamed) rule.scan.understood = false;
    }
  }
  compiled->compile_single(config, problems);
  return compiled;
}

void CompiledRules::check(const Config& config, std::vector<ConfigProblem>& problems) {
  CompiledRules rules;
  for (const RuleConfig& rule : config.rules) {
    if (!rule.pattern.empty()) rules.add_rule(rule, problems);
  }
}

void CompiledRules::add_rule(const RuleConfig& config, std::vector<ConfigProblem>& problems) {
  Rule rule;
  rule.pattern = config.pattern;
  rule.flags = {config.caseless, config.dotall, config.multiline};
  rule.scan = make_scan_pattern(config.pattern, rule.flags);
  rule.certainty = certainty_of(rule.scan);
  if (!rule.scan.always) {
    const unsigned flags = engine_flags(rule.pattern, rule.flags) | HS_FLAG_ALLOWEMPTY;
    if (std::string why = complaint(rule.pattern, flags); !why.empty()) {
      problems.push_back(pattern_problem(config, explain(std::move(why))));
    }
  }
  if (!config.log_group.empty()) {
    RE2::Options options;
    options.set_log_errors(false);
    rule.log_group = std::make_unique<RE2>(config.log_group, options);
    if (!rule.log_group->ok()) {
      problems.push_back(
          {config.log_group_at.line, config.log_group_at.column,
           fmt::format("rule '{}': log_group: {}", config.name, rule.log_group->error())});
    }
  }
  rules_.push_back(std::move(rule));
}

// False when the patterns cannot be compiled together in their trimmed form, and whose fault it is.
bool CompiledRules::compile_scan(BlobCache* cache, std::optional<std::size_t>& culprit) {
  Expressions expressions;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const ScanPattern& scan = rules_[i].scan;
    if (!in_scan_database(rules_[i])) continue;
    expressions.add(scan.text, scan_flags(rules_[i]), i);
  }
  if (expressions.texts.empty()) return true;
  const std::string key = cache_key();
  if (cache != nullptr) {
    hs_database_t* database = nullptr;
    const std::optional<std::string> bytes = cache->load(key);
    // The library checks version, CPU and a checksum itself; anything odd is compiled anew.
    if (bytes && hs_deserialize_database(bytes->data(), bytes->size(), &database) == HS_SUCCESS) {
      scan_.reset(database);
      from_cache_ = true;
      return true;
    }
  }
  CompileFailure failure;
  scan_ = compile_database(expressions, failure);
  culprit = failure.rule;
  if (!scan_) return false;
  char* bytes = nullptr;
  std::size_t size = 0;
  if (cache != nullptr && hs_serialize_database(scan_.get(), &bytes, &size) == HS_SUCCESS) {
    cache->store(key, {bytes, size});
    std::free(bytes);
  }
  return true;
}

void CompiledRules::compile_single(const Config& config, std::vector<ConfigProblem>& problems) {
  Expressions expressions;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i].scan.understood) continue;
    expressions.add(
        rules_[i].pattern,
        engine_flags(rules_[i].pattern, rules_[i].flags) | HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY,
        i);
  }
  if (expressions.texts.empty()) return;
  CompileFailure failure;
  single_ = compile_database(expressions, failure);
  if (single_) return;
  std::string why = explain(std::move(failure.why));
  if (failure.rule) {
    problems.push_back(pattern_problem(config.rules[*failure.rule], why));
  } else {
    problems.push_back({0, 0, fmt::format("rules: {}", why)});
  }
}

const hs_database* CompiledRules::confirm_database(std::uint16_t rule) const {
  const std::scoped_lock lock(confirm_mutex_);
  HsDatabase& database = confirm_[rule];
  if (!database) {
    const Rule& wanted = rules_[rule];
    Expressions expressions;
    expressions.add(
        wanted.pattern,
        engine_flags(wanted.pattern, wanted.flags) | HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY,
        rule);
    CompileFailure failure;
    database = compile_database(expressions, failure);
  }
  return database.get();
}

std::string CompiledRules::cache_key() const {
  std::string all = fmt::format("scan-1 {}\n", hs_version());
  hs_platform_info_t platform{};
  if (hs_populate_platform(&platform) == HS_SUCCESS)
    all += fmt::format("{} {}\n", platform.tune, platform.cpu_features);
  for (const Rule& rule : rules_) {
    if (!in_scan_database(rule)) continue;
    all += fmt::format("{} {} {}\n", &rule - rules_.data(), scan_flags(rule), rule.scan.text);
  }
  const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace hecate
