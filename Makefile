# Songhua. `make run` and `make test` are all that a new machine needs; `make help` lists the rest.
#
# Everything built goes to build/FLAVOUR (release, clang, asan, tsan, …), generated code included.

FLAVOUR ?= release
BUILD   := build/$(FLAVOUR)
VERSION := 0.1.0
prefix     ?= /usr/local
sysconfdir ?= /etc
DESTDIR    ?=

# Debian packages. A name that is installed is never asked for again.
PACKAGES := gcc libc6-dev pkg-config protobuf-compiler protobuf-c-compiler libprotobuf-c-dev libzmq3-dev \
            libczmq-dev liblmdb-dev libsodium-dev libxxhash-dev libzstd-dev libmicrohttpd-dev \
            libyaml-dev libcsv-dev libsmartcols-dev libxlsxwriter-dev libjansson-dev \
            uthash-dev
PACKAGES_TEST := libcriterion-dev python3-zmq python3-protobuf python3-zstandard nftables
PACKAGES_PEERS := nats-server libnats-dev redis-server libhiredis-dev mosquitto libmosquitto-dev \
                  rabbitmq-server librabbitmq-dev
PACKAGES_CHECK := clang libclang-rt-14-dev clang-format

.DEFAULT_GOAL := help
.PHONY: help all run test fault soak check deps deps-test deps-check deps-peers bench bench-peers asan asan-clang tsan clang bytes fresh fuzz lint format docs install \
        uninstall clean programs tests systemd-check

help:
	@sed -n 's/^## //p' Makefile

## make run           set up, build, run the whole pipeline on the published figures (ONCE=1: then stop)
## make test          set up, build, run every test
run: deps
	@$(MAKE) --no-print-directory programs
	@deploy/demo.sh $(BUILD)

test: deps-test
	@$(MAKE) --no-print-directory programs tests
	@tests/run.sh $(BUILD)

## make check         what a commit must pass: lint, tests, both compilers, sanitizers
check: lint test systemd-check
	@$(MAKE) --no-print-directory FLAVOUR=clang programs tests
	@$(MAKE) --no-print-directory asan

# --- setting up ---------------------------------------------------------------------------------
need = @missing=""; for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' \
        || missing="$$missing $$p"; done; \
        if [ -n "$$missing" ]; then echo "Installing Debian packages:$$missing"; \
        if [ "$$(id -u)" != 0 ]; then echo "This needs root once: sudo apt-get install$$missing" >&2; exit 77; fi; \
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi

## make deps          install the Debian packages that are missing (asks for nothing when none is)
deps:
	$(call need,$(PACKAGES))
deps-test:
	$(call need,$(PACKAGES) $(PACKAGES_TEST))
deps-check:
	$(call need,$(PACKAGES) $(PACKAGES_TEST) $(PACKAGES_CHECK))

# --- flags --------------------------------------------------------------------------------------
LIBRARIES := libzmq libczmq libprotobuf-c lmdb libsodium libxxhash libzstd libmicrohttpd \
             yaml-0.1 smartcols xlsxwriter jansson
ifneq ($(shell command -v pkg-config 2>/dev/null),)
LIBRARY_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
LIBRARY_LIBS   := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lcsv -lm -lpthread
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-missing-field-initializers -Werror
CFLAGS   ?= -O2 -g
HARDEN   := -fstack-protector-strong -D_FORTIFY_SOURCE=2
CC       := gcc
ifeq ($(FLAVOUR),clang)
CC := clang
endif
ifneq ($(filter %-O0,$(FLAVOUR)),)
CC     := $(FLAVOUR:%-O0=%)
CFLAGS := -O0 -g
HARDEN :=
endif
ifeq ($(FLAVOUR),asan)
CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
HARDEN :=
endif
ifeq ($(FLAVOUR),asan-clang)
CC     := clang
CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
HARDEN :=
endif
ifeq ($(FLAVOUR),tsan)
CFLAGS := -O1 -g -fsanitize=thread
HARDEN :=
endif
ifeq ($(FLAVOUR),fuzz)
CC     := clang
CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
HARDEN :=
endif
# gcc alone warns of texts that may be cut; ours may, and are meant to be.
WARNINGS += $(if $(findstring gcc,$(CC)),-Wno-format-truncation)
GENERATED := build/generated
COMMIT    := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -ffp-contract=off $(CFLAGS) $(HARDEN) $(WARNINGS) -I. -I$(GENERATED) \
             $(LIBRARY_CFLAGS) -DSONGHUA_VERSION='"$(VERSION)"'

