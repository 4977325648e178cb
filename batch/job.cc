#include "batch/job.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/checkpoint_path.h"
#include "batch/dead_letter_files.h"
#include "batch/destination.h"
#include "batch/file_cache.h"
#include "batch/file_lister.h"
#include "batch/file_store.h"
#include "batch/sqlite_checkpoint.h"
#include "batch/stop_signal.h"
#include "batch/summary.h"
#include "batch/system_ports.h"
#include "batch/worker.h"
#include "net/http_client.h"
#include "stages/hec_sink.h"
#include "stages/local_sink.h"
#include "stages/token.h"

namespace hecate {
namespace {

ExitStatus exit_status_of(Errc code) noexcept {
  switch (code) {
    case Errc::usage:
      return ExitStatus::usage;
    case Errc::interrupted:
      return ExitStatus::interrupted;
    default:
      return ExitStatus::stopped;
  }
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {
  }, second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// The objects of a job, without the file that the job itself writes dead letters to: a run that
// reads the folder it writes to would never end.
class OthersLister final : public ObjectLister {
 public:
  OthersLister(ObjectLister& lister, const DeadLetterFiles& own) : lister_(lister), own_(own) {}

  Result<std::optional<Listed>> next() override {
    while (true) {
      Result<std::optional<Listed>> listed = lister_.next();
      if (!listed || !*listed) return listed;
      const std::string own = own_.path();
      if (own.empty() || !is_same_file((*listed)->object.uri, own)) return listed;
    }
  }

 private:
  ObjectLister& lister_;
  const DeadLetterFiles& own_;
};

// Everything of one run, in the order in which it is built and the reverse of which it goes away.
class Job {
 public:
  Job(const JobOptions& options, const JobPlan& plan, const Environment& environment)
      : options_(options),
        plan_(plan),
        environment_(environment),
        console_(metrics_, {.mode = options.progress}),
        begun_(clock_.now()) {}

  ExitStatus run() {
    const Status prepared = prepare();
    if (!prepared) {
      console_.notice(prepared.error().message);
      return exit_status_of(prepared.error().code);
    }
    console_.start();
    Status worked = work();
    console_.stop();
    const ExitStatus status = finish(std::move(worked));
    print_summary();
    return status;
  }

 private:
  // Settles everything that can be wrong before anything is read.
  Status prepare() {
    Result<Destination> destination = parse_destination(options_.destinations);
    if (!destination) return fail(std::move(destination.error()));
    destination_ = std::move(*destination);
    if (Status compiled = compile(); !compiled) return compiled;
    Result<std::unique_ptr<FileLister>> lister = open_lister();
    if (!lister) return fail(std::move(lister.error()));
    lister_ = std::move(*lister);
    if (Status opened = open_checkpoint(); !opened) return opened;
    ledger_ = std::make_unique<Ledger>(checkpoint_.get(), metrics_);
    dead_letters_ = std::make_unique<DeadLetterFiles>(
        DeadLetterFilesOptions{.folder = dead_letter_folder(), .run_begun_ms = clock_.epoch_ms()});
    return open_sink();
  }

  Status compile() {
    std::vector<ConfigProblem> problems;
    FileCache cache(environment_);
    shared_ = share_log_pipeline(std::make_shared<const Config>(options_.config), &cache, problems);
    if (!problems.empty()) return fail(Errc::usage, format_problems("configuration", problems));
    return {};
  }

  Result<std::unique_ptr<FileLister>> open_lister() {
    Result<ObjectFilter> filter = ObjectFilter::compile(plan_.filter);
    if (!filter) return fail(std::move(filter.error()));
    FileListerOptions lister;
    lister.filter = std::move(*filter);
    lister.notice = [this](std::string_view text) { console_.notice(text); };
    return FileLister::open(options_.sources, std::move(lister));
  }

  // Without one nothing is remembered: for what leaves no trace (null:) or cannot be read again.
  [[nodiscard]] bool wants_checkpoint() const {
    if (options_.checkpoint) return true;
    const bool keeps_nothing = destination_.kind == DestinationKind::null ||
                               destination_.kind == DestinationKind::standard_output;
    const bool only_stdin = options_.sources.size() == 1 && options_.sources.front() == "-";
    return !keeps_nothing && !only_stdin;
  }

  Status open_checkpoint() {
    if (!wants_checkpoint()) return {};
    CheckpointJob job = checkpoint_job(options_.sources, options_.destinations,
                                       std::filesystem::current_path().string());
    if (!plan_.name.empty()) job.sources = fmt::format("{}:\n{}", plan_.name, job.sources);
    if (options_.checkpoint) {
      checkpoint_path_ = *options_.checkpoint;
    } else {
      const std::string shard =
          plan_.filter.shards_total > 1
              ? fmt::format("{}/{}", plan_.filter.shard, plan_.filter.shards_total)
              : std::string();
      Result<std::string> path = default_checkpoint_path(environment_, job, shard);
      if (!path) return fail(std::move(path.error()));
      checkpoint_path_ = std::move(*path);
    }
    auto opened = SqliteCheckpoint::open(
        checkpoint_path_, job,
        options_.fresh ? SqliteCheckpoint::Start::fresh : SqliteCheckpoint::Start::resume,
        clock_.epoch_ms());
    if (!opened) return fail(std::move(opened.error()));
    checkpoint_ = std::move(*opened);
    Result<SqliteCheckpoint::Run> run = checkpoint_->begin_run(clock_.epoch_ms());
    if (!run) return fail(std::move(run.error()));
    if (run->earlier_unfinished)
      console_.notice(fmt::format("going on from checkpoint {}", checkpoint_path_));
    return {};
  }

  [[nodiscard]] std::string dead_letter_folder() const {
    return options_.dead_letter_folder.empty() ? default_dead_letter_folder(checkpoint_path_)
                                               : options_.dead_letter_folder;
  }

  [[nodiscard]] std::size_t workers() const {
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    return options_.workers != 0 ? options_.workers : cores;
  }
  [[nodiscard]] std::size_t connections() const {
    return options_.connections != 0 ? options_.connections : 2 * workers();
  }

  Status open_sink() {
    const bool hec = destination_.kind == DestinationKind::hec;
    // One request for each worker to fill, and one for each connection to have under way.
    const std::size_t requests = workers() + (hec ? connections() : 1);
    pool_ = std::make_unique<RequestPool>(
        requests, options_.config.hec.batch.bytes + options_.config.hec.max_event_bytes);
    switch (destination_.kind) {
      case DestinationKind::hec:
        return open_hec_sink();
      case DestinationKind::file: {
        auto opened = LocalSink::open_file(destination_.path, *ledger_, *pool_);
        if (!opened) return fail(std::move(opened.error()));
        sink_ = std::move(*opened);
        return {};
      }
      case DestinationKind::standard_output:
        sink_ = LocalSink::standard_output(*ledger_, *pool_);
        return {};
      case DestinationKind::null:
        sink_ = LocalSink::null(*ledger_, *pool_);
        return {};
    }
    return {};
  }

  Status open_hec_sink() {
    http_ = std::make_unique<HttpRuntime>();
    token_ = std::make_unique<ConfiguredToken>(options_.config.hec.token, environment_);
    HecSinkOptions sink;
    sink.hec = options_.config.hec;
    sink.hec.endpoints = options_.destinations;
    sink.connections = connections();
    sink.rate_bytes_per_second = options_.rate_bytes_per_second;
    sink.stopped = [] { return StopSignal::requested(); };
    sink.notice = [this](std::string_view text) { console_.notice(text); };
    // The options of a transport can be wrong (files that are not there): find out now, once.
    HttpClientOptions client;
    client.tls = options_.config.hec.tls;
    if (auto tried = make_http_client(client); !tried) return fail(std::move(tried.error()));
    const TransportFactory transports = [client](std::function<bool()> aborted) {
      HttpClientOptions own = client;
      own.aborted = std::move(aborted);
      auto made = make_http_client(std::move(own));
      check(made.has_value(), "transport options that worked once work again");
      return std::move(*made);
    };
    auto opened = HecSink::open(
        std::move(sink), HecPorts{transports, *token_, clock_, random_, *dead_letters_, metrics_},
        *ledger_, *pool_);
    if (!opened) return fail(std::move(opened.error()));
    sink_ = std::move(*opened);
    return {};
  }

  // Counts what is to be read, so that progress can say how much is left.
  void count_objects() {
    Result<std::unique_ptr<FileLister>> lister = open_lister();
    if (!lister) return;
    std::uint64_t objects = 0;
    while (!StopSignal::requested()) {
      Result<std::optional<Listed>> listed = (*lister)->next();
      if (!listed || !*listed) break;
      ++objects;
      bytes_left_ += (*listed)->object.size_bytes;
    }
    metrics_.objects_total = objects;
    console_.set_bytes_total(bytes_left_);
  }

  Status work() {
    if (options_.progress != ProgressMode::never && ::isatty(STDERR_FILENO) != 0) count_objects();
    OthersLister others(*lister_, *dead_letters_);
    ObjectQueue objects(others);
    FileStore store([] { return StopSignal::requested(); });
    const WorkerPorts ports{objects,
                            store,
                            *ledger_,
                            *pool_,
                            *sink_,
                            *dead_letters_,
                            clock_,
                            metrics_,
                            [this] { return StopSignal::requested() || failed_.load(); },
                            [this](std::string_view text) { console_.notice(text); },
                            [this](const Envelope& object) {
                              bytes_left_ -= std::min(object.size_bytes, bytes_left_.load());
                              console_.set_bytes_total(bytes_left_);
                            }};
    run_workers(ports);
    if (objects.exhausted()) metrics_.objects_total = objects.handed_out();
    // Requests under way may finish even when the run was stopped: what arrives is settled.
    Status drained = sink_->drain();
    Status flushed = ledger_->flush();
    if (first_error_ && first_error_->code != Errc::interrupted) return fail(*first_error_);
    if (!drained && drained.error().code != Errc::interrupted) return drained;
    if (!flushed) return flushed;
    if (first_error_) return fail(*first_error_);
    return drained;
  }

  void run_workers(const WorkerPorts& ports) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < workers(); ++i) {
      threads.emplace_back([this, &ports] {
        Worker worker(ports,
                      plan_.make_pipeline(
                          shared_, [this](std::string_view group) { reject_group(group); },
                          [this](std::string_view text) { console_.notice(text); }),
                      options_.config.hec.batch);
        if (Status done = worker.run(); !done) stop_for(std::move(done.error()));
      });
    }
    // Workers may be waiting for a request while a signal comes in: somebody has to wake them.
    std::thread watcher([this] {
      while (!workers_done_ && !StopSignal::requested() && !failed_)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (!workers_done_) pool_->close();
    });
    for (std::thread& thread : threads) thread.join();
    workers_done_ = true;
    watcher.join();
  }

