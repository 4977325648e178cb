// pipeline_runs: the whole chain over one text, and what must be true of everything it yields.
//
// A chain is built once for each configuration and format and used for all inputs, as a worker uses
// it for all objects: what one object leaves behind must not show in the next.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/log_pipeline.h"
#include "tests/fuzz/support.h"
#include "tests/support/memory_reader.h"

namespace hecate::fuzz {

/// What an object yielded, in order.
struct Yield {
  struct Record {
    Fate fate = Fate::keep;
    bool truncated = false;
    std::string line;  ///< the HEC object and its newline; empty when there is none
    friend bool operator==(const Record&, const Record&) = default;
  };
  std::vector<Record> records;
  std::uint64_t control_messages = 0;
  std::optional<Errc> error;

  [[nodiscard]] std::string encoded(std::size_t from_record = 0) const {
    std::string all;
    for (std::size_t i = from_record; i < records.size(); ++i) all += records[i].line;
    return all;
  }
};

inline const Envelope& fuzz_envelope() {
  static const Envelope envelope{"/archive/stream/part-0001", "12-34", "stream", 1'700'000'000'123,
                                 0};
  return envelope;
}

/// Checks one line as HEC would: one JSON object with known keys of the right types.
class HecLineCheck {
 public:
  void check_line(std::string_view line) {
    require(!line.empty() && line.find('\n') == line.size() - 1, "an event is one line", line);
    simdjson::dom::element element;
    simdjson::dom::object object;
    require(json_.parse(line, element) && element.get(object) == simdjson::SUCCESS,
            "an event is a JSON object", line);
    bool has_event = false;
    for (const auto [key, value] : object) {
      check_member(key, value, line);
      has_event |= key == "event";
    }
    require(has_event, "an object has an event", line);
  }
  StrictJson& json() { return json_; }

 private:
  static void check_member(std::string_view key, simdjson::dom::element value,
                           std::string_view line) {
    if (key == "event") return;
    if (key == "time") {
      require(value.is_double(), "time is a number with a fraction", line);
    } else if (key == "fields") {
      simdjson::dom::object fields;
      require(value.get(fields) == simdjson::SUCCESS, "fields are an object", line);
      for (const auto field : fields) require(field.value.is_string(), "fields are flat", line);
    } else {
      require(key == "host" || key == "source" || key == "sourcetype" || key == "index",
              "only keys that HEC knows are sent", line);
      require(value.is_string(), "metadata are strings", line);
    }
  }
  StrictJson json_;
};

inline LogPipelineOptions options_for(Format format) {
  LogPipelineOptions options;
  options.format = format;
  return options;
}

/// One chain. Checks every batch while it reads.
class Chain {
 public:
  Chain(const LogPipelineShared& shared, Format format)
      : pipeline_(make_log_pipeline(shared, options_for(format))) {}

  Yield read(std::string_view text, Pieces pieces, std::uint64_t resume_from = 0) {
    Yield yield;
    MemoryReader reader{std::string(text), std::move(pieces)};
    if (Status opened = pipeline_.source().open(fuzz_envelope(), reader, resume_from); !opened) {
      yield.error = opened.error().code;
      return yield;
    }
    while (true) {
      const Result<bool> more = pipeline_.next(batch_);
      if (!more) yield.error = more.error().code;
      if (!more || !*more) break;
      add_batch(yield);
    }
    require(pipeline_.source().records() == yield.records.size(), "every record is in one batch");
    require(yield.error != Errc::internal, "no library fails");
    return yield;
  }

 private:
  void add_batch(Yield& yield) {
    require(batch_.first_record == yield.records.size(), "records are numbered without a gap");
    require(batch_.encoded_ends.size() == batch_.events.size(), "every event has an end");
    std::uint64_t filtered = 0;
    std::uint32_t begin = 0;
    for (std::size_t i = 0; i < batch_.events.size(); ++i) {
      const Event& event = batch_.events[i];
      const std::uint32_t end = batch_.encoded_ends[i];
      require(begin <= end && end <= batch_.encoded.size(), "encoded events follow one another");
      const std::string_view line = batch_.encoded.view(begin, end - begin);
      const bool is_sent = event.fate == Fate::keep || event.fate == Fate::dead_letter;
      require(is_sent == !line.empty(), "what is kept or dead is encoded, and nothing else");
      if (is_sent) check_.check_line(line);
      if (event.fate == Fate::filtered) ++filtered;
      yield.records.push_back({event.fate, event.truncated, std::string(line)});
      begin = end;
    }
    require(begin == batch_.encoded.size(), "every encoded byte belongs to an event");
    require(filtered ==
                batch_.events_blank + batch_.events_dropped_by_rule + batch_.events_group_rejected,
            "every filtered event was counted with a reason");
    yield.control_messages += batch_.control_messages;
  }

  LogPipeline pipeline_;
  Batch batch_;
  HecLineCheck check_;
};

/// The configurations that inputs choose from.
struct Variant {
  static constexpr std::size_t plain = 0, with_rules = 1, json = 2, envelope = 3, small = 4,
                               small_dead = 5, count = 6;

