# ark: build, test, install. `make help` lists the targets.
#
# Nothing is listed here by hand: a service is a folder below services/ with a main.c, a unit test is a file
# tests/unit/<part>/test_*.c, a fuzz target is tests/fuzz/fuzz_*.c. Objects go to build/<variant>/, so several compilers and
# sanitizers live side by side.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VERSION  := $(shell cat VERSION)
PREFIX   ?= /usr/local
DESTDIR  ?=
SANITIZE ?=
WERROR   ?=
DEBUG    ?=
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := $(if $(findstring clang,$(CC)),clang++,g++)
endif

comma := ,
variant := $(notdir $(lastword $(CC)))$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(DEBUG),-debug)
B := build/$(variant)

# ---- flags

packages := hiredis libcurl libevent libevent_openssl openssl yaml-0.1 re2
# Headers of libraries are system headers: their warnings are not ours.
pkg_cflags = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(packages)))
pkg_libs   = $(shell pkg-config --libs $(packages))

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla -Wformat=2 -Wundef -Wwrite-strings \
	-Wcast-qual -Wpointer-arith -Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough $(if $(WERROR),-Werror)
warnings_c := -Wstrict-prototypes -Wmissing-prototypes
optimize := $(if $(DEBUG),-Og,-O2)
harden := $(if $(SANITIZE)$(DEBUG),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
sanitize := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)

cppflags := -D_GNU_SOURCE -DARK_VERSION='"$(VERSION)"' -I. -Icommon -Iservices -I$(B)/generated
cflags   := -std=c11 -g $(optimize) $(warnings) $(warnings_c) $(harden) $(sanitize)
cxxflags := -std=c++17 -g $(optimize) $(warnings) $(harden) $(sanitize) -fno-rtti
ldflags  := -pie -Wl,-z,relro,-z,now $(sanitize)

# ---- what there is