  void stop_for(Error error) {
    const std::scoped_lock lock(mutex_);
    // An interruption is often the echo of another worker's failure.
    if (!first_error_ || first_error_->code == Errc::interrupted) first_error_ = std::move(error);
    failed_ = true;
  }

  void reject_group(std::string_view group) {
    const std::scoped_lock lock(mutex_);
    if (!rejected_groups_.insert(std::string(group)).second) return;
    console_.notice(fmt::format(
        "log group {} does not match log_groups.pattern; its events are filtered", group));
  }

  ExitStatus finish(Status worked) {
    if (!worked) {
      const Errc code = worked.error().code;
      if (code == Errc::interrupted) {
        console_.notice("interrupted; run the same command again to go on");
        return ExitStatus::interrupted;
      }
      console_.notice(worked.error().message);
      console_.notice("stopped with work left; run the same command again to go on");
      return ExitStatus::stopped;
    }
    metrics_.check_conserved();
    std::uint64_t dead_letters =
        Metrics::get(metrics_.events_dead_lettered) + Metrics::get(metrics_.objects_failed);
    if (checkpoint_) {
      // A run that goes on from a crash answers for what the crashed one dead-lettered.
      if (Result<std::uint64_t> open = checkpoint_->dead_letters_open())
        dead_letters = std::max(dead_letters, *open);
      if (Status saved = checkpoint_->finish_run(clock_.epoch_ms()); !saved) {
        console_.notice(saved.error().message);
        return ExitStatus::stopped;
      }
    }
    if (!dead_letters_->path().empty())
      console_.notice(fmt::format("dead letters are in {}", dead_letters_->path()));
    const std::uint64_t skipped = Metrics::get(metrics_.objects_skipped);
    if (skipped > 0 && skipped == Metrics::get(metrics_.objects_total)) {
      console_.notice(fmt::format(
          "nothing to do: an earlier run did all of it (checkpoint {}); --fresh sends it again",
          checkpoint_path_));
    }
    return dead_letters > 0 ? ExitStatus::dead_letters : ExitStatus::ok;
  }

