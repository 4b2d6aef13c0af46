// Runs a fuzz target over files and over seeded mutations of them: replay_main SEED ROUNDS FILE...

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;

void Mutate(std::mt19937& random, Bytes* bytes) {
  const auto below = [&](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (size_t edits = 1 + below(8); edits > 0; --edits) {
    switch (random() % 5) {
      case 0:
        if (!bytes->empty()) (*bytes)[below(bytes->size())] = static_cast<uint8_t>(random());
        break;
      case 1:
        bytes->resize(below(bytes->size() + 1));
        break;
      case 2:
        bytes->insert(bytes->begin() + static_cast<std::ptrdiff_t>(below(bytes->size() + 1)), 1 + below(24),
                      static_cast<uint8_t>(random()));
        break;
      case 3:
        // Lengths are what parsers trust: put an extreme one somewhere.
        if (bytes->size() >= 4) {
          static constexpr uint8_t kExtremes[] = {0, 1, 3, 4, 15, 16, 0x7f, 0x80, 0xff};
          (*bytes)[below(bytes->size() / 4) * 4] = kExtremes[below(sizeof kExtremes)];
        }
        break;
      default:
        if (bytes->size() >= 4)
          bytes->insert(bytes->end(), bytes->begin(), bytes->begin() + 4 * (1 + below(bytes->size() / 4)));
        break;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: replay_main SEED ROUNDS FILE...\n");
    return 2;
  }
  std::mt19937 random(static_cast<uint32_t>(strtoul(argv[1], nullptr, 10)));
  const unsigned long rounds = strtoul(argv[2], nullptr, 10);
  std::vector<Bytes> corpus;
  for (int i = 3; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      fprintf(stderr, "cannot read %s\n", argv[i]);
      return 2;
    }
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    LLVMFuzzerTestOneInput(corpus.back().data(), corpus.back().size());
  }
  for (unsigned long round = 0; round < rounds; ++round) {
    Bytes bytes = corpus[random() % corpus.size()];
    Mutate(random, &bytes);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  printf("replayed %zu files and %lu mutations\n", corpus.size(), rounds);
  return 0;
}
