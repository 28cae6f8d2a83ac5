# iot-edge-connector: everything goes through here. `make help` lists the targets.
#
#   CC=clang                    another compiler (gcc by default)
#   SANITIZE=address,undefined  or thread: instrumented, in a build folder of its own (build/address-undefined, …)
#   BUILD=folder                where what is compiled goes (build by default)
#   PREFIX=/usr/local DESTDIR=  where `make install` puts things

VERSION := 0.1.0
CC      := gcc
comma   := ,
BUILD   := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
PREFIX  := /usr/local

PACKAGES := libmicrohttpd gnutls libcjson libcurl yaml-0.1
# Debian's names of what building needs, and what the demo and the tests need besides.
BUILD_DEBS := gcc libc6-dev pkg-config libmicrohttpd-dev libgnutls28-dev libcjson-dev libcurl4-gnutls-dev libyaml-dev
TEST_DEBS  := $(BUILD_DEBS) libcmocka-dev python3 python3-venv ca-certificates procps

override CPPFLAGS += -I. -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wformat=2 \
            -Wpointer-arith -Wwrite-strings -Wundef $(if $(NO_WERROR),,-Werror)
CFLAGS   ?= -O2 -g
override CFLAGS += -std=gnu17 $(WARNINGS) -fno-common -fstack-protector-strong -fPIE -pthread
ifeq ($(SANITIZE),)
override CPPFLAGS += -D_FORTIFY_SOURCE=2
else
override CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer $(if $(findstring undefined,$(SANITIZE)),-fno-sanitize-recover=all)
override LDFLAGS += -fsanitize=$(SANITIZE)
endif
override LDFLAGS += -pie -Wl,-z,relro,-z,now -pthread
override LDLIBS += $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm

# A room is a folder and a static library; the order is that of the arrows, users first.
LIBRARIES := translate sync kube iothub certs http common
PROGRAM_ROOMS := server virtual_node cli emulator
PROGRAMS  := iot-edge-connector iot-edge-virtual-node kubectl-iotedge iothub-emulator
room_of_iot-edge-connector    := server
room_of_iot-edge-virtual-node := virtual_node
room_of_kubectl-iotedge       := cli
room_of_iothub-emulator       := emulator

