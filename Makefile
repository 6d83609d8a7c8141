# Everything a stranger needs: `make demo` and `make test`. Both install what is missing (Debian, root or sudo).

SWIFT ?= swift
FLAGS ?= -j 2
RELEASE = .build/release/vigie

.PHONY: demo test build release bench clean packages

demo: release
	$(RELEASE) demo $(ARGS)

# Tests run optimised code: what is tested is what is shipped.
TEST_FLAGS = -c release -Xswiftc -enable-testing --scratch-path .build/tests

test: packages
	$(SWIFT) build --build-tests $(TEST_FLAGS) $(FLAGS)
	$(SWIFT) test --skip-build --no-parallel $(TEST_FLAGS)

build: packages
	$(SWIFT) build $(FLAGS)

release: packages
	$(SWIFT) build -c release --product vigie $(FLAGS)

bench: release
	$(RELEASE) bench all $(ARGS)

clean:
	rm -rf .build demo

packages:
	@bash scripts/packages.sh
