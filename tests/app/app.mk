# The release archives and the YunoHost package.

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
