#include "stages/decompress.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "pipeline/buffer.h"
#include "pipeline/check.h"
#include "pipeline/limits.h"
#include "stages/gzip_header.h"

namespace hecate {
namespace {

constexpr std::string_view gzip_magic("\x1f\x8b\x08", 3);
constexpr std::string_view zstd_magic("\x28\xb5\x2f\xfd", 4);
constexpr std::size_t deflate_match_bytes_max = 258;
constexpr std::size_t zstd_header_bytes = 5;  // the least that tells the size of a frame's header

std::string_view inflate_problem(int code) {
  switch (code) {
    case ISAL_INVALID_BLOCK:
      return "invalid deflate block";
    case ISAL_INVALID_SYMBOL:
      return "invalid deflate symbol";
    case ISAL_INVALID_LOOKBACK:
      return "deflate match reaches before the beginning";
    default:
      return "damaged gzip data";
  }
}

}  // namespace

// One layer of compression, or of none. Reads from the layer below it.
class Decompress::Layer final : public ByteReader {
 public:
  enum class Kind { plain, gzip, zstd };

  explicit Layer(std::size_t input_bytes) : input_(input_bytes) {}
  ~Layer() override { ZSTD_freeDStream(zstd_); }
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // Attaches to `below` and looks at its first bytes. `peel` false: whatever they are, it is plain.
  Result<Kind> open(ByteReader& below, bool peel) {
    below_ = &below;
    input_.clear();
    next_ = 0;
    taken_ = 0;
    member_ = 1;
    at_end_ = false;
    between_members_ = false;
    crc_problem_.clear();
    failed_.reset();
    failed_below_.reset();
    kind_ = Kind::plain;
    while (input_.size() < zstd_magic.size() && !at_end_) {
      Status filled = fill();
      if (filled) continue;
      if (input_.empty()) return fail(std::move(filled.error()));
      failed_below_ = std::move(filled.error());  // told behind the few bytes that are there
      break;
    }
    if (!peel) return kind_;
    if (input_.view().starts_with(gzip_magic)) {
      kind_ = Kind::gzip;
      if (!inflate_) inflate_ = std::make_unique<inflate_state>();
      start_member();
    } else if (input_.view().starts_with(zstd_magic)) {
      kind_ = Kind::zstd;
      if (zstd_ == nullptr) zstd_ = ZSTD_createDStream();
      if (zstd_ == nullptr) return fail(Errc::internal, "no memory for a zstd decoder");
      zstd_wanted_ = ZSTD_initDStream(zstd_);
      ZSTD_DCtx_setParameter(zstd_, ZSTD_d_windowLogMax, limits::zstd_window_log_max);
      frame_open_ = false;
    }
    return kind_;
  }

  Result<std::size_t> read(std::span<char> into) override {
    if (failed_) return fail(*failed_);
    if (into.empty()) return std::size_t{0};
    Result<std::size_t> got = read_kind(into);
    if (!got) failed_ = got.error();  // damage stays damage
    return got;
  }

  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return taken_; }

 private:
  [[nodiscard]] std::size_t left() const noexcept { return input_.size() - next_; }
  [[nodiscard]] std::uint64_t position() const noexcept { return taken_ - left(); }

  Result<std::size_t> read_kind(std::span<char> into) {
    switch (kind_) {
      case Kind::gzip:
        return read_gzip(into);
      case Kind::zstd:
        return read_zstd(into);
      case Kind::plain:
        break;
    }
    return read_plain(into);
  }

  // Gets more input behind what is left; sets at_end_ when there is none.
  Status fill() {
    if (next_ > 0) {
      input_.drop_front(next_);
      next_ = 0;
    }
    if (input_.room() == 0) return {};
    if (failed_below_) return fail(*failed_below_);
    Result<std::size_t> got = below_->read(std::span<char>(input_.end(), input_.room()));
    if (!got) return fail(std::move(got.error()));
    if (*got == 0) at_end_ = true;
    input_.set_size(input_.size() + *got);
    taken_ += *got;
    return {};
  }

