# Measurements, side by side with a peer in the same run.

.PHONY: bench
bench: setup ## Sizes, memory, writes and times, beside a peer's (root; some eight minutes)
	cargo build --locked --release --package temoin --bin temoin --example fill-record
	@tests/bench/bench target/release/temoin --fill target/release/examples/fill-record
	@$(MAKE) --no-print-directory bench-operator

# Ten million sessions take PostgreSQL a quarter of an hour to hold, so they are asked for.
OPERATOR_SESSIONS := 100000 1000000 $(if $(BENCH_LARGE),10000000)

.PHONY: bench-operator
bench-operator: setup ## The operator's end: hooks, erasure, answers and registrations a second
	cargo build --locked --release --example bench-operator --bin temoin-operator
	@tests/bench/bench target/release/temoin-operator --only-operator
	target/release/examples/bench-operator $(OPERATOR_SESSIONS)
