# The end-to-end tests, the soak and the demonstration, all in the network lab of tests/lab.

CHECKS += tunnel-lifecycle sync-check soak-short demo-check

# What is too slow for each change.
NIGHT += openvpn-next

SESSIONS ?= 500

.PHONY: tunnel-lifecycle
tunnel-lifecycle: setup ## End to end (root): a tunnel's whole life cycle, with a real OpenVPN; bad disks
	cargo test --locked --test foreign_tunnel --test full_disk --test tunnel_lifecycle --test sync_uplink

.PHONY: sync-check
sync-check: setup ## End to end (root): a box and its operator that sync through a real tunnel
	cargo build --locked --bins
	cargo test --locked --test sync

.PHONY: soak-short
soak-short: setup ## 40 sessions in a row with random kills
	cargo test --locked --test soak -- --nocapture

.PHONY: soak
soak: setup ## Many sessions in a row with random kills: SESSIONS=500, SOAK_SEED=...
	SOAK_SESSIONS=$(SESSIONS) cargo test --locked --test soak -- --nocapture

.PHONY: openvpn-next
openvpn-next: setup ## The end-to-end tests with OpenVPN 2.7 at both ends (root)
	tests/lab/openvpn-2.7
	cargo build --locked --bins
	PATH="$(CURDIR)/build/openvpn-2.7/bin:$$PATH" \
	    cargo test --locked --test tunnel_lifecycle --test sync

.PHONY: demo
demo: setup ## A real tunnel in namespaces, and temoin's page to watch it (root)
	cargo build --locked --bins
	@tests/lab/demo run target/debug/temoin target/debug/temoin-operator

.PHONY: demo-up
demo-up: ## While the demo runs: bring its tunnel up again
	@tests/lab/demo up

.PHONY: demo-cut
demo-cut: ## While the demo runs: kill its OpenVPN, as a power cut would
	@tests/lab/demo cut

.PHONY: demo-down
demo-down: ## While the demo runs: stop its tunnel cleanly
	@tests/lab/demo down

.PHONY: demo-sessions
demo-sessions: ## While the demo runs: the record in the terminal
	@tests/lab/demo sessions

.PHONY: demo-ask
demo-ask: ## While the demo runs: ask its operator what it holds
	@tests/lab/demo ask

.PHONY: demo-truth
demo-truth: ## While the demo runs: what its operator's server saw
	@tests/lab/demo truth

.PHONY: demo-check
demo-check: setup ## The demo unattended; fails if what it sees is not what happened
	cargo build --locked --bins
	@tests/lab/demo check target/debug/temoin target/debug/temoin-operator