  Result<std::size_t> read_plain(std::span<char> into) {
    if (left() > 0) {  // what open() had looked at
      const std::size_t size = std::min(left(), into.size());
      std::memcpy(into.data(), input_.data() + next_, size);
      next_ += size;
      return size;
    }
    if (at_end_) return std::size_t{0};
    if (failed_below_) return fail(*failed_below_);
    Result<std::size_t> got = below_->read(into);
    if (got) taken_ += *got;
    if (got && *got == 0) at_end_ = true;
    return got;
  }

  void start_member() {
    isal_inflate_init(inflate_.get());
    inflate_->crc_flag = ISAL_GZIP_NO_HDR_VER;
    header_ = GzipHeader();
    in_header_ = true;
    between_members_ = false;
  }

  Result<std::size_t> read_gzip(std::span<char> into) {
    std::size_t produced = 0;
    while (produced == 0) {
      if (left() == 0 && !at_end_) {
        if (Status filled = fill(); !filled) return fail(std::move(filled.error()));
      }
      if (between_members_) {
        Result<bool> another = next_member();
        if (!another) return fail(std::move(another.error()));
        if (!*another) return std::size_t{0};
        continue;
      }
      if (in_header_) {
        if (Status taken = take_header(); !taken) return fail(std::move(taken.error()));
        continue;
      }
      Result<std::size_t> got = inflate_some(into);
      if (!got) return got;
      produced = *got;
    }
    return produced;
  }

  Status take_header() {
    if (left() == 0) return fail(cut_off());  // and nothing comes
    std::size_t used = 0;
    const GzipHeader::State state = header_.take(input_.view(next_, left()), used);
    next_ += used;
    if (state == GzipHeader::State::bad) {
      return fail(Errc::bad_object,
                  fmt::format("damaged gzip header in member {} (byte {})", member_, position()));
    }
    in_header_ = state == GzipHeader::State::more;
    return {};
  }

  [[nodiscard]] Error cut_off() const {
    return {Errc::bad_object,
            fmt::format("gzip data is cut off in member {} (byte {})", member_, position())};
  }

  // Inflates what is there into `into`; 0 is no end, only no output yet.
  Result<std::size_t> inflate_some(std::span<char> into) {
    const bool starved = left() == 0 && at_end_;
    inflate_->next_in = reinterpret_cast<std::uint8_t*>(input_.data() + next_);
    inflate_->avail_in = static_cast<std::uint32_t>(left());
    inflate_->next_out = reinterpret_cast<std::uint8_t*>(into.data());
    inflate_->avail_out = static_cast<std::uint32_t>(into.size());
    const int code = isal_inflate(inflate_.get());
    const std::size_t produced = into.size() - inflate_->avail_out;
    next_ = input_.size() - inflate_->avail_in;
    if (code == ISAL_INCORRECT_CHECKSUM) {
      // The stream itself ended well, so the next member's place is known: go on, and tell later.
      if (crc_problem_.empty()) {
        crc_problem_ = fmt::format("gzip CRC mismatch in member {} (byte {})", member_, position());
      }
      between_members_ = true;
      return produced;
    }
    if (code < 0) {
      failed_ = Error{Errc::bad_object, fmt::format("{} in member {} (byte {})",
                                                    inflate_problem(code), member_, position())};
      // What was readable comes first. ISA-L has counted the match that it refuses without writing
      // it: those bytes are whatever lay there before, perhaps another object's text.
      const bool at_match = code == ISAL_INVALID_SYMBOL || code == ISAL_INVALID_LOOKBACK;
      const std::size_t unwritten = at_match ? std::min(produced, deflate_match_bytes_max) : 0;
      if (produced > unwritten) return produced - unwritten;
      return fail(*failed_);
    }
    if (inflate_->block_state == ISAL_BLOCK_FINISH) {
      between_members_ = true;
      return produced;
    }
    if (starved && produced == 0) return fail(cut_off());
    return produced;
  }

