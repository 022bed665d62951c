# Cards for boards, boards in QEMU, and work with a real board: board/README.md.

AHEAD += rootfs-ahead
CHECKS += image-check flash-check qemu-check plug-check power-cut dead-card

BOARD ?= lime2
CARD := build/board/temoin-$(BOARD).img
IMAGE ?= $(CARD)
POINTS ?= 200
PULLS ?= 5
SEED ?=
SEEDED := $(if $(SEED),--seed $(SEED))

.PHONY: image
image: setup cross ## A card for a board: BOARD=lime or lime2; SSH_KEY=FILE lets that key in
	@board/image $(BOARD) build/armv7/temoin $(CARD)

.PHONY: rootfs-ahead
rootfs-ahead: setup
	@mkdir -p build/board
	@nice board/rootfs </dev/null >build/board/rootfs.log 2>&1 &

.PHONY: flash
flash: ## Write a card: DEVICE=/dev/..., IMAGE=... (default: what make image made for BOARD)
	@board/flash $(if $(YES),--yes) "$(DEVICE)" "$(IMAGE)"

.PHONY: deploy
deploy: cross ## Put a fresh build on a running board, over ssh: HOST=...
	@board/deploy "$(HOST)" build/armv7/temoin

.PHONY: image-check
image-check: image ## What make image makes for each board, and refuses to make (root)
	python3 -B tests/board/image.py build/armv7/temoin $(BOARD) $(CARD)

.PHONY: flash-check
flash-check: setup ## What make flash and make deploy do and refuse, on loop devices (root)
	python3 -B tests/board/flash.py
	python3 -B tests/board/deploy.py

.PHONY: qemu
qemu: image ## The board in QEMU: its console here, its page on PORT (8470), a tunnel (root)
	@board/qemu $(CARD) $(if $(PORT),--port $(PORT))

.PHONY: qemu-check
qemu-check: image ## The same unattended; fails if a session is not recorded as it was
	python3 -B tests/board/check $(CARD)

.PHONY: plug-check
plug-check: image ## The board's plug pulled in QEMU: PULLS=5; SEED=... repeats a run (root)
	cargo build --locked --bin temoin-operator
	python3 -B tests/board/plug $(CARD) target/debug/temoin-operator --pulls $(PULLS) $(SEEDED)

.PHONY: second-machine
second-machine: image ## The card in QEMU's nearest to the Limes, from its boot loader on (root)
	python3 -B tests/board/second_machine $(CARD)

.PHONY: qemu-night
qemu-night: second-machine ## Boards in QEMU for a night: that, wrong clocks, 30 pulled plugs (root)
	python3 -B tests/board/clock $(CARD)
	$(MAKE) plug-check PULLS=30

.PHONY: power-cut
power-cut: setup ## Power cuts between the disk's writes: POINTS=200; SEED=... repeats a run (root)
	cargo build --locked --bin temoin
	python3 -B tests/board/write_log.py
	python3 -B tests/board/power_cut target/debug/temoin --points $(POINTS) $(SEEDED)

.PHONY: dead-card
dead-card: setup ## A card that dies while tunnels are recorded on it (root)
	cargo build --locked --bin temoin
	python3 -B tests/board/dead_card target/debug/temoin