services  := $(patsubst services/%/main.c,%,$(wildcard services/*/main.c))
program    = $(if $(filter cli,$(1)),ark,ark-$(1))
programs  := $(foreach s,$(services),$(B)/bin/$(call program,$(s)))

lib_c     := $(wildcard common/*/*.c proto/*.c)
lib_cc    := $(wildcard common/*/*.cc)
lib_o     := $(lib_c:%.c=$(B)/%.o) $(lib_cc:%.cc=$(B)/%.o) $(B)/generated/library_lua.o
libark    := $(B)/libark.a

unit_c    := $(wildcard tests/unit/*/test_*.c)
units     := $(unit_c:%.c=$(B)/%)
fuzz_c    := $(wildcard tests/fuzz/fuzz_*.c)
fuzzers   := $(fuzz_c:%.c=$(B)/%)
tools_c   := $(wildcard tests/tools/*.c tests/load/*.c)
tools     := $(tools_c:%.c=$(B)/%)
bench_c   := $(wildcard tests/bench/*.c)
benches   := $(bench_c:%.c=$(B)/%)

.PHONY: all check test test-kube test-unit test-python bench load fuzz lint docs format install uninstall run help clean deps
all: $(programs)

# ---- stamps: changed flags rebuild; missing packages are named before the first compile

$(B)/flags: FORCE
	@mkdir -p $(B)
	@printf '%s\n' '$(CC) $(CXX) $(cppflags) $(cflags) $(cxxflags) $(ldflags)' | cmp -s - $@ || \
		printf '%s\n' '$(CC) $(CXX) $(cppflags) $(cflags) $(cxxflags) $(ldflags)' > $@
$(B)/packages: tests/packages.sh
	@mkdir -p $(B)
	@tests/packages.sh build
	@touch $@
.PHONY: FORCE
FORCE:

# ---- compiling: a word and a name for each step; V=1 shows the commands

say = $(if $(V),,@echo '  $(1)' '$(2)';)

# The function library is a text that the programs carry.
$(B)/generated/library_lua.c: common/stream/library.lua $(B)/flags
	@mkdir -p $(@D)
	@{ echo '#include "stream/library.h"'; echo 'const char library_lua[] ='; \
	   sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $<; echo ';'; } > $@
$(B)/generated/%.o: $(B)/generated/%.c $(B)/flags
	$(call say,CC ,$<)$(CC) $(cppflags) $(filter-out -Wpedantic -Wextra,$(cflags)) -c -o $@ $<

$(B)/%.o: %.c $(B)/flags | $(B)/packages
	@mkdir -p $(@D)
	$(call say,CC ,$<)$(CC) $(cppflags) $(pkg_cflags) $(cflags) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/%.o: %.cc $(B)/flags | $(B)/packages
	@mkdir -p $(@D)
	$(call say,CXX,$<)$(CXX) $(cppflags) $(pkg_cflags) $(cxxflags) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(libark): $(lib_o)
	@rm -f $@
	$(call say,AR ,$@)ar qcsD $@ $^

# Each service: its files but main.c are an archive, so that tests link only what they test.
define service_rules
$(B)/lib$(1).a: $(patsubst %.c,$(B)/%.o,$(filter-out services/$(1)/main.c,$(wildcard services/$(1)/*.c)))
	@rm -f $$@
	$$(call say,AR ,$$@)ar qcsD $$@ $$^
$(B)/bin/$(call program,$(1)): $(B)/services/$(1)/main.o $(B)/lib$(1).a $(libark)
	@mkdir -p $$(@D)
	$$(call say,LD ,$$@)$(CXX) $(ldflags) $(LDFLAGS) -o $$@ $$^ $$(pkg_libs) -lm
endef
service_folders := $(filter-out $(wildcard services/*.*),$(wildcard services/*))
$(foreach s,$(notdir $(service_folders)),$(eval $(call service_rules,$(s))))

# A test in tests/unit/<part>/ may use libark and, when <part> is a service, that service.
.SECONDEXPANSION:
$(B)/tests/unit/%: $(B)/tests/unit/%.o $$(if $$(wildcard services/$$(*D)),$(B)/lib$$(*D).a) $(libark)
	$(call say,LD ,$@)$(CXX) $(ldflags) -o $@ $^ $(pkg_libs) -lcmocka -lm
fuzz_needs = $(addprefix $(B)/lib,$(addsuffix .a,$(shell sed -n 's,^// needs: ,,p' tests/fuzz/$(1).c)))
# A fuzz target names the services that it needs in a line "// needs: runner".
$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $$(if $$(findstring fuzzer,$(SANITIZE)),,$(B)/tests/fuzz/replay.o) \
	$$(call fuzz_needs,$$*) $(libark)
	$(call say,LD ,$@)$(CXX) $(ldflags) $(if $(findstring fuzzer,$(SANITIZE)),-fsanitize=fuzzer) -o $@ $^ $(pkg_libs) -lm
$(B)/tests/replay/histories: $(patsubst %.c,$(B)/%.o,$(wildcard tests/replay/*.c)) $(B)/librunner.a $(libark)
	$(call say,LD ,$@)$(CXX) $(ldflags) -o $@ $^ $(pkg_libs) -lm
$(tools): $(B)/%: $(B)/%.o $(libark)
	$(call say,LD ,$@)$(CXX) $(ldflags) -o $@ $^ $(pkg_libs) -lm
$(B)/tests/bench/%: $(B)/tests/bench/%.o $(libark)
	$(call say,LD ,$@)$(CXX) $(ldflags) -o $@ $^ $(pkg_libs) -lm

# ---- what people type

help:
	@echo 'make            build all programs into $(B)/bin'
	@echo 'make run        set up, build, start the suite and run an example team through the gateway'
	@echo 'make check      unit tests, fuzz corpora, simulated histories (under a minute)'
	@echo 'make test       everything: check, component, system, chaos, Kubernetes and Docker tests'
	@echo 'make test-chaos the suite under kill -9, with Redis killed, stopped, full, cut off: the long version'
	@echo 'make test-kube  against a real kube-apiserver and etcd, built once with go when they are not there'
	@echo 'make images     one Docker image per program, and Redis: docs/compose.md'
	@echo 'make test-docker  the images and docker-compose.yml on this machine'"'"'s Docker engine'
	@echo 'make bench      figures, one JSON line each; FIGURE=x runs one'
	@echo 'make load       a scenario that presses on the whole suite; SCENARIO=burst, overload, streams, idle_streams'
	@echo 'make fuzz       each fuzz target under clang for FUZZ_SECONDS (60)'
	@echo 'make lint       the rules of the code that a compiler does not know'
	@echo 'make docs       write docs/ and deploy/crds from the tables of the programs'
	@echo 'make install    DESTDIR= PREFIX=$(PREFIX)'
	@echo 'knobs           CC=clang SANITIZE=address,undefined WERROR=1 DEBUG=1'

deps:
	@tests/packages.sh test

run:
	@tests/packages.sh build
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	@tests/run_demo.sh "$(B)/bin"

check: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all units
	@tests/check.sh "$(B)"

test: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all units tools
	@tests/test.sh "$(B)"

.PHONY: images test-docker
images:
	@docker/images.sh

test-docker: deps
	@ARK_DOCKER=required /usr/bin/python3 -m pytest -q -rfEs -p no:cacheprovider tests/docker

CHAOS_RUNS ?= 2000
test-chaos: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all tools
	@ARK_BUILD="$(B)" ARK_CHAOS_RUNS=$(CHAOS_RUNS) /usr/bin/python3 -m pytest -q -rfEs -s -p no:cacheprovider tests/chaos

# Fails where the control plane cannot be had; `make test` leaves these tests out then, and says so.
test-kube: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all tools
	@/usr/bin/python3 tests/kube/programs.py > /dev/null
	@ARK_BUILD="$(B)" /usr/bin/python3 -m pytest -q -rfEs -p no:cacheprovider tests/kube

.PHONY: test-chaos units fuzzers tools benches
units: $(units) $(fuzzers) $(B)/tests/replay/histories
fuzzers: $(fuzzers)
tools: $(tools)
benches: $(benches)

bench: all benches
	@tests/bench/run "$(B)" $(FIGURE)

SCENARIO ?= burst
load: all tools
	@tests/load/run "$(B)" $(SCENARIO)

FUZZ_SECONDS ?= 60
fuzz:
	@$(MAKE) --no-print-directory -j"$$(nproc)" CC=clang SANITIZE=fuzzer-no-link,address,undefined fuzzers
	@tests/fuzz/run build/clang-fuzzer-no-link-address-undefined $(FUZZ_SECONDS)

lint: $(B)/tests/tools/crds
	@tests/lint.sh $<

docs: all $(B)/tests/tools/messages_reference $(B)/tests/tools/crds
	@mkdir -p docs deploy/crds
	@tests/settings_page.sh $(B)/bin > docs/settings.md
	@$(B)/tests/tools/messages_reference > docs/messages.md
	@$(B)/tests/tools/crds deploy/crds

format:
	clang-format -i $(wildcard common/*/*.[ch] services/*/*.[ch] proto/*.[ch] tests/*/*.[ch] tests/unit/*/*.[ch])

install: all
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 $(programs) '$(DESTDIR)$(PREFIX)/bin'
uninstall:
	rm -f $(foreach s,$(services),'$(DESTDIR)$(PREFIX)/bin/$(call program,$(s))')

compile_commands.json: $(B)/flags
	@tests/compile_commands.sh '$(CC) $(cppflags) $(pkg_cflags) $(cflags)' $(lib_c) $(wildcard services/*/*.c) > $@

clean:
	rm -rf build compile_commands.json

.PRECIOUS: $(B)/%.o $(B)/tests/%.o
-include $(shell find $(B) -name '*.d' 2>/dev/null)