# --- sources ------------------------------------------------------------------------------------
PROTOS := proto/event/event proto/wire/wire proto/wire/audit
LIB_SOURCES  := $(wildcard proto/*/*.c)
BROKER_DIRS  := broker broker/journal
PRODUCER_DIRS := producers/agent
CONSUMER_DIRS := $(patsubst %/,%,$(wildcard consumers/*/))
# Archives hold everything but the programs' main files.
sources = $(filter-out %/main.c,$(wildcard $(addsuffix /*.c,$(1))))
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

LIB_OBJECTS := $(call objects,$(LIB_SOURCES)) $(PROTOS:%=$(BUILD)/generated/%.pb-c.o)
SONGHUA   := $(BUILD)/libsonghua.a
BROKER    := $(BUILD)/libbroker.a
PRODUCERS := $(BUILD)/libproducers.a
CONSUMERS := $(BUILD)/libconsumers.a

# program = its main file
PROGRAM_songhua-broker    := broker/main.c
PROGRAM_songhua-agent     := producers/agent/main.c
PROGRAM_songhua-scorer    := consumers/scorer/main.c
PROGRAM_songhua-alerter   := consumers/alerter/main.c
PROGRAM_songhua-replay    := consumers/replay/main.c
PROGRAM_songhua-alerts    := consumers/alerts/main.c
PROGRAMS := songhua-broker songhua-agent songhua-scorer songhua-alerter songhua-replay songhua-alerts

programs: $(PROGRAMS:%=$(BUILD)/%)

$(SONGHUA): $(LIB_OBJECTS)
$(BROKER): $(call objects,$(call sources,$(BROKER_DIRS)))
$(PRODUCERS): $(call objects,$(call sources,$(PRODUCER_DIRS)))
$(CONSUMERS): $(call objects,$(call sources,$(CONSUMER_DIRS)))
%.a:
	@rm -f $@
	$(QUIET_AR)ar rcs $@ $^

$(BUILD)/songhua-broker: $(BROKER)
$(BUILD)/songhua-agent: $(PRODUCERS)
$(PROGRAMS:%=$(BUILD)/%): $(SONGHUA)
$(filter-out %-broker %-agent,$(PROGRAMS:%=$(BUILD)/%)): $(CONSUMERS)

define program_rule
$(BUILD)/$(1): $(call objects,$(PROGRAM_$(1)))
	$$(QUIET_LD)$$(CC) $$(CFLAGS) -o $$@ $$(filter %.o,$$^) $$(filter-out %songhua.a,$$(filter %.a,$$^)) $$(SONGHUA) $$(LIBRARY_LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# --- compiling ----------------------------------------------------------------------------------
ifndef V
QUIET_CC = @echo "  CC  $<" &&
QUIET_LD = @echo "  LD  $@" &&
QUIET_AR = @echo "  AR  $@" &&
QUIET_PB = @echo "  PB  $<" &&
endif

$(GENERATED)/%.pb-c.c $(GENERATED)/%.pb-c.h: %.proto
	@mkdir -p $(GENERATED)
	$(QUIET_PB)protoc-c --c_out=$(GENERATED) -I. $<

GENERATED_HEADERS := $(PROTOS:%=$(GENERATED)/%.pb-c.h)
.SECONDARY: $(PROTOS:%=$(GENERATED)/%.pb-c.c) $(GENERATED_HEADERS)

$(BUILD)/generated/%.pb-c.o: $(GENERATED)/%.pb-c.c
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) -std=c11 -D_GNU_SOURCE $(CFLAGS) -w -I$(GENERATED) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c | $(GENERATED_HEADERS)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c -o $@ $<

# --- tests --------------------------------------------------------------------------------------
TEST_SOURCES := $(wildcard tests/support/*.c tests/unit/*.c tests/contract/*.c tests/e2e/*.c tests/fault/*.c tests/fuzz/test_*.c)
# Each fuzz target once more, as a function of its own name, for the inputs that are kept.
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_ENTRIES := $(FUZZERS:%=$(BUILD)/tests/fuzz/entry_%.o)
$(BUILD)/tests/fuzz/entry_%.o: tests/fuzz/fuzz_%.c | $(GENERATED_HEADERS)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(ALL_CFLAGS) -DLLVMFuzzerTestOneInput=fuzz_$* -MMD -MP -c -o $@ $<
TEST_OBJECTS := $(call objects,$(TEST_SOURCES))
$(TEST_OBJECTS): EXTRA_CFLAGS := -Wno-pedantic -Wno-missing-prototypes -Wno-strict-prototypes
# Libraries that stand before libc and make what it does go wrong.
FAULT_LIBRARIES := $(patsubst tests/fault/preload/fault_%.c,$(BUILD)/libfault%.so,$(wildcard tests/fault/preload/fault_*.c))
tests: $(BUILD)/songhua-tests $(BUILD)/fault-power $(FAULT_LIBRARIES)
$(BUILD)/songhua-tests: $(TEST_OBJECTS) $(FUZZ_ENTRIES) $(BROKER) $(PRODUCERS) $(CONSUMERS) $(SONGHUA)
	$(QUIET_LD)$(CC) $(CFLAGS) -o $@ $^ $(LIBRARY_LIBS) -lcriterion

# Crash images: lives recorded under a disk that is a library before libc, and what a cut leaves of them.
POWER_OBJECTS := $(call objects,$(wildcard tests/fault/power/*.c) tests/support/history.c tests/support/batches.c tests/support/preload.c tests/support/scratch.c)
$(POWER_OBJECTS): EXTRA_CFLAGS := -Wno-pedantic
$(BUILD)/fault-power: $(POWER_OBJECTS) $(BROKER) $(CONSUMERS) $(SONGHUA)
	$(QUIET_LD)$(CC) $(CFLAGS) -o $@ $^ $(LIBRARY_LIBS)
$(BUILD)/libfault%.so: tests/fault/preload/fault_%.c tests/fault/preload/trace.h
	@mkdir -p $(@D)
	$(QUIET_LD)$(CC) -std=c11 -D_GNU_SOURCE -O2 -g -fPIC -shared $(WARNINGS) -Wno-missing-prototypes -I. -o $@ $< -ldl

## make fault         the fault cases alone (their seed is in the output)
fault: deps-test
	@$(MAKE) --no-print-directory programs tests
	@tests/run.sh $(BUILD) --filter 'fault_*/*'

## make soak          a pipeline under load and mixed faults for MINUTES (30); SEED
SOAK_OBJECTS := $(call objects,$(wildcard tests/fault/soak/*.c tests/support/*.c))
$(SOAK_OBJECTS): EXTRA_CFLAGS := -Wno-pedantic -Wno-missing-prototypes -Wno-strict-prototypes
$(BUILD)/songhua-soak: $(SOAK_OBJECTS) $(BROKER) $(PRODUCERS) $(CONSUMERS) $(SONGHUA)
	$(QUIET_LD)$(CC) $(CFLAGS) -o $@ $^ $(LIBRARY_LIBS) -lcriterion
soak: export MINUTES ?= 30
soak: deps-test
	@$(MAKE) --no-print-directory programs $(BUILD)/songhua-soak
	@SONGHUA_BUILD=$(BUILD) SONGHUA_CONFIG=/dev/null tests/support/tidy.sh $(BUILD)/songhua-soak --verbose=0

# Mutants: the promise broken on purpose, number by number (proto/base/mutant.h). Only what holds a switch
# is compiled anew; it stands before the archives, which then give the rest. Number 0 breaks nothing.
MUTANTS  := 0 1 2 3 4 5 6 7 8 9 10 11
MUTATED  := $(shell grep -rls '"proto/base/mutant.h"' proto broker consumers producers --include='*.c')
MUTANT_PROGRAMS := songhua-broker fault-power songhua-tests
define mutant_rules
$(BUILD)/mutant-$(1)/%.o: %.c | $(GENERATED_HEADERS)
	@mkdir -p $$(@D)
	$$(QUIET_CC)$$(CC) $$(ALL_CFLAGS) -DSONGHUA_MUTANT=$(1) -MMD -MP -c -o $$@ $$<
$(BUILD)/mutant-$(1)/songhua-broker: $(MUTATED:%.c=$(BUILD)/mutant-$(1)/%.o) $(call objects,broker/main.c) $(BROKER) $(SONGHUA)
$(BUILD)/mutant-$(1)/fault-power: $(MUTATED:%.c=$(BUILD)/mutant-$(1)/%.o) $(POWER_OBJECTS) $(BROKER) $(CONSUMERS) $(SONGHUA)
$(BUILD)/mutant-$(1)/songhua-tests: $(MUTATED:%.c=$(BUILD)/mutant-$(1)/%.o) $(TEST_OBJECTS) $(FUZZ_ENTRIES) $(BROKER) $(PRODUCERS) $(CONSUMERS) $(SONGHUA)
$(MUTANT_PROGRAMS:%=$(BUILD)/mutant-$(1)/%):
	$$(QUIET_LD)$$(CC) $$(CFLAGS) -o $$@ $$^ $$(LIBRARY_LIBS) $$(if $$(filter %-tests,$$@),-lcriterion)
	@ln -sf ../libfaultdisk.so $(BUILD)/mutant-$(1)/
endef
$(foreach n,$(MUTANTS),$(eval $(call mutant_rules,$(n))))
## make mutants       eleven broken promises, each of which the tests must notice
mutants: deps-test
	@$(MAKE) --no-print-directory programs tests
	@$(MAKE) --no-print-directory -s $(foreach n,$(MUTANTS),$(MUTANT_PROGRAMS:%=$(BUILD)/mutant-$(n)/%))
	@tests/fault/mutants.sh $(BUILD) $(MUTANTS)

## make asan          every test under AddressSanitizer and UndefinedBehaviorSanitizer
## make tsan          pipeline and broker under load with ThreadSanitizer (the test framework does not run under it)
$(BUILD)/songhua-load: $(call objects,tests/fault/load/load.c tests/support/world.c tests/support/scratch.c) $(SONGHUA)
	$(QUIET_LD)$(CC) $(CFLAGS) -o $@ $^ $(LIBRARY_LIBS)
## make clang         build everything with clang
asan asan-clang: deps-check
	@$(MAKE) --no-print-directory FLAVOUR=$@ programs tests
	@IMAGES=$${IMAGES:-5000} FLIPS=$${FLIPS:-500} tests/run.sh build/$@
tsan: export TSAN_OPTIONS = log_path=$(CURDIR)/build/tsan/reports/tsan:ignore_noninstrumented_modules=1:suppressions=$(CURDIR)/tests/support/tsan.supp
tsan: deps-check
	@$(MAKE) --no-print-directory FLAVOUR=tsan programs build/tsan/songhua-load
	@rm -rf build/tsan/run build/tsan/reports && mkdir -p build/tsan/reports
	@RUN=build/tsan/run ONCE=1 deploy/demo.sh build/tsan >build/tsan/demo.log 2>&1 || { tail build/tsan/demo.log; exit 1; }
	@SONGHUA_BUILD=build/tsan SONGHUA_CONFIG=/dev/null tests/support/tidy.sh build/tsan/songhua-load
	@if ls build/tsan/reports/* >/dev/null 2>&1; then head -n 60 build/tsan/reports/*; exit 1; fi
	@echo 'tsan: no report'
clang: deps-check
	@$(MAKE) --no-print-directory FLAVOUR=clang programs tests

## make bytes         the worked examples by gcc and clang, at -O0 and -O2: the same bytes
bytes: deps-check
	@for f in release gcc-O0 clang clang-O0; do $(MAKE) --no-print-directory FLAVOUR=$$f build/$$f/songhua-scorer || exit 1; done
	@tests/e2e/bytes.sh build/release build/gcc-O0 build/clang build/clang-O0

## make fresh         the two commands on a fresh Debian 12, in a debootstrap folder (FRESH=/tmp/songhua-fresh)
FRESH ?= /tmp/songhua-fresh
fresh:
	@tests/e2e/fresh.sh $(FRESH)

## make lint          include directions, sizes, names, formatting
lint: deps-check
	@tests/lint/lint.sh

## make format        let clang-format own the white space
format: deps-check
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

# --- benchmarks: tests/bench/NAME.c is one program ----------------------------------------------
BENCHES := $(patsubst tests/bench/bench_%.c,%,$(wildcard tests/bench/bench_*.c))
BENCH_COMMON := $(call objects,$(filter-out tests/bench/bench_%.c,$(wildcard tests/bench/*.c)) tests/support/world.c tests/support/scratch.c tests/support/batches.c)
$(BUILD)/bench-%: $(BUILD)/tests/bench/bench_%.o $(BENCH_COMMON) $(BROKER) $(PRODUCERS) $(CONSUMERS) $(SONGHUA)
	$(QUIET_LD)$(CC) $(CFLAGS) -o $@ $^ $(LIBRARY_LIBS)
.SECONDARY: $(BENCHES:%=$(BUILD)/tests/bench/bench_%.o)
tests: $(BENCHES:%=$(BUILD)/tests/bench/bench_%.o) $(BENCH_COMMON) $(call objects,tests/bench/peers/server.c) # compiled by every run of the tests
## make bench         every benchmark; make bench-NAME one of them; JSON=1 for one line per figure
bench: deps
	@$(MAKE) --no-print-directory programs $(BENCHES:%=$(BUILD)/bench-%)
	@tests/bench/run.sh $(BUILD) $(BENCHES)
$(BENCHES:%=bench-%): bench-%: deps
	@$(MAKE) --no-print-directory programs $(BUILD)/bench-$*
	@tests/bench/run.sh $(BUILD) $*

# --- the same work on what users compare with ----------------------------------------------------
PEERS := jetstream redis mosquitto rabbitmq
LIBS_peer-jetstream := -lnats
LIBS_peer-redis     := -lhiredis
LIBS_peer-mosquitto := -lmosquitto
LIBS_peer-rabbitmq  := -lrabbitmq
$(PEERS:%=$(BUILD)/peer-%): $(BUILD)/peer-%: $(BUILD)/tests/bench/peers/peer_%.o $(BUILD)/tests/bench/peers/server.o $(BENCH_COMMON) $(SONGHUA)
	$(QUIET_LD)$(CC) $(CFLAGS) -o $@ $^ $(LIBRARY_LIBS) $(LIBS_$(@F))
.SECONDARY: $(PEERS:%=$(BUILD)/tests/bench/peers/peer_%.o)
deps-peers: deps
	$(call need,$(PACKAGES_PEERS))
## make bench-peers   the same work on NATS JetStream, Redis Streams, RabbitMQ and mosquitto, side by side
bench-peers: deps-peers
	@$(MAKE) --no-print-directory programs $(BUILD)/bench-ingest $(BUILD)/bench-fetch $(PEERS:%=$(BUILD)/peer-%)
	@tests/bench/peers.sh $(BUILD) $(PEERS)

# --- fuzzing: tests/fuzz/fuzz_NAME.c is one libFuzzer target -------------------------------------
$(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/fuzz_%.o $(BROKER) $(PRODUCERS) $(CONSUMERS) $(SONGHUA)
	$(QUIET_LD)$(CC) $(CFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBRARY_LIBS)
## make fuzz          every libFuzzer target for SECONDS_EACH (60) seconds, with ASan and UBSan
SECONDS_EACH ?= 60
fuzz: deps-check
	@$(MAKE) --no-print-directory FLAVOUR=fuzz $(FUZZERS:%=build/fuzz/fuzz-%)
	@tests/fuzz/run.sh build/fuzz $(SECONDS_EACH) $(FUZZERS)

## make systemd-check how exposed each unit is, by systemd's own count; above 2.0 fails
systemd-check:
	@deploy/systemd/check.sh

# --- manual pages --------------------------------------------------------------------------------
## make docs          manual pages from the programs' own help, in build/docs
docs: deps
	$(call need,scdoc)
	@$(MAKE) --no-print-directory programs
	@deploy/docs.sh $(BUILD) build/docs

# --- installing ---------------------------------------------------------------------------------
UNITS := $(wildcard deploy/systemd/*.service deploy/systemd/*.timer)
## make install       programs, library, headers, protocol, policy data (DESTDIR, prefix, sysconfdir)
install: deps
	@$(MAKE) --no-print-directory programs
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/lib/pkgconfig $(DESTDIR)$(prefix)/include/songhua \
	  $(DESTDIR)$(prefix)/share/songhua/proto $(DESTDIR)$(prefix)/share/songhua/framework \
	  $(DESTDIR)$(prefix)/share/songhua/prefectures
	install -m 755 $(PROGRAMS:%=$(BUILD)/%) $(DESTDIR)$(prefix)/bin
	install -m 644 $(SONGHUA) $(DESTDIR)$(prefix)/lib
	for h in proto/base/*.h proto/event/*.h proto/wire/*.h proto/net/identity.h proto/client/*.h; do \
	  install -D -m 644 $$h $(DESTDIR)$(prefix)/include/songhua/$$h; done
	for p in $(PROTOS); do \
	  install -D -m 644 $(GENERATED)/$$p.pb-c.h $(DESTDIR)$(prefix)/include/songhua/$$p.pb-c.h; done
	install -m 644 $(PROTOS:%=%.proto) proto/README.md $(DESTDIR)$(prefix)/share/songhua/proto
	install -m 644 deploy/framework/*.yaml $(DESTDIR)$(prefix)/share/songhua/framework
	install -m 644 deploy/prefectures/*.yaml $(DESTDIR)$(prefix)/share/songhua/prefectures
	install -d $(DESTDIR)$(prefix)/lib/systemd/system $(DESTDIR)$(prefix)/lib/sysusers.d
	install -m 644 deploy/systemd/songhua.sysusers.conf $(DESTDIR)$(prefix)/lib/sysusers.d/songhua.conf
	for unit in $(UNITS); do sed 's|/usr/bin/songhua|$(prefix)/bin/songhua|' $$unit \
	  > $(DESTDIR)$(prefix)/lib/systemd/system/$${unit##*/}; done
	printf '%s\n' 'prefix=$(prefix)' 'Name: songhua' 'Description: Durable event log client' \
	  'Version: $(VERSION)' 'Requires: libzmq libczmq libprotobuf-c lmdb libsodium libxxhash libzstd yaml-0.1' \
	  'Libs: -L$${prefix}/lib -lsonghua -lcsv -lpthread -lm' 'Cflags: -I$${prefix}/include/songhua' \
	  > $(DESTDIR)$(prefix)/lib/pkgconfig/songhua.pc
uninstall:
	rm -f $(PROGRAMS:%=$(DESTDIR)$(prefix)/bin/%) $(DESTDIR)$(prefix)/lib/libsonghua.a \
	  $(DESTDIR)$(prefix)/lib/pkgconfig/songhua.pc $(DESTDIR)$(prefix)/lib/sysusers.d/songhua.conf \
	  $(UNITS:deploy/systemd/%=$(DESTDIR)$(prefix)/lib/systemd/system/%)
	rm -rf $(DESTDIR)$(prefix)/include/songhua $(DESTDIR)$(prefix)/share/songhua

## make clean         remove build/
clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
