# Fuzz targets for every decoder, in tests/fuzz.

CHECKS += fuzz-short

FUZZ_SECONDS ?= 60

.PHONY: fuzz
fuzz: setup ## Each decoder against bytes that nobody thought of: FUZZ_SECONDS=60 for each
	@tests/fuzz/run $(FUZZ_SECONDS)

.PHONY: fuzz-short
fuzz-short: FUZZ_SECONDS = 20
fuzz-short: fuzz
