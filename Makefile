# iot-edge-connector: everything goes through here. `make help` lists the targets.
#
#   CC=clang          another compiler (gcc by default)
#   SANITIZE=address  or thread, undefined: instrumented, in a build folder of its own (build/address, …)
#   BUILD=folder      where everything that is built goes (build by default)

VERSION := 0.1.0
CC      := gcc
BUILD   := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
comma   := ,
PREFIX  := /usr/local

PACKAGES := libmicrohttpd gnutls libcjson libcurl yaml-0.1
CPPFLAGS += -I. -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wformat=2 \
            -Wpointer-arith -Wwrite-strings -Wundef $(if $(NO_WERROR),,-Werror)
CFLAGS   ?= -O2 -g
CFLAGS   += -std=gnu17 $(WARNINGS) -fno-common -fstack-protector-strong -fPIE -pthread
ifeq ($(SANITIZE),)
CPPFLAGS += -D_FORTIFY_SOURCE=2
else
CFLAGS   += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer $(if $(findstring undefined,$(SANITIZE)),-fno-sanitize-recover=all)
LDFLAGS  += -fsanitize=$(SANITIZE)
endif
LDFLAGS  += -pie -Wl,-z,relro,-z,now -pthread
LDLIBS   += $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

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

clean: ## remove what was built here (the control plane's binary too)
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: build clean help

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
