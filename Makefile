# Everything a stranger needs: `make demo` and `make test`. Both install what is missing (Debian, root or sudo).

SWIFT ?= swift
FLAGS ?= -j 2
RELEASE = .build/release/vigie

.PHONY: demo test torture mutations neon build release bench clean packages

demo: release
	$(RELEASE) demo $(ARGS)

# Tests run optimised code: what is tested is what is shipped.
TEST_FLAGS = -c release -Xswiftc -enable-testing --scratch-path .build/tests

test: packages neon
	$(SWIFT) build --build-tests $(TEST_FLAGS) $(FLAGS)
	$(SWIFT) test --skip-build --no-parallel $(TEST_FLAGS)

# The long form of the delivery test: `make torture KILLS=1000 SEED=7`. Without SEED one is chosen and printed.
# JOBS streams run side by side; INSTANCES=3 members of one consumer group share each stream's partitions.
torture: packages
	$(SWIFT) build --build-tests $(TEST_FLAGS) $(FLAGS)
	VIGIE_TORTURE_KILLS=$(or $(KILLS),1000) $(if $(SEED),VIGIE_TORTURE_SEED=$(SEED)) \
		$(if $(JOBS),VIGIE_TORTURE_JOBS=$(JOBS)) $(if $(PARTITIONS),VIGIE_TORTURE_PARTITIONS=$(PARTITIONS)) \
		$(if $(INSTANCES),VIGIE_TORTURE_INSTANCES=$(INSTANCES)) \
		$(SWIFT) test --skip-build --no-parallel $(TEST_FLAGS) --filter DeliveryTests.TortureTests

# Takes each guard of delivery out, in a copy of the tree, and expects a test to fail for it.
mutations: packages
	@bash scripts/mutations.sh $(ARGS)

# The kernels of 64-bit Arm against their scalar twin, under emulation.
neon:
	@bash scripts/neon-check.sh 60

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