  static Config config(std::size_t variant) {
    Config config;
    config.hec.endpoints = {"http://127.0.0.1:8088"};
    config.fields = {{"region", "eu-west-1"}};
    if (variant == with_rules) add_rules(config);
    if (variant == json) config.hec.event = EventShape::json;
    if (variant == json) config.hec.event_id = EventIdShape::full;
    if (variant == envelope) config.hec.event = EventShape::envelope;
    if (variant == envelope) config.log_groups = {"^/(?P<application>\\w+)", Unmatched::keep, {}};
    if (variant == small || variant == small_dead) config.hec.max_event_bytes = 20;
    if (variant == small) config.hec.event_id = EventIdShape::none;
    if (variant == small_dead) config.hec.too_large = TooLarge::dead_letter;
    return config;
  }

 private:
  static void add_rules(Config& config) {
    const auto rule = [&](std::string pattern) -> RuleConfig& {
      config.rules.emplace_back();
      config.rules.back().name = pattern;
      config.rules.back().pattern = std::move(pattern);
      return config.rules.back();
    };
    rule("Failed password for").set.sourcetype = "linux_secure";
    rule("\\b\\d{4}-\\d{4}\\b").set.fields = {{"number", "yes"}};
    rule("^DEBUG").action = RuleAction::drop;
    rule("o$").action = RuleAction::sample;
    config.rules.back().sample = 2;
    rule("(?s)begin.*end").set.index = "blocks";
  }
};

/// All chains, made when first asked for. Two of each, for comparing.
class Chains {
 public:
  Chain& get(const Config& config, std::size_t key, Format format, int which) {
    std::unique_ptr<Chain>& chain = chains_[{key, format, which}];
    if (!chain) {
      std::vector<ConfigProblem> problems;
      const LogPipelineShared shared =
          share_log_pipeline(std::make_shared<const Config>(config), nullptr, problems);
      require(problems.empty(), "the configurations of the fuzz targets are sound");
      chain = std::make_unique<Chain>(shared, format);
    }
    return *chain;
  }
  Chain& get(std::size_t variant, Format format, int which) {
    return get(Variant::config(variant), variant, format, which);
  }
  /// Like Variant::plain, with a rule that matches nothing: messages must then be looked at.
  Chain& with_idle_rule(Format format) {
    Config config = Variant::config(Variant::plain);
    config.rules.emplace_back();
    config.rules.back().name = "idle";
    config.rules.back().pattern = "\\x01\\x02never\\x03\\x04logged\\x05";
    return get(config, Variant::count, format, 0);
  }

 private:
  std::map<std::tuple<std::size_t, Format, int>, std::unique_ptr<Chain>> chains_;
};

inline Chains& chains() {
  static Chains all;
  return all;
}

inline void require_same(const Yield& got, const Yield& wanted, std::string_view property) {
  const std::size_t both = std::min(got.records.size(), wanted.records.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (got.records[i] == wanted.records[i]) continue;
    const auto told = [](const Yield::Record& r) {
      return fmt::format("fate {}{} {}", static_cast<int>(r.fate), r.truncated ? " cut" : "",
                         shown(r.line));
    };
    broken(property, fmt::format("record {}\ngot    {}\nwanted {}", i, told(got.records[i]),
                                 told(wanted.records[i])));
  }
  require(got.records.size() == wanted.records.size(), property,
          fmt::format("{} records, not {}", got.records.size(), wanted.records.size()));
  require(got.control_messages == wanted.control_messages, property, "control messages");
  require(got.error == wanted.error, property, "error");
}

/// What holds for any text: however it is cut, wherever a run goes on, and whether or not anybody
/// looks at the messages, the same comes out. Returns it.
inline Yield read_every_way(std::string_view text, std::size_t variant, Format format) {
  const std::uint64_t seed = seed_of(text);
  // Some dozens of pieces, whatever the size: a parser may look at its text again for each.
  const std::size_t piece_max = 1 + text.size() / (10 + (seed >> 40) % 30);
  const Yield whole = chains().get(variant, format, 0).read(text, Pieces::whole());
  Chain& other = chains().get(variant, format, 1);
  // How much of a damaged member can be read depends on where its pieces end.
  const bool compressed = text.starts_with("\x1f\x8b\x08") || text.starts_with("\x28\xb5\x2f\xfd");
  if (!compressed || !whole.error) {
    const Yield cut = other.read(text, Pieces::random(seed, piece_max));
    require_same(cut, whole, "pieces make no difference");
  }
  if (!whole.records.empty() && !whole.error) {
    const std::uint64_t from = seed % (whole.records.size() + 1);
    const Yield resumed = other.read(text, Pieces::whole(), from);
    for (std::size_t i = 0; i < from; ++i)
      require(resumed.records[i].fate == Fate::resumed, "what was delivered is not sent again");
    require_same(resumed.encoded(), whole.encoded(from), "a resumed run sends what is left");
  }
  if (variant == Variant::plain) {
    const Yield looked_at = chains().with_idle_rule(format).read(text, Pieces::whole());
    require_same(looked_at, whole, "a rule that matches nothing changes nothing");
  }
  return whole;
}

}  // namespace hecate::fuzz
