# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Builds everything below .out/: make [all], check, model, bench, demo, install, uninstall, clean, format, tidy, check-vm.
# V=1 shows commands.

OUT ?= .out
PREFIX ?= /usr/local
ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
# bpftool and the network tools live in sbin, which users' paths often lack.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

PACKAGES := libbpf libxdp libelf zlib libmnl libconfuse json-c

# Expanded on first use, not while the file is read: install-deps may have to bring pkg-config first.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PACKAGES)))$(PKG_LIBS)
HTTP_LIBS = $(eval HTTP_LIBS := $$(shell pkg-config --libs libmicrohttpd))$(HTTP_LIBS)
TEST_LIBS = $(eval TEST_LIBS := $$(shell pkg-config --libs cmocka libpcap))$(TEST_LIBS)
# The compiler's, when it crosses; not every clang knows its own.
MULTIARCH = $(eval MULTIARCH := $$(shell $(CC) -print-multiarch 2>/dev/null || gcc -print-multiarch 2>/dev/null))$(MULTIARCH)

CFLAGS ?= -O2 -g
# WERROR=0: with a compiler that warns of more than those we know, a warning is no error.
WARN := -Wall -Wextra $(if $(filter 0,$(WERROR)),,-Werror)
# Two directories give the same bytes.
SAME := -ffile-prefix-map=$(CURDIR)=.
ALL_CFLAGS = -std=gnu11 $(WARN) -Wmissing-prototypes -Wshadow -D_GNU_SOURCE -pthread $(SAME) \
	-Iinclude -Iuser -I$(OUT) $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pthread -Wl,--as-needed $(LDFLAGS)
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v3 $(WARN) -Wno-unused-parameter $(SAME) \
	-Iinclude -Ibpf -idirafter /usr/include/$(MULTIARCH)

# The rooms of user/, from the top, and what each may call. None calls one above it: the linker proves that below,
# and scripts/check.sh the table.
ROOMS := exporter cli daemon convert status addr programs kern config net control core base
calls_exporter := status base
calls_cli := daemon convert status addr kern config net control core base
calls_daemon := addr programs kern config net control core base
calls_convert := config base
calls_status := addr kern control core base
calls_addr := kern net core base
calls_programs := config core base
calls_kern := net core base
calls_config := core base
calls_net := core base
calls_control := base
calls_core := base
calls_base :=

