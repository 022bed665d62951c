# The YunoHost package: release archives, and its tests in the Debian of a box.

CHECKS += app-test

.PHONY: app
app: setup ## Release archives for armhf, arm64, amd64 and the YunoHost package, in build/release
	@cross/release
	@cross/release-check build/release

.PHONY: release-check
release-check: ## Refuses a package that is not the one of the archives in build/release
	@cross/release-check build/release

.PHONY: reproducible
reproducible: ## Builds the release in two clean clones and compares the bytes
	@tests/app/reproducible

.PHONY: app-test
app-test: setup ## The YunoHost package on an emulated ARM box: install to remove (root)
	@tests/app/run
