# The page in a real Chromium, driven from Node.js. Packages and screenshots stay below build/.

CHECKS += browser

.PHONY: browser
browser: setup ## The page in Chromium: languages, widths, themes, keyboard, axe; HTML validity
	cargo build --locked --bin temoin --example fill-record --example fill-correspondence
	mkdir -p build/browser
	cp tests/browser/*.json tests/browser/*.mjs build/browser/
	cd build/browser && npm ci --no-audit --no-fund --silent
	cd build/browser && TEMOIN_ROOT=$(CURDIR) node --test page.test.mjs hostile.test.mjs
