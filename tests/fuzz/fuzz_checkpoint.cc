// fuzz_checkpoint: damaged checkpoint files are refused, or they tell the truth.
//
// Input: a byte that chooses what is found on disk, then bytes or damages:
//   0  the file is made of these bytes              2  a file and its log, the log damaged
//   1  a sound file, damaged in some places         3  a file, and a log made of these bytes
// A damage is a byte of kind, three bytes of place, a byte of content. What opens must hold every
// object in a state that was once saved, and must go on working; nothing ever looks like a new one.
#include <filesystem>
#include <map>

#include "batch/checkpoint_reader.h"
#include "batch/sqlite_checkpoint.h"
#include "tests/fuzz/support.h"
#include "tests/unit/batch/temp_folder.h"

namespace hecate::fuzz {
namespace {

using test::read_all;
using test::TempFolder;
using test::write_file;
using Start = SqliteCheckpoint::Start;

constexpr int objects = 60;

const CheckpointJob& job() {
  static const CheckpointJob one{"/logs", "https://splunk.example:8088"};
  return one;
}

ObjectState state_of(int object, std::uint64_t records) {
  return {.uri = fmt::format("/logs/2024/01/file-{}.gz", object),
          .identity = fmt::format("1000-{}", object),
          .status = records == 40 ? ObjectStatus::done : ObjectStatus::partial,
          .records_settled = records,
          .events_delivered = records,
          .last_error = {}};
}

void save_all(SqliteCheckpoint& checkpoint, int from, std::uint64_t records) {
  std::vector<ObjectState> states;
  for (int i = from; i < objects; ++i) states.push_back(state_of(i, records));
  require(checkpoint.save(states).has_value(), "a sound checkpoint saves");
}

// Files as a finished run and as a killed one leave them.
struct Base {
  std::string closed;     // no log beside it
  std::string file, log;  // of a run that was killed: half of the objects moved on
};

Base make_base(const TempFolder& folder) {
  Base base;
  const std::string path = folder / "base";
  {
    auto checkpoint = SqliteCheckpoint::open(path, job(), Start::resume, 1);
    require(checkpoint.has_value() && (*checkpoint)->begin_run(2), "a checkpoint is created");
    save_all(**checkpoint, 0, 20);
  }
  base.closed = read_all(path);
  auto checkpoint = SqliteCheckpoint::open(path, job(), Start::resume, 3);
  require(checkpoint.has_value() && (*checkpoint)->begin_run(4), "a checkpoint is opened again");
  save_all(**checkpoint, objects / 2, 30);
  save_all(**checkpoint, objects / 2, 40);
  base.file = read_all(path);
  base.log = read_all(path + "-wal");
  require(base.log.size() > 1000, "there is a log to damage");
  return base;
}

void damage(std::string& bytes, FuzzInput& input) {
  for (int damages = 0; damages < 16 && !input.rest().empty() && !bytes.empty(); ++damages) {
    const std::uint8_t kind = input.byte();
    const std::size_t at = static_cast<std::size_t>(input.number(3)) % bytes.size();
    const std::uint8_t content = input.byte();
    const std::size_t length = std::min<std::size_t>(std::size_t{content} * 16, bytes.size() - at);
    switch (kind % 6) {
      case 0:
        bytes[at] = static_cast<char>(content);
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << content % 8));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, '\0');
        break;
      case 4:
        bytes.append(length, static_cast<char>(kind));
        break;
      default:
        std::copy_n(bytes.begin(), length, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

// Every object must be there, in one of the states it has had.
void check_truth(SqliteCheckpoint& checkpoint) {
  for (int i = 0; i < objects; ++i) {
    const ObjectState wanted = state_of(i, 0);
    auto loaded = checkpoint.load(wanted.uri, wanted.identity);
    require(loaded.has_value(), "what opened can be read");
    require(loaded->has_value(), "no object is forgotten", wanted.uri);
    const std::uint64_t records = (*loaded)->records_settled;
    require(records == 20 || (i >= objects / 2 && (records == 30 || records == 40)),
            "progress is as it once was", fmt::format("object {}: {} records", i, records));
    require(
        (*loaded)->events_delivered == records && (*loaded)->status == state_of(i, records).status,
        "a state is whole");
  }
}

Result<std::unique_ptr<SqliteCheckpoint>> open_found(const std::string& path) {
  auto checkpoint = SqliteCheckpoint::open(path, job(), Start::resume, 5);
  if (!checkpoint) {
    require(checkpoint.error().code == Errc::corrupt_state, "damage is corrupt state",
            checkpoint.error().message);
    require(checkpoint.error().message.find("--") != std::string::npos, "it says what to do",
            checkpoint.error().message);
  }
  return checkpoint;
}

void go_on(const std::string& path, bool was_ours) {
  const std::string found = read_all(path);
  {
    auto checkpoint = open_found(path);
    if (!checkpoint) {
      require_same(read_all(path), found, "a refused file stays as it is");
      return;
    }
    if (was_ours) check_truth(**checkpoint);
    const ObjectState next = state_of(objects, 7);
    require((*checkpoint)->begin_run(6).has_value(), "what opened can begin a run");
    require((*checkpoint)->save({&next, 1}).has_value(), "what opened can be saved to");
  }
  auto again = open_found(path);
  require(again.has_value(), "what opened once opens again");
  auto loaded = (*again)->load(state_of(objects, 0).uri, state_of(objects, 0).identity);
  require(loaded && *loaded && (*loaded)->records_settled == 7, "what was saved is there");
}

void run(FuzzInput input) {
  static const TempFolder folder;
  static const Base base = make_base(folder);
  const std::string path = folder / "found";
  for (const char* part : {"", "-wal", "-shm", "-journal", ".new", ".lock"})
    std::filesystem::remove(path + part);

  const std::uint8_t choice = input.byte() % 4;
  std::string file = choice == 0   ? std::string(input.rest())
                     : choice == 1 ? base.closed
                                   : base.file;
  std::string log = choice == 2 ? base.log : choice == 3 ? std::string(input.rest()) : "";
  if (choice == 1) damage(file, input);
  if (choice == 2) damage(log, input);
  write_file(path, file);
  if (choice >= 2) write_file(path + "-wal", log);
  auto reader = CheckpointReader::open(path);
  if (reader) static_cast<void>(reader->summary());
  go_on(path, choice != 0);
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
