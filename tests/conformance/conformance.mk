# A second implementation of the protocol, in tests/conformance.

CHECKS += conformance

.PHONY: conformance
conformance: setup ## The protocol's second implementation: its vectors, and temoin-operator on loopback
	cargo build --locked --package temoin-operator
	@tests/conformance/run
