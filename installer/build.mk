# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the C inside the SDK root: make -f installer/build.mk [CC=gcc|clang] [SAN=1] [DEVELOPER=1]
# Non-recursive, no wildcards for what ships; objects per variant under $(O)/obj.
MAKEFLAGS += -rR --warn-undefined-variables
.DELETE_ON_ERROR:
.SUFFIXES:
O ?= build
SAN ?=
DEVELOPER ?=
V ?=
ifeq ($(origin CC),default)
CC := gcc
endif
CC ?= gcc
Q := $(if $(V),,@)
variant := $(CC)$(if $(SAN),-san)
obj := $(O)/obj/$(variant)

include installer/sources.mk
layers := base data model sys observe plan guide ops engine proto admin agent ui

warnings := -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wundef -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wimplicit-fallthrough \
	-Wswitch-enum
ifeq ($(CC),gcc)
warnings += -Wlogical-op -Wduplicated-cond
endif
harden := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
	-ftrivial-auto-var-init=zero -fPIE
san := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
cflags := -std=gnu17 -D_GNU_SOURCE -Iinstaller -g -MMD -MP $(warnings) $(if $(DEVELOPER),-Werror) \
	-ffile-prefix-map=/src=. $(if $(SAN),-O1 $(san),-O2 $(harden))
ldflags := $(if $(SAN),$(san),-pie -Wl,-z,relro,-z,now)

pc = $(shell pkg-config --libs $(1))
libs := $(call pc,libparted blkid yaml-0.1 yyjson libsodium libzstd libcurl)
libs_admin := $(call pc,libmicrohttpd sqlite3)
libs_ui := $(call pc,libnewt)
# A TLS server to test against; comes with libcurl's.
libs_test := $(call pc,libssl libcrypto)

lib = $(obj)/lib$(1).a
objects = $(patsubst %.c,$(obj)/%.o,$($(1)_SRC))
# Highest layer first, as the linker wants it.
below_engine := $(foreach l,engine ops guide plan observe sys model data base,$(call lib,$(l)))
below_admin := $(foreach l,admin proto plan observe sys model data base,$(call lib,$(l)))
below_agent := $(foreach l,agent proto engine ops plan observe sys model data base,$(call lib,$(l)))
below_plan := $(foreach l,guide plan model data base,$(call lib,$(l)))

programs := fulcrum-install fulcrumd fulcrum-agent fulcrum-hwtest fulcrum-node fulcrum fulcrum-verify fulcrum-image
bin := $(if $(SAN),$(obj)/bin,$(if $(filter gcc,$(CC)),$(O)/bin,$(obj)/bin))

.PHONY: programs tests tools
programs: $(addprefix $(bin)/,$(programs))
tools: $(bin)/fulcrum-image $(bin)/fulcrum-verify

# A change of flags rebuilds.
$(obj)/flags: FORCE
	@mkdir -p $(@D); echo '$(CC) $(cflags) $(ldflags)' | cmp -s - $@ || echo '$(CC) $(cflags) $(ldflags)' >$@
.PHONY: FORCE
FORCE:

$(obj)/%.o: installer/%.c $(obj)/flags
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC $<")
	$(Q)$(CC) $(cflags) -c $< -o $@

define layer_rule
$(call lib,$(1)): $(call objects,$(1))
	$(Q)rm -f $$@; ar rcsD $$@ $$^
endef
$(foreach l,$(layers),$(eval $(call layer_rule,$(l))))

link = @mkdir -p $(@D); $(if $(Q),echo "  LD $@";) $(CC) $(ldflags) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(filter %.a,$^)

$(bin)/fulcrum-install: $(call objects,install) $(call lib,ui) $(below_engine)
	$(link) $(libs) $(libs_ui)
$(bin)/fulcrum-agent: $(obj)/cmd/agent_main.o $(call lib,ui) $(below_agent)
	$(link) $(libs)
$(bin)/fulcrum-hwtest: $(obj)/cmd/hwtest_main.o $(foreach l,sys model data base,$(call lib,$(l)))
	$(link) $(call pc,yaml-0.1 yyjson libsodium)
