# Fuzz targets for every decoder, in tests/fuzz.

CHECKS += fuzz

.PHONY: fuzz
fuzz: setup ## Each decoder against bytes that nobody thought of, for a minute
	@tests/fuzz/run $(FUZZ_SECONDS)