  // Behind a member: another one, zero padding, or the end. False at the end.
  Result<bool> next_member() {
    while (left() > 0 || !at_end_) {
      if (left() < gzip_magic.size() && !at_end_) {
        if (Status filled = fill(); !filled) return fail(std::move(filled.error()));
        continue;
      }
      const std::string_view rest = input_.view(next_, left());
      if (rest.starts_with(gzip_magic)) {
        ++member_;
        start_member();
        return true;
      }
      const std::size_t zeros = std::min(rest.find_first_not_of('\0'), rest.size());
      if (zeros == 0) {
        return fail(Errc::bad_object,
                    fmt::format("bytes behind gzip member {} are no gzip member (byte {})", member_,
                                position()));
      }
      next_ += zeros;
    }
    if (!crc_problem_.empty()) return fail(Errc::bad_object, crc_problem_);
    return false;
  }

  Result<std::size_t> read_zstd(std::span<char> into) {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos == 0) {
      if (left() == 0 && !at_end_) {
        if (Status filled = fill(); !filled) return fail(std::move(filled.error()));
      }
      if (left() == 0 && at_end_ && !frame_open_) return std::size_t{0};
      const bool starved = left() == 0;
      // A block at a time: an error must not take the blocks before it along.
      ZSTD_inBuffer in{input_.data() + next_, std::min(left(), zstd_wanted_), 0};
      const std::size_t code = ZSTD_decompressStream(zstd_, &out, &in);
      next_ += in.pos;
      if (ZSTD_isError(code) != 0) {
        return fail(Errc::bad_object, fmt::format("damaged zstd data: {} (byte {})",
                                                  ZSTD_getErrorName(code), position()));
      }
      frame_open_ = code != 0;
      zstd_wanted_ = std::max(code, zstd_header_bytes);
      if (starved && out.pos == 0 && frame_open_) {
        return fail(Errc::bad_object, fmt::format("zstd data is cut off (byte {})", position()));
      }
    }
    return out.pos;
  }

  Kind kind_ = Kind::plain;
  ByteReader* below_ = nullptr;
  Buffer input_;
  std::size_t next_ = 0;  // first byte of input_ not consumed
  std::uint64_t taken_ = 0;
  bool at_end_ = false;

  std::unique_ptr<inflate_state> inflate_;
  GzipHeader header_;
  bool in_header_ = false;
  std::uint64_t member_ = 1;
  bool between_members_ = false;
  std::string crc_problem_;            // of the first member whose CRC was wrong
  std::optional<Error> failed_;        // damage behind which nothing can be read
  std::optional<Error> failed_below_;  // what open() met behind the first few bytes

  ZSTD_DStream* zstd_ = nullptr;
  std::size_t zstd_wanted_ = 0;  // bytes that the decoder can make use of at once
  bool frame_open_ = false;
};

Decompress::Decompress(int layers_max) {
  for (int i = 0; i <= layers_max; ++i) {
    layers_.push_back(
        std::make_unique<Layer>(i == 0 ? limits::read_chunk_bytes : limits::read_chunk_bytes / 4));
  }
}
Decompress::~Decompress() = default;
Decompress::Decompress(Decompress&&) noexcept = default;
Decompress& Decompress::operator=(Decompress&&) noexcept = default;

Status Decompress::open(ByteReader& object) {
  ByteReader* below = &object;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = *layers_[i];
    Result<Layer::Kind> kind = layer.open(*below, i + 1 < layers_.size());
    if (!kind) return fail(std::move(kind.error()));
    top_ = &layer;
    if (*kind == Layer::Kind::plain) break;
    below = &layer;
  }
  return {};
}

Result<std::size_t> Decompress::read(std::span<char> into) {
  return top_->read(into);
}

std::uint64_t Decompress::bytes_in() const noexcept {
  return layers_.front()->bytes_in();
}

}  // namespace hecate