$(bin)/fulcrumd: $(obj)/cmd/fulcrumd_main.o $(obj)/cmd/fulcrumd_network.o $(obj)/cmd/fulcrumd_update.o $(obj)/cmd/fulcrumd_state.o $(obj)/cmd/passphrase.o $(obj)/cmd/fulcrum_client.o $(call lib,ui) $(below_admin)
	$(link) $(libs_admin) $(libs)
$(bin)/fulcrum: $(obj)/cmd/fulcrum_main.o $(obj)/cmd/fulcrum_client.o $(obj)/cmd/fulcrum_inventory.o $(obj)/cmd/fulcrum_show.o $(obj)/cmd/fulcrum_batch.o $(obj)/cmd/fulcrum_report.o $(obj)/cmd/fulcrum_wipe.o $(obj)/cmd/fulcrum_hwtest.o $(call lib,ui) $(foreach l,sys model data base,$(call lib,$(l)))
	$(link) $(call pc,yaml-0.1 yyjson libsodium libcurl)
# The deployed system's agent: only what a minimal system has, besides libcurl.

$(bin)/fulcrum-node: $(obj)/cmd/node_main.o $(foreach l,agent proto observe sys model data base,$(call lib,$(l)))
	$(link) -Wl,--gc-sections -Wl,--as-needed -l:libsodium.a $(call pc,yyjson libcurl)
$(bin)/fulcrum-verify: $(obj)/cmd/verify_main.o $(call lib,base)
	@mkdir -p $(@D); echo "  LD $@"; $(CC) $(if $(SAN),$(san),-static) -o $@ $^ -lsodium
# Static, because it runs on the build machine, whatever that is.
$(bin)/fulcrum-image: $(obj)/cmd/image_main.o $(obj)/model/block_list.o $(obj)/model/site_area.o $(obj)/data/iso9660.o $(call lib,base)
	@mkdir -p $(@D); echo "  LD $@"; $(CC) $(if $(SAN),$(san),-static) -o $@ $^ -lsodium -lzstd

# Unit tests: one program each, linked with the layers that its name allows.
unit := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
plan_tests := test_plan test_planner test_select test_layout test_guide test_net
$(foreach t,$(unit),$(eval $(obj)/tests/$(t).o: tests/unit/$(t).c $(obj)/flags ; @mkdir -p $$(@D); echo "  CC $$<"; $(CC) $(cflags) -Itests -c $$< -o $$@))
$(foreach t,$(filter-out $(plan_tests),$(unit)),$(eval $(obj)/tests/$(t): $(obj)/tests/$(t).o $(call lib,ui) $(foreach l,agent admin,$(call lib,$(l))) $(below_agent) ; @$(CC) $(ldflags) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group -Wl,--as-needed $(libs_admin) $(libs_ui) $(libs_test) $(libs)))
# plan/ is linked without sys/ and observe/: reaching the world fails here, at link time.
$(foreach t,$(filter $(plan_tests),$(unit)),$(eval $(obj)/tests/$(t): $(obj)/tests/$(t).o $(below_plan) ; @$(CC) $(ldflags) -o $$@ $$^ $(call pc,yaml-0.1 yyjson libsodium)))
tests: $(addprefix $(obj)/tests/,$(unit))

# Measured by tests/bench/run; no part of the tests.
$(obj)/bench/%.o: tests/bench/%.c $(obj)/flags
	@mkdir -p $(@D); echo "  CC $<"; $(CC) $(cflags) -Itests -c $< -o $@
$(bin)/plan-time: $(obj)/bench/plan-time.o $(below_plan)
	$(link) $(call pc,yaml-0.1 yyjson libsodium)
$(bin)/daemon-load: $(obj)/bench/daemon-load.o $(foreach l,proto model data base,$(call lib,$(l)))
	$(link) $(call pc,yaml-0.1 yyjson libsodium)

-include $(shell find $(obj) -name '*.d' 2>/dev/null)
