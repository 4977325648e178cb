// libdeflate_gunzip: the floor. Decompresses files with libdeflate and does nothing else.
//
// The least CPU time that any program needs which reads these archives with the fastest one-shot
// decompressor there is. One reused buffer; any number of gzip members; prints the bytes that came
// out, so that a run that decompressed nothing shows. Reads the names of the files from stdin.
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <libdeflate.h>

namespace {

constexpr std::size_t text_bytes_max = std::size_t{1} << 30;

bool read_file(const std::string& path, std::vector<char>& out) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  std::size_t size = 0;
  while (true) {
    if (out.size() < size + (1 << 20)) out.resize(out.size() * 2 + (1 << 20));
    const std::size_t got = std::fread(out.data() + size, 1, out.size() - size, file);
    if (got == 0) break;
    size += got;
  }
  std::fclose(file);
  out.resize(size);
  return true;
}

// Bytes of all members; 0 when the file is no gzip.
std::size_t gunzip(libdeflate_decompressor* decompressor, const std::vector<char>& compressed,
                   std::vector<char>& text) {
  std::size_t total = 0;
  std::size_t at = 0;
  while (at < compressed.size()) {
    std::size_t in = 0;
    std::size_t out = 0;
    const libdeflate_result result =
        libdeflate_gzip_decompress_ex(decompressor, compressed.data() + at, compressed.size() - at,
                                      text.data(), text.size(), &in, &out);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && text.size() < text_bytes_max) {
      text.resize(text.size() * 2);
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) return 0;
    at += in;
    total += out;
  }
  return total;
}

}  // namespace

int main() {
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  std::vector<char> compressed;
  std::vector<char> text(std::size_t{16} << 20);
  std::size_t total = 0;
  for (std::string path; std::getline(std::cin, path);) {
    if (!read_file(path, compressed)) {
      std::fprintf(stderr, "bench_floor: cannot read %s\n", path.c_str());
      return 1;
    }
    total += gunzip(decompressor, compressed, text);
  }
  libdeflate_free_decompressor(decompressor);
  std::printf("%zu\n", total);
  return 0;
}
