// limits: every bound of hecate in one place.
//
// Memory promise (docs/architecture.md): at most 64 MiB plus 48 MiB per worker, whatever the input.
// The static_asserts at the end add up what one worker may hold, term by term. A bound that input
// can meet ends in a counted, named outcome (an Error or a Fault), never in growth or silence.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hecate::limits {

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;

// ---- reading and decompressing
/// Readable and writable bytes after every Buffer's end: one AVX-512 load plus simdjson's need.
inline constexpr std::size_t padding_bytes = 64;
/// Compressed bytes read from an object at a time.
inline constexpr std::size_t read_chunk_bytes = 256 * kib;
/// Text taken from the decompressor at a time: big enough to amortise, small enough for the L2.
inline constexpr std::size_t text_chunk_bytes = 256 * kib;
/// Compression layers peeled off an object before its bytes are taken as they are.
inline constexpr int compression_layers_max = 3;
/// Largest zstd window accepted (as a power of two): 8 MiB, the most that zstd asks decoders for.
inline constexpr int zstd_window_log_max = 23;

// ---- parsing
/// The most text one record may need before it is cut: a message of max_event_bytes whose every
/// byte is escaped as \u00XX, and its neighbours.
inline constexpr std::size_t record_bytes_max = 8 * mib;
/// A CloudWatch document whose metadata comes after its events must fit in here.
inline constexpr std::size_t document_bytes_max = record_bytes_max;
/// Events in one batch; a parser that reaches it hands the batch on and continues in the next.
inline constexpr std::size_t batch_events_max = 8192;
/// Nesting of JSON that is skipped or delimited (iteratively: this bounds nonsense, not the stack).
inline constexpr int json_depth_max = 1024;
/// Nesting within a CloudWatch document, which needs four: what is lost in brackets is told soon.
inline constexpr int document_depth_max = 64;
/// Distinct (owner, log group, log stream) held by one worker before the table starts anew.
inline constexpr std::size_t contexts_max = 1024;

// ---- configuration
inline constexpr std::size_t rules_max = 10000;
inline constexpr std::size_t config_bytes_max = 8 * mib;
inline constexpr std::size_t workers_max = 256;
inline constexpr std::size_t connections_max = 1024;
inline constexpr std::size_t max_event_bytes_ceiling =
    1250 * 1000;  // record_bytes_max / 6, rounded down
inline constexpr std::size_t hec_batch_bytes_max = 8 * mib;
inline constexpr std::size_t hec_batch_events_max = 100000;

// ---- delivering
inline constexpr std::size_t hec_answer_bytes_max = 64 * kib;
inline constexpr std::chrono::milliseconds connect_timeout{10000};
inline constexpr std::chrono::milliseconds request_timeout{60000};
/// A server may ask us to wait, within reason.
inline constexpr std::chrono::seconds retry_after_max{120};
inline constexpr int retry_attempts_max = 1000;
/// How long a draining run may take to finish requests in flight after the first signal.
inline constexpr std::chrono::seconds drain_timeout{10};

// ---- the sum for one worker (see the memory promise above)
inline constexpr std::size_t worker_bytes_max =
    compression_layers_max *
        (1 * mib + (std::size_t{1} << zstd_window_log_max)) +  // decoder windows
    read_chunk_bytes +                                         // compressed input
    record_bytes_max +
    text_chunk_bytes +  // text not yet parsed
    2 * mib +           // messages of one batch, unescaped (grows to record_bytes_max alone)
    2 * mib;            // encoded events of one batch
static_assert(worker_bytes_max <= 48 * mib, "one worker must fit its share of the memory promise");
static_assert(max_event_bytes_ceiling * 6 < record_bytes_max, "an escaped event must fit a record");

}  // namespace hecate::limits
