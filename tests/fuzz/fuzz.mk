# Fuzz targets for every decoder, in tests/fuzz.

CHECKS += fuzz

.PHONY: fuzz
fuzz: setup ## Each decoder against random bytes, for a minute
	@tests/fuzz/run $(FUZZ_SECONDS)
