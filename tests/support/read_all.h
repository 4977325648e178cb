// read_all: what decompressing an object yields, up to its end or its damage.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stages/decompress.h"
#include "tests/support/memory_reader.h"

namespace hecate {

struct ReadText {
  std::string text;
  std::optional<Error> error;
};

/// Reads `object` to its end, `into_bytes` at a time. A read that never ends fails the test.
inline ReadText read_all(Decompress& decompress, ByteReader& object,
                         std::size_t into_bytes = 65536) {
  ReadText out;
  if (Status opened = decompress.open(object); !opened) {
    out.error = opened.error();
    return out;
  }
  std::vector<char> into(into_bytes);
  while (true) {
    const Result<std::size_t> got = decompress.read(into);
    if (!got) out.error = got.error();
    if (!got || *got == 0) break;
    out.text.append(into.data(), *got);
  }
  // The end stays the end, and damage stays damage.
  const Result<std::size_t> again = decompress.read(into);
  EXPECT_EQ(again.has_value(), !out.error);
  if (again) {
    EXPECT_EQ(*again, 0U);
  } else if (out.error) {
    EXPECT_EQ(again.error().message, out.error->message);
  }
  return out;
}

inline ReadText decompressed(std::string object, Pieces pieces = Pieces::whole(),
                             std::size_t into_bytes = 65536) {
  MemoryReader reader(std::move(object), std::move(pieces));
  Decompress decompress;
  return read_all(decompress, reader, into_bytes);
}

}  // namespace hecate