  void print_summary() {
    const double seconds = std::chrono::duration<double>(clock_.now() - begun_).count();
    const bool json = options_.summary == SummaryFormat::json;
    const bool aside = destination_.kind == DestinationKind::standard_output && !json;
    std::FILE* out = aside ? stderr : stdout;
    const std::string text =
        json ? summary_json(metrics_, seconds) + "\n" : summary_text(metrics_, seconds);
    std::fwrite(text.data(), 1, text.size(), out);
    std::fflush(out);
  }

  const JobOptions& options_;
  const JobPlan& plan_;
  const Environment& environment_;
  Metrics metrics_;
  SystemClock clock_;
  SystemRandom random_;
  StopSignal stop_signal_;
  Console console_;
  const std::chrono::steady_clock::time_point begun_;
  Destination destination_;
  LogPipelineShared shared_;
  std::unique_ptr<FileLister> lister_;
  std::string checkpoint_path_;
  std::unique_ptr<SqliteCheckpoint> checkpoint_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<DeadLetterFiles> dead_letters_;
  std::unique_ptr<HttpRuntime> http_;
  std::unique_ptr<ConfiguredToken> token_;
  std::unique_ptr<RequestPool> pool_;
  std::unique_ptr<Sink> sink_;

  std::atomic<std::uint64_t> bytes_left_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> workers_done_{false};
  std::mutex mutex_;
  std::optional<Error> first_error_;
  std::set<std::string> rejected_groups_;
};

}  // namespace

ExitStatus run_job(const JobOptions& options, const JobPlan& plan, const Environment& environment) {
  return Job(options, plan, environment).run();
}

}  // namespace hecate
