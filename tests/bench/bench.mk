# Measurements, side by side with a peer in the same run.

.PHONY: bench
bench: setup ## Sizes, memory, writes and times, beside a peer's (root; some eight minutes)
	cargo build --locked --release --bin temoin --example fill-record
	@tests/bench/bench target/release/temoin --fill target/release/examples/fill-record
