// fuzz_gzip_framing: gzip objects of any number of members and layers, against zlib.
//
// Input: a byte that chooses how the object is made, then what it is made of:
//   0  the object itself
//   1  a raw deflate stream; header and trailer are put around it, right ones if zlib can read it
//   2  members: for each a byte of choices and a line of text; then damage at some places
// zlib reads the object member by member, the plain way. Both must come to the same text. Where the
// object is damaged both must say so, and nothing may come out that zlib cannot read.
#include <zlib.h>

#include "stages/decompress.h"
#include "tests/fuzz/support.h"
#include "tests/support/compressed.h"
#include "tests/support/memory_reader.h"

namespace hecate::fuzz {
namespace {

constexpr std::size_t text_bytes_max = 4 << 20;  // beyond, both are cut: a bomb proves nothing new
constexpr std::string_view gzip_magic("\x1f\x8b\x08", 3);
constexpr std::string_view zstd_magic("\x28\xb5\x2f\xfd", 4);

struct Unpacked {
  std::string text;
  bool sound = true;
  bool cut = false;  ///< there is more
  int layers = 0;
  bool early = false;  ///< damaged in a way that zlib sees before any reader has to
};

class Inflater {
 public:
  Inflater(std::string_view bytes, int window_bits) {
    inflateInit2(&stream_, window_bits);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Appends to `text`. Z_STREAM_END at the end; any other code means damage or a cut.
  int run(std::string& text) {
    int code = Z_OK;
    while (code == Z_OK && text.size() < text_bytes_max) {
      const std::size_t begin = text.size();
      text.resize(begin + 64 * 1024);
      stream_.next_out = reinterpret_cast<Bytef*>(text.data() + begin);
      stream_.avail_out = 64 * 1024;
      code = inflate(&stream_, Z_NO_FLUSH);
      text.resize(text.size() - stream_.avail_out);
    }
    return code;
  }
  [[nodiscard]] std::size_t left() const { return stream_.avail_in; }
  [[nodiscard]] std::string_view message() const {
    return stream_.msg == nullptr ? std::string_view() : stream_.msg;
  }

 private:
  z_stream stream_{};
};

// zlib refuses some sets of codes as a whole; a reader may as well decode what they allow.
bool is_early_refusal(std::string_view message) {
  return message.find("set") != message.npos || message.find("missing") != message.npos ||
         message.find("too many") != message.npos || message.find("repeat") != message.npos;
}

// Takes the member that `bytes` begins with. False when nothing behind it can be read.
bool take_member(std::string_view& bytes, Unpacked& out) {
  Inflater inflater(bytes, 16 + 15);
  const int code = inflater.run(out.text);
  bytes.remove_prefix(bytes.size() - inflater.left());
  if (code == Z_STREAM_END) return true;
  out.cut |= code == Z_OK && out.text.size() >= text_bytes_max;
  out.sound = false;
  out.early |= is_early_refusal(inflater.message());
  // A wrong CRC or length ends a member at a known place, so the next one can be read.
  if (inflater.message() == "incorrect length check") return true;
  if (inflater.message() != "incorrect data check") return false;
  if (bytes.size() < 4) return false;  // the length is cut off
  bytes.remove_prefix(4);
  return true;
}

Unpacked unpack_layer(std::string_view bytes) {
  Unpacked out;
  while (take_member(bytes, out)) {
    bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
    if (bytes.empty()) return out;
    if (!bytes.starts_with(gzip_magic)) break;
  }
  out.sound = false;
  return out;
}

Unpacked unpack(std::string object) {
  Unpacked out;
  out.text = std::move(object);
  for (int i = 0; i < limits::compression_layers_max && out.text.starts_with(gzip_magic); ++i) {
    Unpacked inner = unpack_layer(out.text);
    inner.sound &= out.sound;
    inner.cut |= out.cut;
    inner.early |= out.early;
    inner.layers = out.layers + 1;
    out = std::move(inner);
  }
  return out;
}

Unpacked decompress(const std::string& object, Pieces pieces, std::size_t read_bytes) {
  static Decompress reader;
  static std::string buffer(64 * 1024, '\0');
  MemoryReader source(object, std::move(pieces));
  Unpacked out;
  Status opened = reader.open(source);
  if (!opened) {
    require(opened.error().code == Errc::bad_object, "damage is a bad object");
    out.sound = false;
    return out;
  }
  while (out.text.size() < text_bytes_max) {
    const Result<std::size_t> got = reader.read({buffer.data(), read_bytes});
    if (!got) {
      require(got.error().code == Errc::bad_object, "damage is a bad object");
      require(!reader.read({buffer.data(), read_bytes}), "damage stays damage");
      out.sound = false;
      return out;
    }
    if (*got == 0) return out;
    require(*got <= read_bytes, "a read fits where it goes");
    out.text.append(buffer.data(), *got);
  }
  out.cut = true;
  return out;
}

std::string around_deflate(std::string_view stream) {
  std::string text;
  Inflater inflater(stream, -15);
  const bool sound = inflater.run(text) == Z_STREAM_END;
  const std::size_t used = stream.size() - inflater.left();
  std::string object = gzip_header() + std::string(stream.substr(0, sound ? used : stream.size()));
  object += gzip_trailer(text);
  if (sound) object += stream.substr(used);
  return object;
}

std::string member_of(FuzzInput& input) {
  const std::uint8_t choice = input.byte();
  GzipFields fields;
  fields.flags = static_cast<std::uint8_t>(choice & 0x1f);
  fields.extra_bytes = std::string("AB\x02\x00xy", 6);
  fields.name_text = "part-0001";
  fields.comment_text = "a comment";
  const int level = (choice & 0x20) != 0 ? 0 : 6;
  std::string text(input.line());
  if ((choice & 0x40) != 0) {
    for (int i = 0; i < 6 && text.size() < 100'000; ++i) text += text;
  }
  if ((choice & 0x80) != 0) text = gzip_member(text);
  return gzip_member(text, level, (choice & 1) != 0 ? Z_FIXED : Z_DEFAULT_STRATEGY, fields);
}

std::string made_of_members(FuzzInput& input) {
  const std::size_t damages = input.below(4);
  std::vector<std::pair<std::uint64_t, std::uint8_t>> places;
  for (std::size_t i = 0; i < damages; ++i) {
    const std::uint64_t at = input.number(2);
    places.emplace_back(at, input.byte());
  }
  std::string object;
  while (!input.rest().empty() && object.size() < 64 * 1024) object += member_of(input);
  for (const auto& [at, mask] : places) {
    if (object.empty()) break;
    char& byte = object[at % object.size()];
    byte = static_cast<char>(byte ^ mask);
  }
  return object;
}

std::string object_of(FuzzInput& input, std::uint8_t choice) {
  switch (choice % 3) {
    case 1:
      return around_deflate(input.rest());
    case 2:
      return made_of_members(input);
    default:
      return std::string(input.rest());
  }
}

void compare(const Unpacked& got, const Unpacked& wanted) {
  if (!wanted.sound && wanted.layers > 1) {  // where one ends early, what is in it may look plain
    require(got.cut || wanted.cut || !got.sound, "damage is told");
    return;
  }
  if (got.cut || wanted.cut || !wanted.sound) {
    const std::size_t both = std::min(got.text.size(), wanted.text.size());
    require_same(std::string_view(got.text).substr(0, both),
                 std::string_view(wanted.text).substr(0, both), "what is readable is the same");
    if (got.cut || wanted.cut) return;
    require(!got.sound, "damage is told");
    require(wanted.early || got.text.size() <= wanted.text.size(),
            "no text is made up where zlib can read none",
            std::string_view(got.text).substr(std::min(got.text.size(), wanted.text.size())));
    return;
  }
  require(got.sound, "a sound object is read to its end");
  require_same(got.text, wanted.text, "the text is the same as zlib's");
}

void run(FuzzInput input) {
  const std::uint8_t choice = input.byte();
  const std::string object = object_of(input, choice);
  const Unpacked wanted = unpack(object);
  if (wanted.text.starts_with(zstd_magic)) return;
  const std::uint64_t seed = seed_of(object);
  compare(decompress(object, Pieces::whole(), 64 * 1024), wanted);
  compare(decompress(object, Pieces::random(seed, 1 + seed % 300), 1 + (seed >> 32) % 3000),
          wanted);
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