USER_SRC := $(wildcard $(ROOMS:%=user/%/*.c))
BPF_SRC := $(wildcard bpf/*.bpf.c)
# No clock, no I/O, no memory of its own: the core, and a rule wherever one stands.
PURE_SRC := $(wildcard user/core/*.c user/*/*_rule.c)
UNIT_SRC := $(wildcard selftests/unit/*.c)
BPFTEST_SRC := $(filter-out %.bpf.c,$(wildcard selftests/bpf/*.c))
TOOL_SRC := $(filter-out %.bpf.c,$(wildcard selftests/tools/*.c))
SIM_SRC := $(wildcard selftests/sim/*.c)
FUZZ_SRC := $(wildcard selftests/fuzz/*.c)
TOOL_COMMON := $(wildcard selftests/tools/common*.c)
BENCH_SRC := $(filter-out %.bpf.c,$(wildcard selftests/bench/*.c))
BENCH_COMMON := $(wildcard selftests/bench/common*.c)
TEST_BPF_SRC := $(wildcard selftests/bpf/*.bpf.c selftests/tools/*.bpf.c selftests/bench/*.bpf.c)

USER_OBJ := $(USER_SRC:%.c=$(OUT)/%.o)
UNIT_OBJ := $(UNIT_SRC:%.c=$(OUT)/%.o)
BPFTEST_OBJ := $(BPFTEST_SRC:%.c=$(OUT)/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$(OUT)/%.o)
BENCH_OBJ := $(BENCH_SRC:%.c=$(OUT)/%.o)
SIM_OBJ := $(SIM_SRC:%.c=$(OUT)/%.o)
SKELS := $(BPF_SRC:bpf/%.bpf.c=$(OUT)/%.skel.h)
TEST_SKELS := $(patsubst %.bpf.c,$(OUT)/%.skel.h,$(notdir $(TEST_BPF_SRC)))

CTL := $(OUT)/ip-takeover-ctl
# The exporter is a program of its own.
EXPORTER := $(OUT)/ip-takeover-exporter
ROOM_LIBS := $(patsubst %,$(OUT)/lib%.a,$(filter-out exporter,$(ROOMS)))
ROOM_PROOFS := $(ROOMS:%=$(OUT)/rooms/%)
SIM := $(OUT)/sim/sim
UNIT_TESTS := $(patsubst %.c,$(OUT)/%,$(filter selftests/unit/test_%,$(UNIT_SRC)))
BPF_TESTS := $(patsubst %.c,$(OUT)/%,$(filter selftests/bpf/test_%,$(BPFTEST_SRC)))
TOOLS := $(patsubst selftests/tools/%.c,$(OUT)/tools/%,$(filter-out $(TOOL_COMMON),$(TOOL_SRC)))
BENCH_TOOLS := $(patsubst selftests/bench/%.c,$(OUT)/bench/%,$(filter-out $(BENCH_COMMON),$(BENCH_SRC)))
FUZZERS := $(patsubst selftests/fuzz/fuzz_%.c,$(OUT)/fuzz/%,$(filter selftests/fuzz/fuzz_%,$(FUZZ_SRC)))
FORMATTED := $(wildcard include/*.h bpf/*.[ch] user/*/*.[ch] selftests/*/*.[ch])

MAN8 := $(wildcard user/man/*.8)
MAN5 := $(wildcard user/man/*.5)
MAN7 := $(wildcard user/man/*.7)
UNITS := $(notdir $(wildcard user/systemd/ip-takeover*))
SYSUSERS_DIR = $(DESTDIR)$(PREFIX)/lib/sysusers.d
UNIT_DIR = $(DESTDIR)$(PREFIX)/lib/systemd/system

ifeq ($(V),1)
Q :=
say := @:
else
Q := @
say = @printf '  %-8s %s\n'
endif

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all tests check soak check-vm demo install uninstall clean format bench

all: $(SKELS) $(CTL) $(EXPORTER) $(ROOM_PROOFS)

tests: $(CTL) $(EXPORTER) $(TEST_SKELS) $(UNIT_TESTS) $(BPF_TESTS) $(TOOLS) $(BENCH_TOOLS) $(SIM)

# The test runner makes `tests` itself, so that a file that does not compile is one failed test, not an abort.
check: $(OUT)/deps-check
	$(Q)V='$(V)' OUT='$(OUT)' MAKE='$(MAKE)' selftests/run.sh '$(T)'

# On a stock Debian kernel in QEMU, where libxdp can chain programs: downloads a kernel, takes many minutes.
# KERNEL=linux-image-6.12-amd64 takes another one.
$(OUT)/deps-vm: | $(OUT)/deps-check
check-vm: $(OUT)/deps-vm tests
	$(Q)OUT='$(OUT)' scripts/vm.sh --kernel '$(or $(KERNEL),linux-image-amd64)' --with xdp-tools \
		selftests/vm/run.sh '$(T)'

# Faults of hosts, daemons and networks, each judged from captured frames, and a table of them. T=NUMBER runs one;
# FAMILY=6: of an IPv6 address. STARTS=, STORM=, LOSS_SECONDS=, HANDOVERS=, MINUTES= make them longer, SEED= draws other faults.
export FAMILY STARTS STORM LOSS_SECONDS HANDOVERS MINUTES SEED
.PHONY: faults
faults: $(OUT)/deps-check tests
	$(Q)V='$(V)' OUT='$(OUT)' selftests/faults/run.sh '$(T)'

# Against keepalived, ucarp and the machine's limits, each part in namespaces of its own; the report is
# selftests/bench/out/report.md. bench-PART runs one part; ROUNDS=, SECONDS= and SECONDS_LOADED= make it shorter:
# `make bench ROUNDS=2` only shows that it works. (SECONDS is bash's own name, hence the other one.)
bench_run = $(Q)OUT='$(OUT)' ROUNDS='$(ROUNDS)' BENCH_SECONDS='$(SECONDS)' selftests/bench/run.sh
$(OUT)/deps-bench: | $(OUT)/deps-check
bench: $(OUT)/deps-bench $(CTL) $(TOOLS) $(BENCH_TOOLS)
	$(bench_run)
bench-%: $(OUT)/deps-bench $(CTL) $(TOOLS) $(BENCH_TOOLS)
	$(bench_run) $*

# Every state of the ownership protocol, and every mutant of it: selftests/model.
.PHONY: model
model: $(OUT)/deps-check
	$(Q)selftests/model/check.sh all '$(T)'

# Each of selftests/fuzz/fuzz_*.c for SECONDS= seconds, as many at a time as there are processors; T=NAME runs one.
.PHONY: fuzz fuzzers
fuzzers: $(FUZZERS)
fuzz: $(OUT)/deps-check fuzzers
	$(Q)OUT='$(OUT)' selftests/fuzz/run.sh '$(or $(SECONDS),60)' '$(T)'

demo: $(OUT)/deps-check $(CTL) $(TOOLS)
	$(Q)OUT='$(OUT)' scripts/demo.sh

# --- dependencies -----------------------------------------------------------

# A build installs nothing: it names what is missing, and how to get it. These goals bring it, and then come first.
INSTALLING := check check-vm demo faults fuzz model bench bench-% format mutants-code
$(OUT)/look-%: scripts/install-deps.sh | $(if $(filter $(INSTALLING),$(MAKECMDGOALS)),$(OUT)/deps-check)
	$(Q)mkdir -p $(@D)
	$(Q)OUT='$(OUT)' scripts/install-deps.sh --look $*
	$(Q)touch $@

$(OUT)/deps-%: scripts/install-deps.sh
	$(Q)mkdir -p $(@D)
	$(Q)OUT='$(OUT)' scripts/install-deps.sh $*
	$(Q)touch $@

# Objects made with other flags are made again.
FLAGS_NOW := $(CC)|$(CPPFLAGS)|$(CFLAGS)|$(LDFLAGS)|$(CLANG)|$(WARN)
$(OUT)/flags: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '$(FLAGS_NOW)' | cmp -s - $@ || printf '%s\n' '$(FLAGS_NOW)' >$@

.PHONY: FORCE
FORCE:

# What --version says: its object alone is made again when that changes.
VERSION_NOW := $(shell scripts/version.sh)
COMMIT_NOW := $(shell scripts/version.sh commit)
$(OUT)/version: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s %s\n' '$(VERSION_NOW)' '$(COMMIT_NOW)' | cmp -s - $@ || printf '%s %s\n' '$(VERSION_NOW)' '$(COMMIT_NOW)' >$@
$(OUT)/user/base/version.o: $(OUT)/version
$(OUT)/user/base/version.o: private ALL_CFLAGS += -DVERSION='"$(VERSION_NOW)"' -DCOMMIT='"$(COMMIT_NOW)"'

# --- BPF objects and their skeletons ----------------------------------------

define compile_bpf
	$(say) BPF '$(@F)'
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $@.d -MT $@ -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@
endef

$(OUT)/%.bpf.o: bpf/%.bpf.c $(OUT)/flags | $(OUT)/look-build
	$(compile_bpf)

$(OUT)/%.bpf.o: selftests/bpf/%.bpf.c $(OUT)/flags | $(OUT)/look-build
	$(compile_bpf)

$(OUT)/%.bpf.o: selftests/tools/%.bpf.c $(OUT)/flags | $(OUT)/look-build
	$(compile_bpf)

$(OUT)/%.bpf.o: selftests/bench/%.bpf.c $(OUT)/flags | $(OUT)/look-build
	$(compile_bpf)

# takeover.bpf.o becomes `struct takeover_bpf` in takeover.skel.h.
$(OUT)/%.skel.h: $(OUT)/%.bpf.o
	$(say) SKEL '$(@F)'
	$(Q)bpftool gen skeleton $< 2>&1 >$@ | { grep -v 'skipping unrecognized data section' >&2 || :; }; test -s $@

# --- C objects and programs -------------------------------------------------

$(OUT)/%.o: %.c $(OUT)/flags | $(OUT)/look-build
	$(Q)mkdir -p $(@D)
	$(say) CC '$<'
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(filter $(OUT)/user/kern/%,$(USER_OBJ)): | $(SKELS)
$(BPFTEST_OBJ) $(TOOL_OBJ) $(BENCH_OBJ): | $(SKELS) $(TEST_SKELS)
$(UNIT_OBJ) $(BPFTEST_OBJ) $(TOOL_OBJ) $(BENCH_OBJ): | $(OUT)/look-unit
$(BENCH_OBJ): ALL_CFLAGS += -Iselftests/tools

above_and_self = $(if $(filter $(1),$(firstword $(2))),$(1),$(firstword $(2)) $(call above_and_self,$(1),$(wordlist 2,99,$(2))))
below = $(patsubst %,$(OUT)/lib%.a,$(filter-out $(call above_and_self,$(1),$(ROOMS)),$(ROOMS)))

define room_rules
$(OUT)/lib$(1).a: $(patsubst %.c,$(OUT)/%.o,$(wildcard user/$(1)/*.c))
	$$(say) AR '$$(@F)'
	$$(Q)rm -f $$@ && ar rcs $$@ $$^

# The whole room with those below it, and no others: what it calls above itself is undefined here.
$(OUT)/rooms/$(1): $(OUT)/lib$(1).a $(call below,$(1))
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -nostartfiles -Wl,-e,0 -Wl,--whole-archive $$< -Wl,--no-whole-archive \
		$(call below,$(1)) $$(PKG_LIBS) $(if $(filter exporter,$(1)),$$(HTTP_LIBS)) -o $$@ || { echo "user/$(1)/ calls a room above it" >&2; exit 1; }
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))

$(CTL): $(ROOM_LIBS)
	$(say) LINK '$(@F)'
	$(Q)$(CC) $(ALL_LDFLAGS) $(ROOM_LIBS) $(PKG_LIBS) -o $@

$(EXPORTER): $(OUT)/libexporter.a $(ROOM_LIBS)
	$(say) LINK '$(@F)'
	$(Q)$(CC) $(ALL_LDFLAGS) $< $(filter-out $(OUT)/libcli.a,$(ROOM_LIBS)) $(PKG_LIBS) $(HTTP_LIBS) -o $@

define link_test
	$(Q)mkdir -p $(@D)
	$(say) LINK '$(@F)'
	$(Q)$(CC) $(ALL_LDFLAGS) $(filter %.o,$^) $(ROOM_LIBS) $(PKG_LIBS) $(TEST_LIBS) -o $@
endef

helpers = $(filter-out $(OUT)/selftests/$(1)/test_% $(TWIN),$(2))
# Plays the simulator's model of the kernel part beside the programs: of no use without the simulator.
TWIN := $(OUT)/selftests/bpf/twin.o

$(OUT)/selftests/unit/test_%: $(OUT)/selftests/unit/test_%.o $(call helpers,unit,$(UNIT_OBJ)) $(ROOM_LIBS)
	$(link_test)
$(OUT)/selftests/bpf/test_%: $(OUT)/selftests/bpf/test_%.o $(call helpers,bpf,$(BPFTEST_OBJ)) $(ROOM_LIBS)
	$(link_test)
$(OUT)/selftests/bpf/test_simulated: $(TWIN) $(filter-out %/main.o,$(SIM_OBJ))
$(OUT)/tools/%: $(OUT)/selftests/tools/%.o $(TOOL_COMMON:%.c=$(OUT)/%.o) $(ROOM_LIBS)
	$(link_test)

# Programs of the benchmark; selftests/bench/common*.c are linked to each of them, like those of the test tools.
$(OUT)/bench/%: $(OUT)/selftests/bench/%.o $(BENCH_COMMON:%.c=$(OUT)/%.o) $(TOOL_COMMON:%.c=$(OUT)/%.o) $(ROOM_LIBS)
	$(link_test)

# The simulator: the daemon's own core, everything else a model.
$(SIM): $(SIM_OBJ) $(ROOM_LIBS)
	$(Q)mkdir -p $(@D)
	$(say) LINK '$(@F)'
	$(Q)$(CC) $(ALL_LDFLAGS) $(SIM_OBJ) $(ROOM_LIBS) -o $@

# The mutation gate: the simulator over a core without one of its rules, for each rule of mutations.txt. Only the files
# that the rule stands in are compiled again, from copies without it; all of the core if one of them is a header.
MUTATE := selftests/sim/mutate.awk selftests/sim/mutations.txt
MUTATIONS := $(shell awk -v list=1 -f $(MUTATE))
CORE_RULES := $(sort $(foreach mutation,$(MUTATIONS),$(firstword $(subst :, ,$(mutation)))))
MUTANTS := $(CORE_RULES:%=$(OUT)/sim/without/%/sim)
stands_in = $(patsubst $(1):%,%,$(filter $(1):%,$(MUTATIONS)))
copied = $(if $(filter %.h,$(stands_in)),$(patsubst user/%,%,$(wildcard user/core/*.[ch])),$(stands_in))
copies = $(addprefix $(OUT)/sim/without/$(1)/,$(copied))
mutated = $(patsubst %.c,%.o,$(filter %.c,$(copies)))

# What only the rule has used is no error in its mutant.
define mutant_rules
$(copies): $(OUT)/sim/without/$(1)/%: user/% $(MUTATE)
	$$(Q)mkdir -p $$(@D)
	$$(Q)awk -v rule=$(1) -v file=$$* -f $(MUTATE) $$< >$$@

$(mutated): %.o: %.c $(filter %.h,$(copies)) $(OUT)/flags
	$$(Q)$$(CC) -I$(OUT)/sim/without/$(1) -iquote user/core $$(ALL_CFLAGS) -Wno-unused -Wno-unused-parameter -MMD -MP -c $$< -o $$@

$(OUT)/sim/without/$(1)/sim: $(SIM_OBJ) $(mutated) $(ROOM_LIBS)
	$$(say) MUTANT '$(1)'
	$$(Q)$$(CC) $$(ALL_LDFLAGS) $$(filter %.o,$$^) $(ROOM_LIBS) -o $$@
endef
$(foreach rule,$(CORE_RULES),$(eval $(call mutant_rules,$(rule))))
.PHONY: mutants mutants-build sim-figures
mutants-build: $(SIM) $(MUTANTS)
mutants: mutants-build
	$(Q)OUT='$(OUT)' selftests/sim/mutants.sh $(SEEDS)

# Operator mutants of include/, bpf/ and user/ against the quick tests, each in a copy of its own; needs root. N= so many,
# SEED= others, FILES=REGEX ("!REGEX": all others) only of some files, LIST=FILE those of a file: selftests/mutants.
.PHONY: mutants-code
mutants-code: $(OUT)/deps-check
	$(Q)OUT='$(OUT)' MAKE='$(MAKE)' N='$(N)' SEED='$(SEED)' FILES='$(FILES)' LIST='$(LIST)' nice selftests/mutants/run.sh

# The shape of the tree: files per room, limits, sizes.
.PHONY: figures
figures: all
	$(Q)scripts/figures.sh --build

# Takeover times and what loss costs, simulated: the figures of selftests/README.md.
sim-figures: $(SIM)
	$(Q)$(SIM) --measure

# As many seeds as you like, in every mode (MODES="pair witness" for some): a table, and the first failure shrunk.
soak: $(SIM)
	$(Q)for mode in $(or $(MODES),pair quorum3 quorum5 witness); do \
		nice $(SIM) --mode $$mode --seeds '$(or $(SEEDS),1-10000)' --jobs "$$(nproc)" || exit 1; done

# --- fuzz targets: everything they call, with sanitizers ------------------------

FUZZED_SRC := $(PURE_SRC) $(wildcard user/convert/*.c user/config/*.c user/control/*.c) \
	$(filter-out user/base/version.c,$(wildcard user/base/*.c)) \
	$(filter-out selftests/sim/main.c,$(SIM_SRC)) $(filter-out selftests/fuzz/fuzz_%,$(FUZZ_SRC))
FUZZ_FLAGS := -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

$(OUT)/fuzz/%.o: %.c $(OUT)/flags | $(OUT)/look-unit $(SKELS)
	$(Q)mkdir -p $(@D)
	$(say) FUZZ '$<'
	$(Q)$(CLANG) $(ALL_CFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -Iselftests/sim -MMD -MP -c $< -o $@

$(OUT)/fuzz/fuzzed.a: $(FUZZED_SRC:%.c=$(OUT)/fuzz/%.o)
	$(say) AR '$(@F)'
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/fuzz/%: $(OUT)/fuzz/selftests/fuzz/fuzz_%.o $(OUT)/fuzz/fuzzed.a
	$(say) LINK 'fuzz/$(@F)'
	$(Q)$(CLANG) $(ALL_LDFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer $^ $(PKG_LIBS) -o $@

# --- the rest ---------------------------------------------------------------

install: all
	$(say) INSTALL '$(DESTDIR)$(PREFIX)'
	$(Q)install -d '$(DESTDIR)$(PREFIX)/sbin'
	$(Q)install -m 0755 $(CTL) $(EXPORTER) '$(DESTDIR)$(PREFIX)/sbin/'
	$(Q)set -e; for page in $(MAN8) $(MAN5) $(MAN7); do \
		dir='$(DESTDIR)$(PREFIX)/share/man/man'$${page##*.}; \
		install -d "$$dir"; sed 's|@PREFIX@|$(PREFIX)|' $$page >"$$dir/$${page##*/}"; \
		chmod 0644 "$$dir/$${page##*/}"; done
	$(Q)install -d '$(UNIT_DIR)'
	$(Q)set -e; for unit in $(UNITS); do sed 's|@PREFIX@|$(PREFIX)|' "user/systemd/$$unit" >'$(UNIT_DIR)'/"$$unit"; done
	$(Q)sed -f user/systemd/instance.sed '$(UNIT_DIR)/ip-takeover.service' >'$(UNIT_DIR)/ip-takeover@.service'
	$(Q)install -d '$(DESTDIR)$(PREFIX)/share/ip-takeover'
	$(Q)install -d '$(SYSUSERS_DIR)'
	$(Q)install -m 0644 user/systemd/sysusers.conf '$(SYSUSERS_DIR)/ip-takeover.conf'
	$(Q)install -m 0644 user/monitoring/*.yml user/monitoring/*.json '$(DESTDIR)$(PREFIX)/share/ip-takeover/'
	$(Q)install -m 0755 user/monitoring/*.sh '$(DESTDIR)$(PREFIX)/share/ip-takeover/'
	$(Q)cd '$(UNIT_DIR)' && chmod 0644 $(UNITS) ip-takeover@.service

uninstall:
	$(say) REMOVE '$(DESTDIR)$(PREFIX)'
	$(Q)rm -f '$(DESTDIR)$(PREFIX)/sbin/ip-takeover-ctl' '$(DESTDIR)$(PREFIX)/sbin/ip-takeover-exporter' \
		'$(SYSUSERS_DIR)/ip-takeover.conf' \
		$(patsubst user/monitoring/%,'$(DESTDIR)$(PREFIX)/share/ip-takeover/%',$(wildcard user/monitoring/*)) \
		$(UNITS:%='$(UNIT_DIR)/%') '$(UNIT_DIR)/ip-takeover@.service' \
		$(foreach p,$(notdir $(MAN8)),'$(DESTDIR)$(PREFIX)/share/man/man8/$(p)') \
		$(foreach p,$(notdir $(MAN5)),'$(DESTDIR)$(PREFIX)/share/man/man5/$(p)') \
		$(foreach p,$(notdir $(MAN7)),'$(DESTDIR)$(PREFIX)/share/man/man7/$(p)')
	$(Q)rmdir '$(DESTDIR)$(PREFIX)/share/ip-takeover' 2>/dev/null || :

clean:
	$(say) CLEAN '$(OUT)'
	$(Q)rm -rf '$(OUT)'

# The unit programs, as any user, with nothing but what they need.
.PHONY: unit deb
unit: $(UNIT_TESTS)
	$(Q)set -e; for program in $(UNIT_TESTS); do $$program; done

# Debian packages into $(OUT)/deb, as any user: scripts/debian. DEB_VERSION= another one than the changelog's, for tests.
deb: $(OUT)/look-deb
	$(say) DEB '$(or $(DEB_VERSION),$(VERSION_NOW))'
	$(Q)OUT='$(OUT)' scripts/deb.sh $(DEB_VERSION)

# For editors: what every object is compiled with; names and where they are defined.
.PHONY: compile_commands.json tags tidy hooks
compile_commands.json: $(SKELS)
	$(Q)$(MAKE) -nBs V=1 OUT='$(OUT)' $(USER_OBJ) $(SIM_OBJ) $(UNIT_OBJ) | scripts/compile-commands.sh >$(OUT)/$@
	$(say) WROTE '$(OUT)/$@'
# The checks of .clang-tidy over user/, bpf/ and their headers: minutes.
TIDY = $(CLANG_TIDY) --quiet --header-filter='^($(CURDIR)/)?(bpf|include|user)/'
tidy: compile_commands.json
	$(Q)command -v $(CLANG_TIDY) >/dev/null || { echo "$(CLANG_TIDY) is not here: package clang-tidy" >&2; exit 1; }
	$(say) TIDY '$(words $(USER_SRC) $(BPF_SRC)) files'
	$(Q)printf '%s\n' $(USER_SRC) | xargs -P "$$(nproc)" -n 8 $(TIDY) -p $(OUT) 2>$(OUT)/tidy.err
	$(Q)$(TIDY) $(BPF_SRC) -- $(BPF_CFLAGS) 2>>$(OUT)/tidy.err
tags:
	$(Q)ctags -f $(OUT)/tags --languages=C --langmap=C:.c.h -R include bpf user selftests
	$(say) WROTE '$(OUT)/tags'
# Offered, not forced: before each commit the checks that take seconds.
hooks:
	$(Q)install -m 0755 scripts/pre-commit.sh "$$(git rev-parse --git-path hooks)/pre-commit"

format: | $(OUT)/deps-check
	$(say) FORMAT '$(words $(FORMATTED)) files'
	$(Q)$(CLANG_FORMAT) -i $(FORMATTED)

-include $(wildcard $(OUT)/*.d $(OUT)/user/*/*.d $(OUT)/selftests/*/*.d $(OUT)/sim/without/*/*/*.d \
	$(OUT)/fuzz/*/*.d $(OUT)/fuzz/*/*/*.d)