sources = $(wildcard $(1)/*.c)
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

ARCHIVES  := $(LIBRARIES:%=$(BUILD)/lib%.a)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))

.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := build

build: $(PROGRAMS:%=$(BUILD)/%) ## build the programs into build/

define program_rule
$(BUILD)/$(1): $(BUILD)/obj/$(room_of_$(1))/main.o $(BUILD)/lib$(room_of_$(1)).a $(ARCHIVES)
	@echo "  LINK  $$@"
	@$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# Everything of a program but its main is a library as well, so that unit tests reach it.
define archive_rule
$(BUILD)/lib$(1).a: $(call objects,$(filter-out %/main.c,$(call sources,$(1))))
	@mkdir -p $$(@D) && rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach r,$(LIBRARIES) $(PROGRAM_ROOMS),$(eval $(call archive_rule,$(r))))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(PROGRAM_ROOMS:%=$(BUILD)/lib%.a) $(ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# The webhook configurations are part of the program.
$(BUILD)/obj/server/webhook_manifest.o: manifests/webhook.yaml
# So is the emulator's page.
$(BUILD)/obj/emulator/page.o: emulator/page.html

unit-tests: $(UNIT_TESTS)

# Fuzz targets are made with clang, and have their objects apart. What they call is in common/ and translate/.
FUZZ_SECONDS ?= 60
FUZZ_FLAGS   := -g -O1 -std=gnu17 -I. -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -fno-sanitize-recover=all
FUZZ_OBJECTS := $(patsubst %.c,build/fuzz/obj/%.o,$(call sources,common) $(call sources,translate))

build/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<

build/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJECTS)
	@echo "  LINK  $@"
	@clang $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined -o $@ $^ -lcjson -lyaml -lgnutls -lm

# What the webhook is made of, with the flags it is made with: a sanitizer would measure itself.
$(BUILD)/tests/fuzz/speed: $(patsubst %,$(BUILD)/obj/tests/fuzz/%.o,speed speed_shapes) $(BUILD)/libserver.a $(ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

fuzz-targets: $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

# --- what a person types ----------------------------------------------------------------------------------------------

test: ## install what is missing, build, run the unit tests and the integration tests
	@./setup.sh $(TEST_DEBS)
	@tests/controlplane/build.sh
	@$(MAKE) --no-print-directory -j2 build unit-tests
	@tests/run.sh $(BUILD)

demo: ## install what is missing, build, and show the product at work (DEMO=once ends by itself)
	@./setup.sh $(TEST_DEBS)
	@$(MAKE) --no-print-directory -j2 build
	@tests/controlplane/build.sh
	@exec demo/demo.sh

demo-stop: ## end a running demo
	@demo/stop.sh

conformance: ## Microsoft's own clients against the emulator (HUB=FILE: against a real hub, by connection string)
	@./setup.sh $(TEST_DEBS)
	@$(MAKE) --no-print-directory -j2 $(BUILD)/iothub-emulator
	@tests/conformance/run.sh $(BUILD)

browser-test: ## the emulator's page in a headless Chromium
	@./setup.sh $(BUILD_DEBS) python3 chromium chromium-driver
	@$(MAKE) --no-print-directory $(BUILD)/iothub-emulator
	@tests/browser/test_page.py --build $(BUILD)

bench: ## measure the webhook against its peers and beside silent connections, the emulator with 10,000 devices, the connector in a large cluster
	@./setup.sh $(BUILD_DEBS) python3 python3-venv ca-certificates procps
	@$(MAKE) --no-print-directory -j2 build
	@tests/bench/bench.sh $(BUILD)
	@python3 tests/bench/silent.py --build $(BUILD)
	@python3 tests/bench/emulator.py --build $(BUILD)
	@tests/controlplane/build.sh
	@python3 tests/bench/cluster.py --build $(BUILD)

lint: ## formatting, the arrows between the rooms, banned words, shell and Python syntax
	@./setup.sh $(BUILD_DEBS) clang-format
	@tests/lint.sh

asan: ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@./setup.sh $(TEST_DEBS)
	@tests/controlplane/build.sh
	@$(MAKE) --no-print-directory -j2 SANITIZE=address,undefined build unit-tests
	@tests/run.sh build/address-undefined

tsan: ## the unit tests, a threaded webhook among them, under ThreadSanitizer
	@./setup.sh $(TEST_DEBS)
	@$(MAKE) --no-print-directory -j2 SANITIZE=thread unit-tests
	@tests/run.sh --unit-only build/thread

valgrind: ## a whole demo with the connector under valgrind: no leak, no invalid access
	@./setup.sh $(TEST_DEBS) valgrind
	@$(MAKE) --no-print-directory -j2 build
	@tests/controlplane/build.sh
	@DEMO=once DEMO_VALGRIND=1 demo/demo.sh

fuzz: ## each fuzz target for FUZZ_SECONDS (60), with clang's libFuzzer
	@./setup.sh $(BUILD_DEBS) clang libclang-rt-14-dev python3
	@$(MAKE) --no-print-directory -j2 fuzz-targets
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

speed: ## inputs made to be slow, through the webhook's and the engine's own doors: none above 15 ms for each MiB
	@./setup.sh $(BUILD_DEBS)
	@$(MAKE) --no-print-directory -j2 $(BUILD)/tests/fuzz/speed
	@$(BUILD)/tests/fuzz/speed

soak: $(if $(ROUNDS)$(BUG),soak-model,soak-reviews soak-model) ## soak-reviews and soak-model; with ROUNDS=N only the latter

soak-reviews: ## SOAK_REVIEWS (1,000,000) generated reviews, and patches of 20,000 applied by the Python package jsonpatch
	@./setup.sh $(TEST_DEBS)
	@$(MAKE) --no-print-directory $(BUILD)/tests/unit/test_translate_generated
	@tests/soak/reviews.sh $(BUILD)

soak-model: ## the model-based test of the sync, ROUNDS (1,000) rounds from SEED; BUG=NAME or all: it has to catch a planted bug
	@./setup.sh $(TEST_DEBS)
	@tests/controlplane/build.sh
	@$(MAKE) --no-print-directory -j2 build
	@ROUNDS=$(or $(ROUNDS),$(if $(BUG),200,1000)) SEED=$(or $(SEED),$(shell shuf -i 1-2147483647 -n 1)) $(if $(BUG),tests/planted/hunt.py $(filter-out all,$(BUG)),python3 tests/integration/run.py --build $(BUILD) -k Model.)

endurance: ## the promises in a hub's real times: budget, rollouts, a silent hub, an API server that is away (two hours)
	@./setup.sh $(TEST_DEBS)
	@tests/controlplane/build.sh
	@$(MAKE) --no-print-directory -j2 build
	@python3 tests/integration/run.py --build $(BUILD) --long

coverage: ## branches of translate/ that 20,000 generated reviews alone take: at least 90 %
	@./setup.sh $(TEST_DEBS)
	@$(MAKE) --no-print-directory -j2 BUILD=build/coverage CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage \
	  build/coverage/tests/unit/test_translate_generated
	@tests/coverage.sh build/coverage

install: build ## install the programs and the manifests under PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/iot-edge-connector
	install $(PROGRAMS:%=$(BUILD)/%) $(DESTDIR)$(PREFIX)/bin
	cp -R manifests/. $(DESTDIR)$(PREFIX)/share/iot-edge-connector

format: ## format the C files as `make lint` wants them
	clang-format -i $(wildcard */*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch])

clean: ## remove what was built here (the control plane's binary too)
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: build unit-tests fuzz-targets test demo demo-stop conformance browser-test bench lint asan tsan valgrind fuzz speed soak soak-reviews soak-model endurance coverage install format clean help

-include $(shell find $(BUILD)/obj build/fuzz/obj -name '*.d' 2>/dev/null)
